#include "services/admin/change_feed.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "lib/net/deadline.h"

namespace postern::admin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollPause(250);
// A handful of services follow the feed; a thousand is a fault somewhere.
constexpr size_t kMostWaiting = 1'000;

bool IsEmpty(const ChangesPage& page, uint64_t since) {
  return page.changed.empty() && page.removed_ids.empty() && !page.snapshot &&
         page.next.Encode() == since;
}

}  // namespace

ChangeFeed::ChangeFeed(boost::asio::any_io_executor executor, AccountStore& store)
    : store_(store), moved_(executor), tasks_(executor) {}

net::Task<absl::StatusOr<ChangesPage>> ChangeFeed::List(uint64_t since,
                                                        std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (true) {
    auto page = co_await store_.ReadChanges(FeedCursor::Decode(since));
    if (!page.ok()) co_return page.status();
    if (!IsEmpty(*page, since) || closed_ || Clock::now() >= until) co_return page;
    Saw(since);  // so that waiting begins from what is known to be the newest
    if (waiting_ >= kMostWaiting) {
      co_return absl::ResourceExhaustedError("too many callers wait for account changes");
    }
    co_await WaitForOther(since, until);
  }
}

net::Task<void> ChangeFeed::WaitForOther(uint64_t revision, Clock::time_point until) {
  ++waiting_;
  absl::Cleanup leave = [this] { --waiting_; };
  if (!polling_) {
    polling_ = true;
    tasks_.Spawn("poll account revision", Poll());
  }
  while (newest_ == revision && !closed_) {
    const auto left = until - Clock::now();
    if (left <= Clock::duration::zero()) co_return;
    co_await moved_.WaitFor(left);
  }
}

net::Task<void> ChangeFeed::Poll() {
  absl::Cleanup leave = [this] { polling_ = false; };
  while (waiting_ > 0) {
    auto revision = co_await store_.ReadRevision();
    // While Redis is away the waiting wait on; their next reading says so if it lasts.
    if (revision.ok()) Saw(*revision);
    co_await net::Sleep(kPollPause);
  }
}

void ChangeFeed::Saw(uint64_t revision) {
  if (newest_ == revision) return;
  newest_ = revision;
  moved_.Notify();
}

net::Task<void> ChangeFeed::Close() {
  closed_ = true;
  moved_.Notify();
  co_await tasks_.Stop();
}

}  // namespace postern::admin
