#include "services/rules/personal/time_syntax.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace postern::rules::personal {
namespace {

using schedule::DailyHours;
using sieve::TestNode;

constexpr int kDay = schedule::WeekMinutes::kDay;

// currentdate :value "ge" "time" "22:00:00"
TestNode Clock(absl::string_view relation, int minute) {
  const std::string time = absl::StrFormat("%02d:%02d:00", minute / 60, minute % 60);
  return MakeTest("currentdate", {Tag("value"), Strings({std::string(relation)}), Strings({"time"}),
                                  Strings({time})});
}

// RFC 5260 section 4.2: Sunday is 0.
TestNode Weekday(schedule::Days days) {
  Texts numbers;
  for (int day = 0; day < 7; ++day) {
    const int from_monday = (day + 6) % 7;
    if (days >> from_monday & 1) numbers.push_back(absl::StrCat(day));
  }
  return MakeTest("currentdate", {Tag("is"), Strings({"weekday"}), Strings(numbers)});
}

// Within one day.
TestNode Within(schedule::Days days, int from, int to) {
  std::vector<TestNode> tests;
  if (days != schedule::kEveryDay) tests.push_back(Weekday(days));
  if (from > 0) tests.push_back(Clock("ge", from));
  if (to < kDay) tests.push_back(Clock("lt", to));
  return AllOf(std::move(tests));
}

schedule::Days DayAfter(schedule::Days days) {
  return static_cast<schedule::Days>((days << 1 | days >> 6) & schedule::kEveryDay);
}

}  // namespace

std::optional<std::vector<DailyHours>> ReadHours(absl::string_view text) {
  std::vector<DailyHours> hours;
  for (const absl::string_view entry : absl::StrSplit(text, ',')) {
    const auto read = schedule::ReadDailyHours(absl::StripAsciiWhitespace(entry));
    if (!read) return std::nullopt;
    hours.push_back(*read);
  }
  return hours;
}

TestNode TimeTest(const std::vector<DailyHours>& hours, Extensions& needed) {
  needed.insert({"date", "relational"});
  std::vector<TestNode> tests;
  for (const DailyHours& one : hours) {
    tests.push_back(Within(one.days, one.from, std::min(one.to, kDay)));
    if (one.to > kDay) tests.push_back(Within(DayAfter(one.days), 0, one.to - kDay));
  }
  return AnyOf(std::move(tests));
}

}  // namespace postern::rules::personal
