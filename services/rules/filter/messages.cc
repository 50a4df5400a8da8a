#include "services/rules/filter/messages.h"

#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/mail/address.h"
#include "services/rules/code_points.h"
#include "services/rules/filter/macro_text.h"
#include "services/rules/filter/words.h"
#include "services/rules/ir/notify_uri.h"

namespace postern::rules::filter {
namespace {

constexpr size_t kMaxReceivers = 8;  // of one action
constexpr char kOwner[] = "vnd.postern.owner";
constexpr absl::string_view kNotByMail =
    "a mail never says who gets something: write the address itself";

std::string Argument(const Sending& sending, size_t i) {
  return i < sending.arguments.size() ? sending.arguments[i] : "";
}

bool IsSender(absl::string_view macro) {
  return macro == "SENDER" || macro == "FROM" || macro == "REPLYTO" || macro == "ACTUALFROM";
}
bool IsRecipient(absl::string_view macro) { return macro == "RECIPIENT" || macro == "ACTUALTO"; }

// "a@b.c; d@e.f"
std::vector<std::string> Receivers(absl::string_view text) {
  std::vector<std::string> receivers;
  for (absl::string_view one : absl::StrSplit(text, absl::ByAnyChar(",;"))) {
    one = absl::StripAsciiWhitespace(one);
    if (!one.empty()) receivers.emplace_back(one);
  }
  return receivers;
}

// Bare addresses; none: `lost` says why.
std::vector<std::string> Addresses(const std::vector<std::string>& receivers, Sending& sending) {
  std::vector<std::string> addresses;
  for (const std::string& receiver : receivers) {
    const auto address = mail::ParseAddress(receiver);
    if (absl::StrContains(receiver, '$')) {
      sending.lost = std::string(kNotByMail);
    } else if (!address.ok()) {
      sending.lost =
          absl::StrCat("\"", Shorten(receiver, 60), "\" is no whole address, like ann@example.org");
    } else {
      addresses.push_back(address->Spec());
    }
  }
  if (receivers.empty()) sending.lost = "it says nobody who gets it";
  if (receivers.size() > kMaxReceivers) {
    sending.lost = absl::StrCat("more than ", kMaxReceivers, " get it");
  }
  if (!sending.lost.empty()) addresses.clear();
  return addresses;
}

// RFC 3986 section 2.3: what of a name is not plain is escaped.
std::string Escaped(absl::string_view text, absl::string_view plain) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains(plain, c)) {
      out += c;
    } else {
      absl::StrAppend(&out, "%", absl::AsciiStrToUpper(absl::BytesToHexString(std::string(1, c))));
    }
  }
  return out;
}

Text Prefixed(absl::string_view first, Text then) {
  Text text = Text::Literal(first);
  std::move(then.pieces.begin(), then.pieces.end(), std::back_inserter(text.pieces));
  return text;
}

// The URI of a Jabber address (RFC 5122); empty pieces: it is none, and `lost` says so.
Text JabberUri(absl::string_view receiver, Sending& sending) {
  const std::string macro = OnlyMacro(receiver);
  Text uri = Text::Literal("xmpp:");
  if (IsRecipient(macro)) {
    uri.pieces.push_back({Piece::kFact, 0, kOwner});
  } else if (absl::StrContains(receiver, '$')) {
    sending.lost = std::string(kNotByMail);
  } else if (!IsJid(receiver) || !absl::StrContains(receiver, '@')) {
    sending.lost =
        absl::StrCat("\"", Shorten(receiver, 60), "\" is no Jabber address, like ann@example.org");
  } else {
    uri = Text::Literal(absl::StrCat("xmpp:", Escaped(receiver, "-._~@")));
  }
  return uri;
}

Notify InstantMessage(Text uri, Text message) {
  Notify notify;
  notify.method = std::move(uri);
  notify.message = std::move(message);
  notify.options.push_back(Text::Literal("type=chat"));
  return notify;
}

}  // namespace

void SendCopies(Sending& sending, bool copy) {
  std::vector<std::string> receivers;
  for (const std::string& argument : sending.arguments) {
    for (std::string& one : Receivers(argument)) receivers.push_back(std::move(one));
  }
  for (const std::string& address : Addresses(receivers, sending)) {
    Redirect redirect;
    redirect.address = Text::Literal(address);
    redirect.copy = copy;
    sending.statements.emplace_back(std::move(redirect));
  }
}

void SendInstantMessage(const TextOf& text_of, Sending& sending) {
  const std::vector<std::string> receivers = Receivers(Argument(sending, 0));
  // Without a "from" there are two.
  const bool has_from = sending.arguments.size() > 2;
  const Text message = text_of(WithLines(Argument(sending, has_from ? 2 : 1)), kInMessage);
  if (receivers.empty()) sending.lost = "it says nobody who gets it";
  if (receivers.size() > kMaxReceivers) sending.lost = "too many get it";
  if (message.pieces.empty()) sending.lost = "it has no text";
  for (const std::string& receiver : receivers) {
    if (!sending.lost.empty()) break;
    Text uri = JabberUri(receiver, sending);
    sending.statements.emplace_back(InstantMessage(std::move(uri), message));
  }
  if (!sending.lost.empty()) sending.statements.clear();
}

void SendNote(absl::string_view rule_name, const TextOf& text_of, Sending& sending) {
  const std::string to = Argument(sending, 0), subject = Argument(sending, 2);
  const std::string text = Argument(sending, 3);
  const std::string macro = OnlyMacro(to);
  const bool attached = sending.arguments.size() > 4 && IsYes(sending.arguments[4]);
  if (IsSender(macro)) {
    Reply reply;
    reply.text = text_of(WithLines(text), kInHeader);
    reply.handle = absl::StrCat(
        "filter:", crypto::Sha256Hex(absl::StrCat(rule_name, "\n", text)).substr(0, 16));
    if (reply.text.pieces.empty()) {
      sending.lost = "it has no text";
      return;
    }
    sending.changed = "an answer has the mail's own subject, and each sender gets one a day";
    sending.statements.emplace_back(std::move(reply));
    return;
  }
  const Text head = text_of(subject, kInHeader), body = text_of(WithLines(text), kInHeader);
  if (IsRecipient(macro)) {
    Text message = head;
    message.pieces.push_back({Piece::kLiteral, 0, "\n\n"});
    message.pieces.insert(message.pieces.end(), body.pieces.begin(), body.pieces.end());
    Text uri = JabberUri(to, sending);
    sending.statements.emplace_back(InstantMessage(std::move(uri), std::move(message)));
    sending.changed = "the recipient gets it as an instant message";
    return;
  }
  for (const std::string& address : Addresses(Receivers(to), sending)) {
    Notify notify;
    notify.method = Text::Literal(absl::StrCat("mailto:", Escaped(address, "-._~@+")));
    notify.message = head;
    notify.options.push_back(Prefixed("body=", body));
    sending.statements.emplace_back(std::move(notify));
    if (!attached) continue;
    Redirect copy;
    copy.address = Text::Literal(address);
    copy.copy = true;
    sending.statements.emplace_back(std::move(copy));
    sending.changed = "the mail comes as a mail of its own beside the note";
  }
}

}  // namespace postern::rules::filter
