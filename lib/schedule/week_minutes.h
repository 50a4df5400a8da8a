#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace postern::schedule {

// Days of the week, Monday first: bit 0 to 6.
using Days = uint8_t;
inline constexpr Days kEveryDay = 0x7f;

// "*", "MO", "MO-FR", "FR-MO" (over the end of the week), in either case; nothing for
// anything else.
std::optional<Days> ReadDays(absl::string_view text);

// A set of the 10,080 minutes of a week, Monday 00:00 being 0. A search looks at 64 of
// them at once, so that it takes the same time for one minute a week as for all.
class WeekMinutes {
 public:
  static constexpr int kDay = 24 * 60;
  static constexpr int kWeek = 7 * kDay;

  void Add(int minute);
  // From `first` to before `last`, which may lie in the next week.
  void AddRange(int first, int last);
  bool Has(int minute) const;
  int Count() const;

  // How many minutes after `minute` the next one comes that is in the set, or, with `in`
  // false, that is not: 1 to kWeek. Nothing when there is none.
  std::optional<int> UntilNext(int minute, bool in = true) const;
  // How many minutes before `minute` the last one was that is in the set: from 0.
  std::optional<int> SinceLast(int minute) const;

 private:
  static constexpr int kBits = 64;
  static constexpr int kWords = (kWeek + kBits - 1) / kBits;

  int FirstFrom(int minute, bool in) const;  // kWeek: none
  int LastUpTo(int minute) const;            // -1: none

  std::array<uint64_t, kWords> words_{};
};

}  // namespace postern::schedule
