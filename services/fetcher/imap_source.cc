#include "services/fetcher/imap_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "services/fetcher/session_opening.h"

namespace postern::fetcher {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Well under RFC 2177's 29 minutes: routers forget a silent connection sooner.
constexpr minutes kIdleLimit{4};
// Under the 30 minutes after which a server may hang up (RFC 3501 section 5.4).
constexpr minutes kLongestPoll{20};

}  // namespace

net::Task<absl::Status> ImapSource::Open(const sasl::Credentials& credentials,
                                         std::optional<Failure>& failure) {
  absl::Status opened = co_await OpenSessionAgain(
      session_, vigil_.account, credentials, vigil_.password_rule, vigil_.progress.unfit, failure);
  if (!opened.ok()) co_return opened;
  if (absl::Status s = co_await own_.Open(failure); !s.ok()) co_return s;
  co_return co_await BeginFurther();
}

// --- further mailboxes ------------------------------------------------------------

net::Task<absl::Status> ImapSource::BeginFurther() {
  // The cursors of those that are not listed any more are to go.
  if (vigil_.account.more_mailboxes.empty() && !vigil_.progress.lease.has_further) {
    co_return absl::OkStatus();
  }
  further_ = std::make_unique<FurtherMailboxes>(session_, vigil_);
  if (absl::Status s = co_await further_->Begin(); !s.ok()) co_return s;
  if (!vigil_.account.more_mailboxes.empty()) co_return absl::OkStatus();
  further_.reset();
  vigil_.progress.lease.has_further = false;
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::optional<MailSource::Further>>> ImapSource::NextWithNews() {
  if (!FurtherHasNews() && !elsewhere_) co_return std::nullopt;
  auto next = co_await further_->Next();
  if (!next.ok()) co_return next;
  if (next->has_value()) {
    elsewhere_ = true;
    co_return next;
  }
  if (!elsewhere_ && !further_->closed_own()) co_return next;
  // What came to it meanwhile was told to nobody.
  if (absl::Status s = co_await own_.Reopen(); !s.ok()) co_return s;
  if (absl::Status s = co_await further_->AskOfLeft(); !s.ok()) co_return s;
  elsewhere_ = false;
  come_back_ = true;
  co_return next;
}

void ImapSource::DoubtFurther() {
  if (further_) further_->DoubtAll();
}

Waiting ImapSource::FurtherWaiting() const { return further_ ? further_->WhatWaits() : Waiting(); }

std::optional<std::string> ImapSource::Unopened() const {
  return further_ ? further_->Unopened() : std::nullopt;
}

// --- waiting for news -------------------------------------------------------------

seconds ImapSource::IdleLimit() const {
  const seconds limit = session_.quirks().idle_limit;
  const seconds longest = limit == seconds(0) ? kIdleLimit : std::min<seconds>(limit, kIdleLimit);
  if (!further_) return longest;
  // A watcher wakes up to a tenth sooner than it is told.
  return std::min(longest, further_->UntilPoll() * 10 / 9 + seconds(1));
}

seconds ImapSource::PollLimit() const {
  const seconds interval(vigil_.account.interval_seconds), limit = session_.quirks().poll_limit;
  const seconds longest =
      limit == seconds(0) ? kLongestPoll : std::min<seconds>(limit, kLongestPoll);
  return std::min(interval, longest);
}

net::Task<absl::StatusOr<MailSource::Stay>> ImapSource::Park() {
  Stay stay;
  // Looked into at the schedule's times alone: nobody waits here for anything.
  if (HasSchedule(vigil_.account)) co_return stay;
  const bool news = std::exchange(come_back_, false) || session_.HasNews();
  stay.kind = news ? Stay::Kind::kLook : Stay::Kind::kParked;
  if (news) co_return stay;
  if (session_.CanIdle()) {
    absl::Status begun = co_await session_.BeginIdle();
    stay.state = "idle";
    stay.limit = IdleLimit();
    if (begun.ok()) co_return stay;
    // Refused: it is polled from now on.
    if (!absl::IsFailedPrecondition(begun)) co_return begun;
  }
  stay.state = "polling";
  stay.limit = PollLimit();
  co_return stay;
}

absl::StatusOr<bool> ImapSource::Hear() {
  auto heard = session_.Hear();
  if (!heard.ok()) return heard;
  return *heard || FurtherHasNews();
}

net::Task<absl::StatusOr<bool>> ImapSource::Resume(bool look) {
  const bool polls = !session_.CanIdle();
  session_.EndIdle();
  if (session_.HasNews()) co_return true;
  if (FurtherHasNews()) co_return look;
  // Nobody told of news: the server is made to look, for some tell late or not at all.
  absl::Status answered;
  if (session_.quirks().poll_by_reopening) {
    answered = co_await own_.Reopen();
  } else {
    answered = co_await session_.Noop();
  }
  if (!answered.ok()) co_return answered;
  co_return look || polls || session_.HasNews();
}

}  // namespace postern::fetcher
