#include "services/xmpp-edge/message_screening.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

// Encryption that ends at the recipient's client; the body beside it is only a
// notice that it could not be read. XEP-0380, 0384, 0373, 0027.
bool IsEncryption(const Element& child) {
  return child.ns == "urn:xmpp:eme:0" || child.ns == "eu.siacs.conversations.axolotl" ||
         absl::StartsWith(child.ns, "urn:xmpp:omemo:") || child.ns == "urn:xmpp:openpgp:0" ||
         child.ns == "jabber:x:encrypted";
}

// A copy of something sent elsewhere: XEP-0280 and XEP-0297.
bool IsCopy(const Element& child) {
  return child.ns == "urn:xmpp:carbons:2" || child.ns == "urn:xmpp:forward:0";
}

// XEP-0444: what stands in the body is a fallback for clients without reactions.
bool IsReaction(const Element& child) {
  return child.name == "reactions" && absl::StartsWith(child.ns, "urn:xmpp:reactions:");
}

constexpr absl::string_view kRetractNs = "urn:xmpp:message-retract:";

Screening Refuse(std::string reason) { return {Fate::kRefuse, std::move(reason), ""}; }

Screening About(Fate fate, std::string id) { return {fate, "", std::move(id)}; }

// XEP-0424; before version 0.4 it stood in XEP-0422's apply-to, which has the id.
std::optional<std::string> RetractedId(const Element& message) {
  for (const Element& child : message.children) {
    if (child.name == "retract" && absl::StartsWith(child.ns, kRetractNs)) {
      return std::string(child.Attr("id"));
    }
    if (child.name != "apply-to" || !absl::StartsWith(child.ns, "urn:xmpp:fasten:")) continue;
    const Element* retract = child.Child("retract");
    if (retract != nullptr && absl::StartsWith(retract->ns, kRetractNs)) {
      return std::string(child.Attr("id"));
    }
  }
  return std::nullopt;
}

Screening ScreenEncrypted(const Element& message, bool has_body, const Words& words) {
  // Without a payload it is key exchange between clients, which no person wrote.
  for (const Element& child : message.children) {
    if (IsEncryption(child) && child.Child("payload") != nullptr) {
      return Refuse(texts::EncryptedRefused(words));
    }
  }
  return has_body ? Refuse(texts::EncryptedRefused(words)) : Screening{Fate::kIgnore, "", ""};
}

}  // namespace

Screening ScreenMessage(const Element& message, const Words& words) {
  const absl::string_view type = message.Attr("type");
  if (type == "error" || type == "headline" || type == "groupchat") {
    return {Fate::kIgnore, "", ""};
  }

  const std::string body = message.ChildText("body");
  bool encrypted = absl::StartsWith(body, "?OTR");
  for (const Element& child : message.children) {
    if (IsCopy(child) || IsReaction(child)) return {Fate::kIgnore, "", ""};
    encrypted |= IsEncryption(child);
  }
  if (encrypted) return ScreenEncrypted(message, !body.empty(), words);
  if (auto retracted = RetractedId(message)) return About(Fate::kRetraction, *retracted);
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return {Fate::kIgnore, "", ""};
  if (const Element* replace = message.Child("replace", "urn:xmpp:message-correct:0")) {
    return About(Fate::kCorrection, std::string(replace->Attr("id")));
  }
  return {Fate::kMail, "", ""};
}

}  // namespace postern::xmpp_edge
