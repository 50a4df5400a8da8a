#include "services/admin/departures.h"

#include <chrono>
#include <optional>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"

namespace postern::admin {
namespace {

using namespace std::chrono_literals;
using Rules = rules::v1::RulesService::StubInterface::async_interface;

constexpr auto kLookEvery = 2s;
// Its callers wait for ten seconds: one turn of somebody else, then ours.
constexpr auto kTurnPause = 200ms;
constexpr int kMostTurns = 20;
// The rules service does nothing more for a call after 3 s. A note is taken for longer than this,
// so that a removal whose end nobody heard of is over when the next one may begin. Nor does one
// begin when it took too long to get the note: much of that time may have passed.
constexpr auto kCallLimit = 4s, kTakeLimit = 1s;
static_assert(kTakeLimit + kCallLimit <= std::chrono::milliseconds(DepartureNotes::kTakenMs));

using Clock = std::chrono::steady_clock;

bool TookTooLong(Clock::time_point asked) { return Clock::now() - asked > kTakeLimit; }

absl::Status NotNow() {
  return words::Error(absl::StatusCode::kUnavailable,
                      words::Word("What was left here before is still being removed. Try again in "
                                  "a minute."));
}

}  // namespace

Departures::Departures(boost::asio::any_io_executor executor, store::RedisClient& redis)
    : notes_(redis), rules_("rules", nullptr), work_(std::move(executor)) {}

void Departures::Connect(const process::Peers& peers) {
  rules_ = Peer<rules::v1::RulesService>("rules", peers.rules);
}

net::Task<void> Departures::Run() {
  if (!rules_.stub) co_return;
  bool told = false;
  for (;;) {
    const absl::Status removed = co_await RemoveDue();
    if (removed.ok()) {
      told = false;
      continue;
    }
    if (absl::IsNotFound(removed)) {
      (void)co_await work_.WaitFor(kLookEvery);
      continue;
    }
    if (!told) {
      log::Warn("what users who have gone left with the rules service can't be removed yet",
                {{"error", removed.message()}});
    }
    told = true;
    co_await net::Sleep(kLookEvery);
  }
}

net::Task<absl::Status> Departures::RemoveDue() {
  const Clock::time_point asked = Clock::now();
  auto taken = co_await notes_.TakeDue();
  if (!taken.ok()) co_return taken.status();
  if (!*taken) co_return absl::NotFoundError("nobody's turn");
  if (TookTooLong(asked)) co_return absl::UnavailableError("redis is slow");
  DepartureNotes::Taken ours = **std::move(taken);
  co_return co_await Remove(std::move(ours), false);
}

net::Task<absl::Status> Departures::Remove(DepartureNotes::Taken taken, bool drop) {
  if (rules_.stub) {
    rules::v1::ForgetUserRequest request;
    request.set_user(taken.user);
    auto forgotten = co_await rpc::Call(rules_.stub->async(), &Rules::ForgetUser,
                                        std::move(request), kCallLimit);
    // Of whom the rules service can't have anything it says that this is no user.
    const bool done = forgotten.ok() || absl::IsInvalidArgument(forgotten.status());
    if (!done) co_return NameWhoIsAway(rules_.name, forgotten.status());
  }
  co_return co_await notes_.Done(std::move(taken), drop);
}

net::Task<absl::Status> Departures::Settle(std::string user) {
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const Clock::time_point asked = Clock::now();
    auto taken = co_await notes_.TakeOf(user);
    if (taken.ok() && !*taken) co_return absl::OkStatus();
    if (taken.ok() && TookTooLong(asked)) co_return NotNow();
    if (taken.ok()) {
      DepartureNotes::Taken ours = **std::move(taken);
      const absl::Status removed = co_await Remove(std::move(ours), true);
      if (removed.ok()) co_return removed;
      log::Info("a user waits for what they left behind to be removed",
                {{"user", user}, {"error", removed.message()}});
      co_return NotNow();
    }
    if (!absl::IsAborted(taken.status())) co_return taken.status();
    co_await net::Sleep(kTurnPause);
  }
  co_return NotNow();
}

}  // namespace postern::admin
