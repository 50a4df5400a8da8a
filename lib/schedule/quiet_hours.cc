#include "lib/schedule/quiet_hours.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "lib/schedule/wall_clock.h"
#include "lib/words/wording.h"

namespace postern::schedule {
namespace {

absl::Status Wrong(const words::Wording& reason) {
  return words::Error(absl::StatusCode::kInvalidArgument, reason);
}

// "7:05", "24:00": minutes since midnight.
std::optional<int> ReadClock(absl::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon < 1 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  int number[2] = {};
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (!absl::ascii_isdigit(text[i])) return std::nullopt;
    int& part = number[i > colon];
    part = part * 10 + (text[i] - '0');
  }
  const int minutes = number[0] * 60 + number[1];
  if (number[1] > 59 || minutes > WeekMinutes::kDay) return std::nullopt;
  return minutes;
}

void Add(const DailyHours& hours, WeekMinutes& quiet) {
  for (int day = 0; day < 7; ++day) {
    const int midnight = day * WeekMinutes::kDay;
    if (hours.days >> day & 1) quiet.AddRange(midnight + hours.from, midnight + hours.to);
  }
}

}  // namespace

std::optional<DailyHours> ReadDailyHours(absl::string_view entry) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(entry, absl::MaxSplits(absl::ByAnyChar(" \t"), 1));
  const bool has_days = !parts.second.empty();
  const auto days = has_days ? ReadDays(parts.first) : kEveryDay;
  const absl::string_view hours = has_days ? absl::StripAsciiWhitespace(parts.second) : parts.first;
  const size_t hyphen = hours.find('-');
  if (!days || hyphen == hours.npos) return std::nullopt;
  const auto from = ReadClock(hours.substr(0, hyphen));
  auto to = ReadClock(hours.substr(hyphen + 1));
  if (!from || !to || *from == *to || *from == WeekMinutes::kDay) return std::nullopt;
  if (*to < *from) *to += WeekMinutes::kDay;
  return DailyHours{*days, *from, *to};
}

absl::StatusOr<QuietHours> QuietHours::Parse(absl::string_view text, absl::TimeZone zone) {
  QuietHours hours;
  hours.zone_ = zone;
  if (text.size() > kMaxQuietHoursBytes) {
    return Wrong(words::Word("must have at most $0 bytes", kMaxQuietHoursBytes));
  }
  for (const char c : text) {
    if (absl::ascii_iscntrl(c) && c != '\t') {
      return Wrong(words::Word("must not hold control characters"));
    }
  }
  if (absl::StripAsciiWhitespace(text).empty()) return hours;
  for (absl::string_view entry : absl::StrSplit(text, ',')) {
    entry = absl::StripAsciiWhitespace(entry);
    if (const auto read = ReadDailyHours(entry)) {
      Add(*read, hours.quiet_);
      continue;
    }
    return Wrong(words::Word("\"$0\" is no time to be quiet; write it like $1 or $2", entry,
                             "22:00-07:00", "SA-SU 00:00-24:00"));
  }
  if (hours.quiet_.Count() == WeekMinutes::kWeek) {
    return Wrong(words::Word("they leave no time at all for mail"));
  }
  return hours;
}

std::optional<absl::Time> QuietHours::Until(absl::Time now) const {
  const absl::CivilMinute minute = MinuteAt(now, zone_);
  if (!quiet_.Has(MinuteOfWeek(minute))) return std::nullopt;
  const auto wait = quiet_.UntilNext(MinuteOfWeek(minute), false);
  return wait ? std::optional(BeginOf(minute + *wait, zone_)) : std::nullopt;
}

}  // namespace postern::schedule
