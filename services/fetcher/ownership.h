#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/fetcher/slot_table.h"
#include "services/fetcher/slots.h"

namespace postern::fetcher {

// Which slots are ours, while there may be other fetchers: takes its fair share, gives back
// what others should have once nothing is written for it any more, and stops by itself
// when it could not renew its lease for so long that others will soon take over.
class Ownership {
 public:
  using Clock = std::chrono::steady_clock;
  struct Timing {
    std::chrono::milliseconds renew_every{250};
    // Well before SlotTable::Limits::lease, of which 10 s are sure: what was begun just before ends
    // before others begin.
    std::chrono::milliseconds fence_after{8'000};
    // How long a stop waits for what still writes.
    std::chrono::milliseconds quiet_limit{2'000};
    // So many slots change hands at once when another fetcher joins: their accounts are
    // watched by nobody for a moment.
    size_t moves_at_once = 32;
    SlotTable::Limits limits;
  };
  struct Hooks {
    // These are ours; those that are about to be given back are not among them.
    std::function<void(const HeldSlots&)> hold;
    // Something may still be written for the slot.
    std::function<bool(Slot)> in_use;
    // Others joined or left.
    std::function<void(const std::vector<Member>& others)> others_changed = {};
  };

  Ownership(boost::asio::any_io_executor executor, store::RedisClient& redis, Member me,
            Hooks hooks, Timing timing, std::function<Clock::time_point()> now = &TimeSinceBoot);

  // Goes on while the machine sleeps, as the leases do.
  static Clock::time_point TimeSinceBoot();

  // Does nothing after Stop().
  void Start();
  // Lets others take over at once: has all let go of, then leaves.
  net::Task<void> Stop();

  // False when the last renewal was so long ago that another fetcher may have our slots,
  // were it that this process stood still.
  bool MayWrite() const;
  // Takes the slot anew, under a higher token; harmless when it isn't ours.
  void GiveUp(Slot slot);

  // Nothing: it has no owner just now. This fetcher may be the owner itself.
  net::Task<absl::StatusOr<std::optional<Member>>> OwnerOf(std::string account_id);
  const Member& me() const { return me_; }
  // "" when it has a place among the fetchers.
  std::string NotReadyBecause() const;

 private:
  net::Task<void> Run();
  net::Task<void> RenewOnce();
  void Apply(SlotTable::View view);
  void LetGo(uint32_t excess);
  void Lose();
  HeldSlots Quiet() const;
  bool AnyInUse() const;

  const Member me_;
  const Hooks hooks_;
  const Timing timing_;
  const std::function<Clock::time_point()> now_;
  SlotTable table_;
  HeldSlots held_;
  HeldSlots leaving_;  // ours, to be given back when nothing writes for them
  std::vector<Member> others_;
  std::optional<Clock::time_point>
      renewed_;  // when the renewal was asked for that was granted last
  bool holding_ = false;
  bool stopped_ = false;
  net::TaskGroup group_;
};

}  // namespace postern::fetcher
