#include "services/rules/answers/suppression.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

using words::Word;
using words::Wording;

// RFC 5230 section 4.5: Bcc stands there when the mail server leaves it to its recipient.
constexpr absl::string_view kToFields[] = {"To",        "Cc",        "Bcc",
                                           "Resent-To", "Resent-Cc", "Resent-Bcc"};
// RFC 2369, RFC 2919, and what list software writes beside them.
constexpr absl::string_view kListFields[] = {
    "List-Id",    "List-Help",    "List-Subscribe", "List-Unsubscribe", "List-Post",
    "List-Owner", "List-Archive", "Mailing-List",   "X-Mailing-List",   "X-BeenThere"};
constexpr size_t kShown = 100;
// Whoever runs rules on a folder answers nobody who wrote long ago.
constexpr absl::Duration kAnswered = absl::Hours(48);

std::string Lower(absl::string_view text) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
}

// The first value of a field in lower case; nothing when there is none.
std::optional<std::string> ValueOf(const MessageView& mail, absl::string_view name) {
  const std::vector<const MessageView::Field*> fields = mail.Fields(name);
  if (fields.empty()) return std::nullopt;
  return Lower(fields.front()->raw);
}

// Its first word: "auto-replied" of "auto-replied; owner-email=…".
std::string KeywordOf(const std::string& value) {
  return value.substr(0, value.find_first_of(" \t;("));
}

Wording Shown(absl::string_view name, absl::string_view value) {
  return Word("the mail says $0: $1", name, mail::CutUtf8(mail::CleanLine(value), kShown));
}

bool Names(const std::vector<std::string>& addresses, absl::string_view address) {
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const std::string& own) { return absl::EqualsIgnoreCase(own, address); });
}

bool IsRobot(absl::string_view address) {
  const std::string local = Lower(address.substr(0, address.rfind('@')));
  for (absl::string_view name :
       {"mailer-daemon", "listserv", "majordomo", "postmaster", "noreply", "no-reply", "no_reply",
        "no.reply", "donotreply", "do-not-reply", "do_not_reply", "bounce", "bounces"}) {
    if (local == name) return true;
  }
  for (absl::string_view begin :
       {"owner-", "bounce-", "bounces-", "bounce+", "bounces+", "noreply-", "noreply+", "no-reply-",
        "no-reply+", "donotreply-"}) {
    if (absl::StartsWith(local, begin)) return true;
  }
  for (absl::string_view end : {"-request", "-owner", "-bounces", "-noreply", "-no-reply"}) {
    if (absl::EndsWith(local, end)) return true;
  }
  return false;
}

std::optional<Wording> WhyAutomatic(const MessageView& mail) {
  if (const auto said = ValueOf(mail, "Auto-Submitted"); said && KeywordOf(*said) != "no")
    return Shown("Auto-Submitted", *said);
  if (const auto said = ValueOf(mail, "X-Auto-Response-Suppress"); said && *said != "none")
    return Shown("X-Auto-Response-Suppress", *said);
  for (absl::string_view name : kListFields) {
    if (!mail.Fields(name).empty()) return Word("the mail is from a list ($0)", name);
  }
  if (const auto said = ValueOf(mail, "Precedence")) {
    const std::string keyword = KeywordOf(*said);
    for (absl::string_view bulk : {"bulk", "list", "junk", "auto_reply"}) {
      if (keyword == bulk) return Shown("Precedence", *said);
    }
  }
  if (const auto said = ValueOf(mail, "Content-Type");
      said && absl::StartsWith(*said, "multipart/report"))
    return Word("the mail is a report of a mail server");
  for (absl::string_view name : {"X-Autoreply", "X-Autorespond", "X-Postern-Copied"}) {
    if (!mail.Fields(name).empty()) return Word("the mail has a field $0", name);
  }
  return std::nullopt;
}

std::optional<Wording> WhySpam(const MessageView& mail) {
  for (absl::string_view name : {"X-Spam-Flag", "X-Spam-Status", "X-Spam"}) {
    const auto said = ValueOf(mail, name);
    if (said && absl::StartsWith(*said, "yes")) return Shown(name, *said);
  }
  return std::nullopt;
}

bool LoopsBack(const MessageView& mail, const std::vector<std::string>& own_addresses) {
  const std::vector<const MessageView::Field*> fields = mail.Fields("X-Loop");
  return std::any_of(fields.begin(), fields.end(), [&](const MessageView::Field* field) {
    return Names(own_addresses, absl::StripAsciiWhitespace(field->raw));
  });
}

std::string SpecOf(const MessageView::Mailbox& mailbox) {
  if (mailbox.local_part.empty() && mailbox.domain.empty()) return "";
  return mailbox.whole;  // quoted, where that is needed
}

}  // namespace

bool IsAutomatic(const MessageView& mail) {
  const auto said = ValueOf(mail, "Auto-Submitted");
  return said && KeywordOf(*said) != "no";
}

std::string AnswerAddress(const AnswerCase& answer) {
  if (answer.envelope_known) return answer.envelope_from;
  for (const MessageView::Field* from : answer.mail.Fields("From")) {
    for (const MessageView::Mailbox& mailbox : from->mailboxes()) return SpecOf(mailbox);
  }
  return "";
}

std::optional<std::string> AddressWrittenTo(const MessageView& mail,
                                            const std::vector<std::string>& own_addresses) {
  for (absl::string_view name : kToFields) {
    for (const MessageView::Field* field : mail.Fields(name)) {
      for (const MessageView::Mailbox& mailbox : field->mailboxes()) {
        const std::string spec = SpecOf(mailbox);
        for (const std::string& own : own_addresses) {
          if (absl::EqualsIgnoreCase(own, spec)) return own;
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<Wording> WhyNotAnswered(const AnswerCase& answer) {
  if (!answer.is_news) return Word("mail that was there before is not answered");
  if (answer.age > kAnswered) return Word("the mail came more than two days ago");
  const std::string to = AnswerAddress(answer);
  if (to.empty()) {
    if (answer.envelope_known) return Word("the mail's return path is empty");
    return Word("the mail does not say who sent it");
  }
  if (auto why = WhyAutomatic(answer.mail)) return why;
  if (IsRobot(to))
    return Word("nobody reads what is sent to $0", mail::CutUtf8(mail::CleanLine(to), kShown));
  if (Names(answer.own_addresses, to)) return Word("the mail's sender is this account itself");
  if (LoopsBack(answer.mail, answer.own_addresses)) return Word("the mail went round in a circle");
  if (auto why = WhySpam(answer.mail)) return why;
  if (!answer.addresses_known) return std::nullopt;
  if (answer.own_addresses.empty()) return Word("no address of the account is known");
  if (!AddressWrittenTo(answer.mail, answer.own_addresses))
    return Word("none of the account's addresses is in To or Cc");
  return std::nullopt;
}

}  // namespace postern::rules
