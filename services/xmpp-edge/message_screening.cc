#include "services/xmpp-edge/message_screening.h"

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

Screening Refuse(std::string reason) { return {Fate::kRefuse, std::move(reason)}; }

Screening ScreenEncrypted(const Element& message, bool has_body, const Words& words) {
  // Without a payload it is key exchange between clients, which no person wrote.
  for (const Element& child : message.children) {
    if (IsEncryption(child) && child.Child("payload") != nullptr) {
      return Refuse(texts::EncryptedRefused(words));
    }
  }
  return has_body ? Refuse(texts::EncryptedRefused(words)) : Screening{Fate::kIgnore, ""};
}

}  // namespace

Screening ScreenMessage(const Element& message, const Words& words) {
  const absl::string_view type = message.Attr("type");
  if (type == "error" || type == "headline" || type == "groupchat") return {Fate::kIgnore, ""};

  const std::string body = message.ChildText("body");
  bool encrypted = absl::StartsWith(body, "?OTR");
  for (const Element& child : message.children) {
    if (IsCopy(child) || IsReaction(child)) return {Fate::kIgnore, ""};
    encrypted |= IsEncryption(child);
  }
  if (encrypted) return ScreenEncrypted(message, !body.empty(), words);
  if (message.Child("replace", "urn:xmpp:message-correct:0") != nullptr) {
    return Refuse(texts::CorrectionRefused(words));
  }
  for (const Element& child : message.children) {
    if (child.name == "retract" && absl::StartsWith(child.ns, "urn:xmpp:message-retract:")) {
      return Refuse(texts::RetractionRefused(words));
    }
  }
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return {Fate::kIgnore, ""};
  return {Fate::kMail, ""};
}

}  // namespace postern::xmpp_edge
