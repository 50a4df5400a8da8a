#include "services/rules/personal/check_action.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "lib/mail/address.h"
#include "lib/mail/utf8.h"
#include "services/rules/ir/hold_time.h"
#include "services/rules/ir/notify_uri.h"
#include "services/rules/personal/action_commands.h"
#include "services/rules/personal/check_condition.h"
#include "services/rules/sieve/constants.h"

namespace postern::rules::personal {
namespace {

using v1::PersonalAction;

constexpr size_t kMaxHoldBytes = 64;

Complaint CheckMode(std::string& value) {
  constexpr absl::string_view kModes[] = {"full", "headers", "digest", "none"};
  absl::AsciiStrToLower(&value);
  if (std::find(std::begin(kModes), std::end(kModes), value) != std::end(kModes))
    return std::nullopt;
  return words::Word("\"$0\" is no way to deliver mail; there are $1", value,
                     absl::StrJoin(kModes, ", "));
}

Complaint CheckFolder(const std::string& value) {
  if (!absl::StartsWith(value, "\\") || FolderOfUse(value) != nullptr) return std::nullopt;
  return words::Word("\"$0\" is no kind of folder; there are $1, and folders by their names", value,
                     "\\Junk, \\Trash, \\Archive, \\Sent, \\Drafts");
}

// What is marked \Deleted another client would remove.
Complaint CheckFlag(const std::string& value) {
  if (sieve::IsFlag(value) && !absl::EqualsIgnoreCase(value, "\\Deleted")) return std::nullopt;
  return words::Word("\"$0\" can't mark a mail; there are $1, and words of your own", value,
                     "\\Seen, \\Flagged, \\Answered, \\Draft");
}

// However they are kept apart.
size_t CountsAddresses(absl::string_view value) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(value, absl::ByAnyChar(" ,;\t\r\n"), absl::SkipEmpty());
  return static_cast<size_t>(std::count_if(parts.begin(), parts.end(), [](absl::string_view part) {
    return mail::ParseAddress(part).ok();
  }));
}

Complaint CheckAddress(std::string& value, const v1::PersonalRule& rule, absl::string_view user) {
  const auto address = mail::ParseAddress(value);
  const bool open = absl::StrContains(value, "<") && !absl::StrContains(value, ">");
  if (!address.ok() && CountsAddresses(value) > 1)
    return words::Word("\"$0\" is more than one address; make an action for each", value);
  if (!address.ok() || open)
    return words::Word("\"$0\" is no mail address; write it like $1", value, "ann@example.org");
  value = address->Spec();
  if (rule.account().empty() && absl::EqualsIgnoreCase(value, user))
    return words::Word(
        "mail can't be sent on to yourself: it would go round; choose the account "
        "whose mail is meant");
  return std::nullopt;
}

Complaint CheckNotify(const std::string& value) {
  const auto uri = ParseNotifyUri(value);
  if (uri.ok()) return std::nullopt;
  const bool is_uri = value.find(':') < value.find_first_of("@/");
  if (!is_uri && IsJid(value)) return std::nullopt;
  return words::Word(
      "\"$0\" can't be notified; write a Jabber address, or an address that begins "
      "with $1",
      value, "xmpp:, mailto:, https:");
}

Complaint CheckHold(const std::string& value) {
  const bool time =
      value.size() <= kMaxHoldBytes && HoldEnd(value, absl::UTCTimeZone(), absl::UnixEpoch()).ok();
  if (time) return std::nullopt;
  return words::Word("\"$0\" is no time to wait for; write it like $1, $2 or $3", value, "07:00",
                     "MO 08:00", "2026-12-24T08:00");
}

Complaint CheckReply(std::string& value) {
  value = std::string(absl::StripAsciiWhitespace(mail::CleanText(value)));
  if (value.empty()) return words::Word("an automatic answer needs a text");
  if (value.size() > kMaxReplyBytes)
    return words::Word("a text has room for $0 bytes", kMaxReplyBytes);
  return std::nullopt;
}

bool NeedsValue(PersonalAction::What what) {
  return what != PersonalAction::WHAT_DISCARD && what != PersonalAction::WHAT_URGENT &&
         what != PersonalAction::WHAT_QUARANTINE;
}

bool TakesAddress(PersonalAction::What what) {
  return what == PersonalAction::WHAT_REDIRECT || what == PersonalAction::WHAT_COPY_TO;
}

Complaint CheckOneLine(PersonalAction& action) {
  std::string& value = *action.mutable_value();
  absl::StripAsciiWhitespace(&value);
  if (value.empty()) {
    if (!NeedsValue(action.what())) return std::nullopt;
    return words::Word("an action does not say where to, or how");
  }
  // Several, as many fields would take them.
  if (absl::StrContains(value, '\n') && !TakesAddress(action.what()))
    return words::Word("\"$0\" is more than one line; an action has room for one",
                       mail::CleanLine(mail::CutUtf8(value, kMaxValueBytes)));
  if (TakesAddress(action.what())) value = absl::StrReplaceAll(value, {{"\r", " "}, {"\n", " "}});
  return CheckValue(value);
}

}  // namespace

Complaint CheckAction(PersonalAction& action, const v1::PersonalRule& rule,
                      absl::string_view user) {
  std::string& value = *action.mutable_value();
  if (action.what() == PersonalAction::WHAT_REPLY) return CheckReply(value);
  if (action.what() == PersonalAction::WHAT_DISCARD || action.what() == PersonalAction::WHAT_URGENT)
    value.clear();
  if (Complaint wrong = CheckOneLine(action)) return wrong;
  switch (action.what()) {
    case PersonalAction::WHAT_DELIVER:
      return CheckMode(value);
    case PersonalAction::WHAT_FILE:
    case PersonalAction::WHAT_COPY:
      return CheckFolder(value);
    case PersonalAction::WHAT_FLAG:
      return CheckFlag(value);
    case PersonalAction::WHAT_REDIRECT:
    case PersonalAction::WHAT_COPY_TO:
      return CheckAddress(value, rule, user);
    case PersonalAction::WHAT_NOTIFY:
      return CheckNotify(value);
    case PersonalAction::WHAT_HOLD:
      return CheckHold(value);
    case PersonalAction::WHAT_DISCARD:
    case PersonalAction::WHAT_QUARANTINE:
    case PersonalAction::WHAT_URGENT:
      return std::nullopt;
    default:
      return words::Word("an action does not say what is to be done");
  }
}

}  // namespace postern::rules::personal
