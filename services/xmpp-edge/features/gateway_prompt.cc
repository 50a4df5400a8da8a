// XEP-0100 section 6.3: Contact Lookup (jabber:iq:gateway).
#include "services/xmpp-edge/features/gateway_prompt.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/xmpp-edge/jid_escaping.h"
#include "services/xmpp-edge/texts/discovery.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kNs[] = "jabber:iq:gateway";
constexpr size_t kMaxPromptBytes = 1024;

net::Task<Element> AskForAddress(const Interpreter& interpreter, Incoming incoming) {
  const Words& words = interpreter.Answering(incoming.from.Bare(), incoming.lang);
  Element query = MakeElement("query", kNs);
  query.AddText("desc", texts::PromptDescription(words));
  query.AddText("prompt", texts::PromptLabel(words));
  Element answer = IqResult(incoming.stanza);
  answer.Add(std::move(query));
  co_return answer;
}

net::Task<Element> AnswerWithJid(std::string domain, const Interpreter& interpreter,
                                 Incoming incoming) {
  const Element* query = incoming.stanza.Child("query", kNs);
  if (query == nullptr) co_return ErrorAnswer(incoming.stanza, "modify", "bad-request");
  const auto address = AddressFromPrompt(query->ChildText("prompt"), domain);
  if (!address.ok()) {
    const Words& words = interpreter.Answering(incoming.from.Bare(), incoming.lang);
    co_return ErrorAnswer(incoming.stanza, "modify", "not-acceptable",
                          texts::NoMailAddress(words, words.Say(address.status())));
  }
  const std::string jid = absl::StrCat(LocalpartOfAddress(*address), "@", domain);
  // Some clients (Psi) read the JID from <prompt/>.
  Element found = MakeElement("query", kNs);
  found.AddText("jid", jid).AddText("prompt", jid);
  Element answer = IqResult(incoming.stanza);
  answer.Add(std::move(found));
  co_return answer;
}

// RFC 6068: "mailto:ann%40example.org?subject=x". Only the address is of interest.
std::string WithoutMailto(absl::string_view text) {
  if (!absl::StartsWithIgnoreCase(text, "mailto:")) return std::string(text);
  text.remove_prefix(7);
  text = text.substr(0, text.find('?'));
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2])) {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace

absl::StatusOr<mail::Address> AddressFromPrompt(absl::string_view prompt,
                                                absl::string_view domain) {
  prompt = absl::StripAsciiWhitespace(prompt);
  if (prompt.size() > kMaxPromptBytes) {
    return words::Error(absl::StatusCode::kInvalidArgument, words::Word("it is too long"));
  }
  std::string text = WithoutMailto(prompt);
  absl::string_view local = absl::StripSuffix(text, absl::StrCat("@", domain));
  if (!absl::StrContains(local, '@')) {
    if (auto escaped = AddressOfLocalpart(local)) return *std::move(escaped);
  }
  return mail::ParseAddress(text);
}

void InstallGatewayPrompt(StanzaRouter& router, FeatureContext context) {
  router.OnIq("get", kNs, [&interpreter = context.interpreter](Incoming incoming) {
    return AskForAddress(interpreter, std::move(incoming));
  });
  router.OnIq("set", kNs, [context](Incoming incoming) {
    return AnswerWithJid(context.domain, context.interpreter, std::move(incoming));
  });
}

}  // namespace postern::xmpp_edge
