#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::admin {

// Users who have gone, and who left something with other services that is still to be removed. In
// Redis, so that no crash forgets one; each is written by the change that takes a user's last
// account (account_scripts.cc), and no account is made while there is one. It is at one of these
// stages:
//   new    nothing was removed yet
//   once   all was removed; to be done once more, for what was under way just then
//   again  that is being done
// Whoever removes takes the note before that, for a while: so nobody else does meanwhile, and who
// has no note left knows that nothing is being removed any more.
class DepartureNotes {
 public:
  static constexpr absl::string_view kDueKey = "postern:user:{accounts}:gone";  // user -> ms
  static constexpr absl::string_view kStageKey = "postern:user:{accounts}:gone:stage";
  static constexpr int kTakenMs = 5000;   // longer than a removal can take
  static constexpr int kRestMs = 60'000;  // from `once` to `again`

  explicit DepartureNotes(store::RedisClient& redis) : redis_(redis) {}

  struct Taken {
    std::string user;
    std::string until;  // by Redis's clock, ms; tells this taking from all others
  };
  // One that is due; nothing when none is.
  net::Task<absl::StatusOr<std::optional<Taken>>> TakeDue();
  // That of this user. Nothing: there is none, or there was one at stage `once`, which is dropped.
  // kAborted: somebody else has taken it.
  net::Task<absl::StatusOr<std::optional<Taken>>> TakeOf(std::string user);

  // All was removed: the next stage, or, behind the last one or when `drop` says so, no note.
  // kAborted: somebody else has taken it since.
  net::Task<absl::Status> Done(Taken taken, bool drop);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::admin
