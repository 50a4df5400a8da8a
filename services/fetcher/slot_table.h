#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/fetcher/slots.h"

namespace postern::fetcher {

// One of the fetchers that share the accounts.
struct Member {
  std::string id;       // of this run of the process
  std::string address;  // where it answers gRPC
  // Names the listening socket, machine and all; only one process can have it. Whoever had
  // it before is dead, and need not be waited for.
  std::string seat;
  bool operator==(const Member&) const = default;
};

// The record of who has which slot. In Redis, changed by one script alone:
//   postern:lease:{fetchers}:members  hash: member -> "EXPIRY_MS JOINED_MS SEAT ADDRESS"; JOINED_MS
//                                     is 0 once it may have slots
//   postern:lease:{fetchers}:slots    hash: slot -> "TOKEN MEMBER"
//   postern:lease:{fetchers}:meta     hash: token, version, seen_ms
// The clock is that of Redis. Tokens are its Unix time in ms, and more than any before:
// they stay ahead even when Redis came back with an older state.
class SlotTable {
 public:
  struct Limits {
    // Without a renewal, others may take the slots. Written down anew when a sixth of it is
    // over, so that five sixths are sure after each renewal.
    std::chrono::milliseconds lease{12'000};
    // Others know a new member for this long before it takes slots from them.
    std::chrono::milliseconds settling{1'500};
  };

  SlotTable(store::RedisClient& redis, Member me, Limits limits)
      : redis_(redis), me_(std::move(me)), limits_(limits) {}

  struct View {
    bool changed = false;  // false: all is as at the last renewal, and nothing else is set
    HeldSlots mine;
    uint32_t excess = 0;          // how many of them others should have
    std::vector<Member> members;  // without the seats; this one among them
    uint32_t taken = 0;           // by this renewal
  };
  // Renews the lease, or joins; drops members whose lease ran out; gives back `released`;
  // takes what is free, up to a fair share.
  net::Task<absl::StatusOr<View>> Renew(HeldSlots released);
  // The next Renew() tells all.
  void Forget() { version_ = 0; }
  // Gives everything back and leaves.
  net::Task<absl::Status> Leave();

  // The id of the member that has the slot; "" when none has.
  net::Task<absl::StatusOr<std::string>> OwnerOf(Slot slot);

 private:
  std::vector<std::string> Arguments(bool leaving) const;

  store::RedisClient& redis_;
  const Member me_;
  const Limits limits_;
  uint64_t version_ = 0;
};

}  // namespace postern::fetcher
