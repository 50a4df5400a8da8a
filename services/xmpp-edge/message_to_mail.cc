#include "services/xmpp-edge/message_to_mail.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/xmpp-edge/features/help.h"
#include "services/xmpp-edge/reply_fallback.h"
#include "services/xmpp-edge/texts/forwarding.h"
#include "services/xmpp-edge/texts/send_time.h"
#include "services/xmpp-edge/texts/sending.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxSubjectBytes = 900;  // fits one header line of 998 bytes
constexpr size_t kDerivedSubjectCodePoints = 60;
constexpr size_t kMaxReferences = 30;
constexpr absl::string_view kHeaderNames[] = {"To",   "Cc",      "Bcc", "Subject", "From",
                                              "Send", "Forward", "Fwd", "Quote"};

// "Subject: hello" taken apart; nullopt when the line is none of ours.
struct HeaderLine {
  absl::string_view name;  // as in kHeaderNames
  absl::string_view value;
};

std::optional<HeaderLine> ReadHeaderLine(absl::string_view line, const Words& words) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const absl::string_view name = absl::StripTrailingAsciiWhitespace(line.substr(0, colon));
  for (const absl::string_view known : kHeaderNames) {
    if (!absl::EqualsIgnoreCase(name, known)) continue;
    return HeaderLine{known, absl::StripAsciiWhitespace(line.substr(colon + 1))};
  }
  if (IsKeyword(name, "Send", texts::KeywordSend(words))) {
    return HeaderLine{"Send", absl::StripAsciiWhitespace(line.substr(colon + 1))};
  }
  return std::nullopt;
}

// A line break in a subject is how headers are forged.
std::string OneLine(absl::string_view text) {
  std::string line;
  for (const char c : text) line += absl::ascii_iscntrl(c) ? ' ' : c;
  // Unicode's own line breaks: U+0085, U+2028, U+2029.
  absl::StrReplaceAll({{"\u0085", " "}, {"\u2028", " "}, {"\u2029", " "}}, &line);
  return std::string(absl::StripAsciiWhitespace(line));
}

// `text` up to `count` code points, and whether that was all of it.
absl::string_view FirstCodePoints(absl::string_view text, size_t count) {
  size_t end = 0;
  while (end < text.size()) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && count-- == 0) break;
    ++end;
  }
  return text.substr(0, end);
}

absl::Status AddAddresses(const HeaderLine& line, const Words& words,
                          std::vector<mail::Address>& list) {
  auto addresses = mail::ParseAddressList(line.value, kMaxRecipients);
  if (!addresses.ok()) {
    return absl::InvalidArgumentError(
        texts::UnreadableLine(words, line.name, words.Say(addresses.status())));
  }
  if (addresses->empty()) {
    return absl::InvalidArgumentError(texts::LineNamesNobody(words, line.name));
  }
  for (mail::Address& address : *addresses) list.push_back(std::move(address));
  return absl::OkStatus();
}

// Whoever meant a mail to wait must not see it leave at once.
absl::Status SetSendAt(absl::string_view value, const Words& words, ChatMail& mail) {
  if (!mail.send_at.empty()) return absl::InvalidArgumentError(texts::SendLineTwice(words));
  if (value.empty()) return absl::InvalidArgumentError(texts::SendLineUnreadable(words, value));
  mail.send_at = OneLine(value);
  return absl::OkStatus();
}

// "Quote: yes", in English or as the catalogue has it, or "Quote:" alone. Anything else is text.
bool AsksToQuote(absl::string_view value, const Words& words) {
  return value.empty() || IsKeyword(value, "yes", texts::KeywordYes(words));
}

// Takes one line of the head into `mail`. False: it is text, the head ends before it.
absl::StatusOr<bool> TakeHeaderLine(absl::string_view text_line, const Words& words,
                                    ChatMail& mail) {
  const std::optional<HeaderLine> line = ReadHeaderLine(text_line, words);
  if (!line) return false;
  absl::Status added;
  if (line->name == "To") {
    added = AddAddresses(*line, words, mail.to);
  } else if (line->name == "Cc") {
    added = AddAddresses(*line, words, mail.cc);
  } else if (line->name == "Bcc") {
    added = AddAddresses(*line, words, mail.bcc);
  } else if (line->name == "Forward" || line->name == "Fwd") {
    added = AddAddresses(*line, words, mail.forward);
  } else if (line->name == "Quote") {
    if (mail.quote || !AsksToQuote(line->value, words)) return false;
    mail.quote = true;
  } else if (line->name == "Send") {
    added = SetSendAt(line->value, words, mail);
  } else {
    std::string& value = line->name == "Subject" ? mail.subject : mail.from;
    if (!value.empty()) return false;  // a second one is text
    value = OneLine(line->value);
  }
  if (!added.ok()) return added;
  return true;
}

