#include "lib/schedule/time_pattern.h"

#include <bit>

#include "absl/strings/ascii.h"

namespace postern::schedule {
namespace {

constexpr int kHours = 24;

bool Fits(char sign, int digit) { return sign == '*' || sign == '0' + digit; }

std::optional<int> ReadHour(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
  }
  const auto hour = ReadPattern(text, kHours);
  return hour ? std::optional(std::countr_zero(*hour)) : std::nullopt;
}

}  // namespace

std::optional<Numbers> ReadPattern(absl::string_view field, int end) {
  if (field.empty() || field.size() > 2) return std::nullopt;
  for (const char c : field) {
    if (c != '*' && !absl::ascii_isdigit(c)) return std::nullopt;
  }
  // A star alone is any number, a digit alone has a nought before it.
  const char tens = field.size() == 2 || field == "*" ? field.front() : '0';
  Numbers numbers = 0;
  for (int number = 0; number < end; ++number) {
    if (Fits(tens, number / 10) && Fits(field.back(), number % 10)) numbers |= Numbers{1} << number;
  }
  return numbers == 0 ? std::nullopt : std::optional(numbers);
}

std::optional<Numbers> ReadHours(absl::string_view field) {
  const size_t hyphen = field.find('-');
  if (hyphen == field.npos) return ReadPattern(field, kHours);
  const auto first = ReadHour(field.substr(0, hyphen)), last = ReadHour(field.substr(hyphen + 1));
  if (!first || !last) return std::nullopt;
  Numbers hours = 0;
  for (int hour = *first;; hour = (hour + 1) % kHours) {
    hours |= Numbers{1} << hour;
    if (hour == *last) return hours;
  }
}

void AddTo(WeekMinutes& times, Days days, Numbers hours, Numbers minutes) {
  for (int hour = 0; hour < 7 * kHours; ++hour) {
    if ((days >> (hour / kHours) & 1) == 0 || (hours >> (hour % kHours) & 1) == 0) continue;
    for (int minute = 0; minute < 60; ++minute) {
      if (minutes >> minute & 1) times.Add(hour * 60 + minute);
    }
  }
}

}  // namespace postern::schedule
