#include "services/xmpp-edge/rule_use.h"

#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/schedule/quiet_hours.h"
#include "services/xmpp-edge/account_check.h"
#include "services/xmpp-edge/rule_set.h"

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

// "rule delete 3"
bool ChangesOne(const RuleLine& line) {
  constexpr Verb kChanges[] = {Verb::kDelete, Verb::kUp,  Verb::kDown,
                               Verb::kOn,     Verb::kOff, Verb::kCopy};
  return line.number > 0 && absl::c_linear_search(kChanges, line.verb);
}

bool AreHours(const std::string& text) {
  return text == "off" ||
         (!text.empty() &&
          schedule::QuietHours::Parse(absl::AsciiStrToUpper(text), absl::UTCTimeZone()).ok());
}

// A command and nothing else, which nobody would mail.
bool IsBareCommand(const RuleLine& line) {
  switch (line.verb) {
    case Verb::kList:
    case Verb::kPropose:
    case Verb::kContactsOnly:
    case Verb::kNotContactsOnly:
    case Verb::kWhy:
    case Verb::kSieve:
    case Verb::kExport:
    case Verb::kQuarantine:
    case Verb::kSievePassword:
    case Verb::kNoSievePassword:
      return true;
    case Verb::kShow:
    case Verb::kRelease:
      return line.number > 0;
    case Verb::kTry:
    case Verb::kApply:
      return !absl::StrContains(line.argument, ' ');
    case Verb::kWhyNot:
      return line.argument.empty();
    case Verb::kQuiet:
      return line.argument.empty() || AreHours(line.argument) ||
             absl::StartsWithIgnoreCase(line.argument, "zone ");
    default:
      if (!IsAboutSender(line.verb)) return ChangesOne(line);
      return line.this_sender || line.argument.empty() || ReadSender(line.argument).ok();
  }
}

// Where words are mail, only what nobody would mail.
bool IsDoneAt(const Place& place, const RuleLine& line, bool is_reply) {
  const bool address = place.kind == Place::Kind::kAddress;
  const bool mailbox = place.kind == Place::Kind::kAccount && IsReceiving(place.type);
  if (!address && !mailbox) return false;
  if (IsAnswer(line.verb) || line.verb == Verb::kPropose) return true;
  if (line.verb == Verb::kWhy) return mailbox || is_reply;
  if (IsAboutSender(line.verb)) {
    return line.this_sender ? line.argument.empty() : ReadSender(line.argument).ok();
  }
  if (!mailbox) return false;
  if (ChangesOne(line)) return true;
  if (line.verb == Verb::kQuiet) return AreHours(line.argument);
  return line.verb == Verb::kContactsOnly || line.verb == Verb::kNotContactsOnly;
}

}  // namespace

bool IsAboutSender(Verb verb) {
  return verb == Verb::kMute || verb == Verb::kUnmute || verb == Verb::kVip || verb == Verb::kUnvip;
}

bool IsAnswer(Verb verb) {
  return verb == Verb::kYes || verb == Verb::kNo || verb == Verb::kChoice;
}

RuleUse UseOf(const RuleLine& line, const Place& place, bool is_reply) {
  if (place.kind == Place::Kind::kRoot || place.kind == Place::Kind::kType) return RuleUse::kDone;
  if (place.kind == Place::Kind::kNowhere) return RuleUse::kMailed;
  if (IsDoneAt(place, line, is_reply)) return RuleUse::kDone;
  // "Why?" to somebody whom one chats with is a question to them.
  const bool chats = place.kind == Place::Kind::kAddress && line.verb == Verb::kWhy && !is_reply;
  return !chats && IsBareCommand(line) ? RuleUse::kNotMailed : RuleUse::kMailed;
}

}  // namespace postern::xmpp_edge
