#include "lib/schedule/week_minutes.h"

#include <bit>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace postern::schedule {
namespace {

constexpr absl::string_view kDayNames[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

std::optional<int> ReadDay(absl::string_view text) {
  for (int day = 0; day < 7; ++day) {
    if (absl::EqualsIgnoreCase(text, kDayNames[day])) return day;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Days> ReadDays(absl::string_view text) {
  if (text == "*") return kEveryDay;
  const size_t hyphen = text.find('-');
  const auto first = ReadDay(text.substr(0, hyphen));
  const auto last = hyphen == text.npos ? first : ReadDay(text.substr(hyphen + 1));
  if (!first || !last) return std::nullopt;
  Days days = 0;
  for (int day = *first;; day = (day + 1) % 7) {
    days |= static_cast<Days>(1 << day);
    if (day == *last) return days;
  }
}

void WeekMinutes::Add(int minute) { words_[minute / kBits] |= uint64_t{1} << (minute % kBits); }

void WeekMinutes::AddRange(int first, int last) {
  for (int minute = first; minute < last; ++minute) Add(minute % kWeek);
}

bool WeekMinutes::Has(int minute) const { return words_[minute / kBits] >> (minute % kBits) & 1; }

int WeekMinutes::Count() const {
  int count = 0;
  for (const uint64_t word : words_) count += std::popcount(word);
  return count;
}

std::optional<int> WeekMinutes::UntilNext(int minute, bool in) const {
  const int later = FirstFrom(minute + 1, in);
  if (later < kWeek) return later - minute;
  const int next_week = FirstFrom(0, in);
  if (next_week > minute) return std::nullopt;
  return next_week + kWeek - minute;
}

std::optional<int> WeekMinutes::SinceLast(int minute) const {
  const int earlier = LastUpTo(minute);
  if (earlier >= 0) return minute - earlier;
  const int last_week = LastUpTo(kWeek - 1);
  if (last_week < 0) return std::nullopt;
  return minute + kWeek - last_week;
}

int WeekMinutes::FirstFrom(int minute, bool in) const {
  if (minute >= kWeek) return kWeek;
  uint64_t mask = ~uint64_t{0} << (minute % kBits);
  for (int at = minute / kBits; at < kWords; ++at) {
    const uint64_t word = (in ? words_[at] : ~words_[at]) & mask;
    // What is behind the week in the last word is found as "not in" and cut off.
    if (word != 0) {
      const int found = at * kBits + std::countr_zero(word);
      return found < kWeek ? found : kWeek;
    }
    mask = ~uint64_t{0};
  }
  return kWeek;
}

int WeekMinutes::LastUpTo(int minute) const {
  uint64_t mask = ~uint64_t{0} >> (kBits - 1 - minute % kBits);
  for (int at = minute / kBits; at >= 0; --at) {
    const uint64_t word = words_[at] & mask;
    if (word != 0) return at * kBits + kBits - 1 - std::countl_zero(word);
    mask = ~uint64_t{0};
  }
  return -1;
}

}  // namespace postern::schedule
