#include "services/fetcher/connect_budget.h"

#include <malloc.h>

#include <boost/asio/post.hpp>

#include "lib/process/log.h"
#include "lib/process/metrics.h"

namespace postern::fetcher {

namespace {

// So many logins make it worth while to look for memory to give back, once it is quiet.
constexpr size_t kStorm = 200;
constexpr std::chrono::seconds kQuiet{10};

auto& waiting = metrics::Gauge("postern_fetcher_connects_waiting",
                               "Accounts that wait for their turn to connect");
auto& dialling = metrics::Gauge("postern_fetcher_connects_under_way", "Connections being made");

}  // namespace

ConnectBudget::ConnectBudget(boost::asio::any_io_executor executor, AlarmClock& clock,
                             ConnectLimits limits)
    : executor_(std::move(executor)),
      queue_(limits),
      next_(clock, [this] { LetGo(); }),
      quiet_(clock, [this] {
        log::Info("many logins are over", {{"logins", since_trim_}});
        since_trim_ = 0;
        ::malloc_trim(0);
      }) {}

ConnectBudget::Turn ConnectBudget::Ask(const std::string& host, absl::AnyInvocable<void()> go) {
  const ConnectQueue::Id id = queue_.Enter(host, AlarmClock::Clock::now());
  waiting_.emplace(id, std::move(go));
  Soon();
  return Turn(this, id);
}

void ConnectBudget::Turn::End(std::optional<bool> reached) {
  if (ConnectBudget* budget = std::exchange(budget_, nullptr)) budget->Left(id_, reached);
}

void ConnectBudget::Left(ConnectQueue::Id id, std::optional<bool> reached) {
  waiting_.erase(id);
  queue_.Leave(id, reached, AlarmClock::Clock::now());
  Soon();
}

// Posted: who asks or ends is in the midst of something.
void ConnectBudget::Soon() {
  if (std::exchange(soon_, true)) return;
  boost::asio::post(executor_, [this] { LetGo(); });
}

void ConnectBudget::LetGo() {
  soon_ = false;
  next_.Off();
  while (const auto id = queue_.Next(AlarmClock::Clock::now())) {
    auto node = waiting_.extract(*id);
    ++since_trim_;
    node.mapped()();
  }
  const ConnectQueue::Time next_at = queue_.NextAt();
  if (next_at != ConnectQueue::kNever) next_.Set(next_at);
  waiting.Set(static_cast<double>(queue_.waiting()));
  dialling.Set(static_cast<double>(queue_.dialling()));
  if (since_trim_ >= kStorm && queue_.waiting() == 0) quiet_.SetIn(kQuiet);
}

}  // namespace postern::fetcher