absl::Status TakeBody(absl::string_view body, const Words& words, ChatMail& mail) {
  while (!body.empty()) {
    const size_t end = body.find('\n');
    const absl::string_view line = body.substr(0, end);
    const bool blank = absl::StripAsciiWhitespace(line).empty();
    if (!blank) {
      auto taken = TakeHeaderLine(line, words, mail);
      if (!taken.ok()) return taken.status();
      if (!*taken) break;
    }
    body = end == absl::string_view::npos ? absl::string_view() : body.substr(end + 1);
    if (blank) break;
  }
  mail.text = std::string(absl::StripTrailingAsciiWhitespace(body));
  return absl::OkStatus();
}

void TakeIds(const Element& message, ChatMail& mail) {
  mail.stanza_id = std::string(message.Attr("id"));
  const Element* origin = message.Child("origin-id", "urn:xmpp:sid:0");
  mail.id = origin != nullptr ? std::string(origin->Attr("id")) : "";
  if (mail.id.empty()) mail.id = mail.stanza_id;
  mail.thread_id = message.ChildText("thread");
  if (const Element* reply = message.Child("reply", "urn:xmpp:reply:0")) {
    mail.reply_to_id = std::string(reply->Attr("id"));
  }
  // A receipt can only name a message that has an id.
  mail.wants_receipt =
      message.Child("request", "urn:xmpp:receipts") != nullptr && !mail.stanza_id.empty();
}

constexpr absl::string_view kAnswerWords[] = {"re", "aw", "sv", "antw"};
constexpr absl::string_view kForwardWords[] = {"fwd", "fw", "wg", "tr", "rv", "vs", "enc"};

// The length of such a prefix at the head of a subject: "Re: ", "RE[2]:", "Aw :"; else 0.
template <size_t kCount>
size_t PrefixLength(absl::string_view subject, const absl::string_view (&words)[kCount]) {
  for (const absl::string_view word : words) {
    if (!absl::StartsWithIgnoreCase(subject, word)) continue;
    size_t end = word.size();
    if (end < subject.size() && subject[end] == '[') {
      const size_t digits = ++end;
      while (end < subject.size() && absl::ascii_isdigit(subject[end])) ++end;
      if (end == digits || end == subject.size() || subject[end] != ']') continue;
      ++end;
    }
    while (end < subject.size() && subject[end] == ' ') ++end;
    if (end < subject.size() && subject[end] == ':') return end + 1;
  }
  return 0;
}

template <size_t kCount>
absl::string_view WithoutPrefixes(absl::string_view subject,
                                  const absl::string_view (&words)[kCount]) {
  subject = absl::StripAsciiWhitespace(subject);
  while (const size_t length = PrefixLength(subject, words)) {
    subject = absl::StripLeadingAsciiWhitespace(subject.substr(length));
  }
  return subject;
}

}  // namespace

absl::StatusOr<ChatMail> ReadChatMail(const Element& message, const Words& words) {
  ChatMail mail;
  TakeIds(message, mail);
  std::string body = BodyWithoutReplyFallback(message);
  absl::StrReplaceAll({{"\r\n", "\n"}, {"\r", "\n"}}, &body);
  if (absl::Status taken = TakeBody(body, words, mail); !taken.ok()) return taken;

  if (mail.subject.empty()) mail.subject = OneLine(message.ChildText("subject"));
  if (mail.subject.size() > kMaxSubjectBytes) {
    return absl::InvalidArgumentError(texts::SubjectTooLong(words, kMaxSubjectBytes));
  }
  const size_t named = mail.to.size() + mail.cc.size() + mail.bcc.size() + mail.forward.size();
  if (named > kMaxRecipients) {
    return absl::InvalidArgumentError(texts::TooManyRecipients(words, kMaxRecipients));
  }
  return mail;
}

std::string AnswerSubject(absl::string_view subject) {
  return absl::StrCat("Re: ", OneLine(WithoutPrefixes(subject, kAnswerWords)));
}

std::string ForwardSubject(absl::string_view subject) {
  return absl::StrCat("Fwd: ", OneLine(WithoutPrefixes(subject, kForwardWords)));
}

std::string SubjectFromText(absl::string_view text) {
  const absl::string_view line = text.substr(0, text.find('\n'));
  const absl::string_view head = FirstCodePoints(line, kDerivedSubjectCodePoints);
  return absl::StrCat(OneLine(head), head.size() < line.size() ? "…" : "");
}

std::vector<std::string> AnswerReferences(std::vector<std::string> references,
                                          absl::string_view message_id) {
  if (!message_id.empty()) references.emplace_back(message_id);
  if (references.size() > kMaxReferences) {
    const size_t excess = references.size() - kMaxReferences;
    references.erase(references.begin() + 1, references.begin() + 1 + excess);
  }
  return references;
}

}  // namespace postern::xmpp_edge
