#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace postern::rules {

// What an evaluation may still cost: instructions, and texts that are looked at, a step for each
// 8 KiB. The clock is asked now and then: it ends what the steps did not foresee.
class Budget {
 public:
  Budget(uint32_t steps, absl::Duration wall) : most_(steps), wall_(wall) {}

  // False: it's used up, now and from now on.
  bool Step() { return Spend(kBytes); }
  bool Spend(size_t bytes) {
    bytes_ += bytes;
    if (bytes_ / kBytes > most_) spent_ = true;
    if (bytes_ >= next_look_) Look();
    return !spent_;
  }

  // Something takes more than there can be.
  void SpendAll() { spent_ = true; }

  bool spent() const { return spent_; }
  bool late() const { return late_; }
  uint64_t steps() const { return bytes_ / kBytes; }

 private:
  static constexpr uint64_t kBytes = 8192;
  static constexpr uint64_t kBetweenLooks = 64 * kBytes;

  void Look() {
    next_look_ = bytes_ + kBetweenLooks;
    const absl::Time now = absl::Now();
    if (begun_ == absl::InfinitePast()) begun_ = now;
    if (now - begun_ > wall_) late_ = spent_ = true;
  }

  uint64_t most_;
  absl::Duration wall_;
  absl::Time begun_ = absl::InfinitePast();
  uint64_t bytes_ = 0;
  uint64_t next_look_ = 0;
  bool spent_ = false, late_ = false;
};

}  // namespace postern::rules
