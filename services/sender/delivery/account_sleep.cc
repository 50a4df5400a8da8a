#include "services/sender/delivery/account_sleep.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/words/wording.h"

namespace postern::sender {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr milliseconds kNaps[] = {minutes(1), minutes(5), minutes(15), minutes(30),
                                  hours(1),   hours(2),   hours(4)};
constexpr double kSpread = 0.2;
constexpr size_t kMostAccounts = 100'000;

// "450 4.7.1 slow down" taken apart.
struct Told {
  char first = 0;  // digit of the code
  absl::string_view code, enhanced, text;
};

Told ReadReply(absl::string_view reply) {
  Told told;
  const bool coded = reply.size() >= 3 && absl::ascii_isdigit(reply[0]) &&
                     absl::ascii_isdigit(reply[1]) && absl::ascii_isdigit(reply[2]);
  if (!coded || (reply.size() > 3 && reply[3] != ' ')) return told;
  told.first = reply[0];
  told.code = reply.substr(0, 3);
  told.text = reply.substr(std::min<size_t>(4, reply.size()));
  const absl::string_view word = told.text.substr(0, told.text.find(' '));
  const bool enhanced = word.size() >= 5 && word[0] == told.first && word[1] == '.';
  if (enhanced) told.enhanced = word;
  return told;
}

// What the big providers say when an account, or an address that many share, sends too much.
// All in lower case.
struct Row {
  char first;                     // digit of the code
  absl::string_view enhanced;     // begins so; empty: whatever it is
  absl::string_view text;         // is in there
  bool quota_of_the_day = false;  // said with a 5, and true until tomorrow only
};

constexpr Row kTooMuch[] = {
    // Exchange Online: more than 3 connections, or 30 mails a minute, of one mailbox.
    {'4', "4.3.2", "concurrent connections"},
    {'4', "4.3.2", "sender thread limit"},
    {'4', "4.4.2", "submission rate"},
    {'4', "4.7.5", "server busy"},
    {'5', "5.1.90", "limit", true},
    {'5', "5.2.0", "submissionquotaexceeded", true},
    // Gmail: a burst; a day's share of 500 (or 2000) recipients.
    {'4', "4.7.", "unusual rate"},
    {'4', "4.7.0", "try again later"},
    {'5', "5.4.5", "sending limit", true},
    {'5', "5.4.5", "relay limit", true},
    // Yahoo and AOL: [TSS04] and its like, for an address that sends too much.
    {'4', "", "[ts"},
    {'4', "", "too many connections"},
    // Postfix, Exim and most that limit by the client or the login.
    {'4', "", "too much mail"},
    {'4', "", "too many messages"},
    {'4', "", "too many mails"},
    {'4', "", "rate limit"},
    {'4', "", "ratelimit"},
    {'4', "", "rate exceeded"},
    {'4', "", "exceeded the rate"},
    {'4', "", "sending quota"},
    {'4', "", "hourly limit"},
    {'4', "", "daily limit"},
};

const Row* RowFor(const Told& told) {
  const std::string text = absl::AsciiStrToLower(told.text);
  const auto* const row = std::find_if(std::begin(kTooMuch), std::end(kTooMuch), [&](const Row& r) {
    return r.first == told.first && absl::StartsWith(told.enhanced, r.enhanced) &&
           absl::StrContains(text, r.text);
  });
  return row == std::end(kTooMuch) ? nullptr : row;
}

// A server's words stand in a wording as an argument of their own.
bool AnyReplyConcerns(Step step, const words::Wording& wording) {
  return std::any_of(
      wording.arguments.begin(), wording.arguments.end(),
      [step](const std::string& argument) { return ConcernsAccount(step, argument); });
}

bool MayTellOfAccount(const smtp::Recipient& recipient) {
  return recipient.fate == smtp::Fate::kPending && !recipient.reason.empty();
}

}  // namespace

bool ConcernsAccount(Step step, absl::string_view reply) {
  const Told told = ReadReply(reply);
  if (told.code.empty()) return false;
  const Row* row = RowFor(told);
  // A recipient's server may be at its limit as well, or want to see us twice (greylisting):
  // that is about this recipient, unless it says that it is about rates of ours.
  if (step == Step::kRecipient || step == Step::kContent) return row != nullptr;
  if (row != nullptr) return true;
  if (told.first != '4') return false;
  if (step == Step::kSession) return true;  // nothing was said about any mail
  return told.code == "421" || absl::StartsWith(told.enhanced, "4.7.");
}

bool ConcernsAccount(const smtp::Transaction& transaction, const absl::Status& outcome) {
  const bool anything_sent =
      std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                  [](const smtp::Recipient& r) { return r.fate == smtp::Fate::kSent; });
  if (!outcome.ok()) {
    const auto why = words::WordingOf(outcome);
    if (why && absl::IsUnavailable(outcome) && AnyReplyConcerns(Step::kSession, *why)) return true;
  }
  const Step step = transaction.sender_refused ? Step::kSender
                    : anything_sent            ? Step::kRecipient
                                               : Step::kContent;
  return std::any_of(transaction.recipients.begin(), transaction.recipients.end(),
                     [step](const smtp::Recipient& r) {
                       return MayTellOfAccount(r) && AnyReplyConcerns(step, r.reason);
                     });
}

void PutOffQuotaRefusals(smtp::Transaction& transaction) {
  for (smtp::Recipient& recipient : transaction.recipients) {
    if (recipient.fate != smtp::Fate::kFailed) continue;
    const bool quota = std::any_of(recipient.reason.arguments.begin(),
                                   recipient.reason.arguments.end(), [](const std::string& reply) {
                                     const Row* row = RowFor(ReadReply(reply));
                                     return row != nullptr && row->quota_of_the_day;
                                   });
    if (quota) recipient.fate = smtp::Fate::kPending;
  }
}

milliseconds SleepFor(int times, double chance) {
  const milliseconds nap = kNaps[std::clamp<size_t>(times, 1, std::size(kNaps)) - 1];
  const double more = nap.count() * kSpread * std::clamp(chance, 0.0, 1.0);
  return nap + milliseconds(static_cast<int64_t>(more));
}

milliseconds SleepLedger::FallAsleep(const std::string& account_id, Clock::time_point now,
                                     double chance) {
  // Whoever is not remembered sleeps for a minute.
  if (naps_.size() >= kMostAccounts && !naps_.contains(account_id)) return SleepFor(1, chance);
  Nap& nap = naps_[account_id];
  if (nap.until > now) return std::chrono::ceil<milliseconds>(nap.until - now);
  const milliseconds length = SleepFor(++nap.times, chance);
  nap.until = now + length;
  return length;
}

size_t SleepLedger::sleeping(Clock::time_point now) const {
  return static_cast<size_t>(std::count_if(
      naps_.begin(), naps_.end(), [now](const auto& one) { return one.second.until > now; }));
}

}  // namespace postern::sender
