#include "services/xmpp-edge/send_time.h"

#include <re2/re2.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "lib/schedule/wall_clock.h"

namespace postern::xmpp_edge {
namespace {

constexpr size_t kMaxBytes = 100;
constexpr int kMostUnits = 9999;

using Tokens = std::vector<std::string>;

// Whether `said` is one of the words, in whatever case: ASCII letters alone are folded, so
// catalogues give both cases of others.
bool Is(const std::string& said, const std::string& english, const std::string& local) {
  for (const std::string* words : {&english, &local}) {
    for (const absl::string_view word : absl::StrSplit(*words, '|', absl::SkipEmpty())) {
      if (absl::EqualsIgnoreCase(said, word)) return true;
    }
  }
  return false;
}

struct TimeOfDay {
  int hour = 0, minute = 0;
};
constexpr TimeOfDay kNoon = {12, 0};
constexpr TimeOfDay kEvening = {20, 0};  // what "tonight" says

std::optional<TimeOfDay> ReadTimeOfDay(const std::string& text) {
  static const re2::RE2 pattern(R"((?i)(\d{1,2})(?:[:.h](\d{2})|(h)|())\s*(am|pm|a\.m\.|p\.m\.)?)");
  TimeOfDay time;
  std::string minute, hour_mark, nothing, half;
  if (!re2::RE2::FullMatch(text, pattern, &time.hour, &minute, &hour_mark, &nothing, &half)) {
    return std::nullopt;
  }
  if (!minute.empty() && !absl::SimpleAtoi(minute, &time.minute)) return std::nullopt;
  // A number alone is no time of day.
  if (minute.empty() && hour_mark.empty() && half.empty()) return std::nullopt;
  if (!half.empty()) {
    if (time.hour < 1 || time.hour > 12) return std::nullopt;
    time.hour = time.hour % 12 + (absl::ascii_tolower(half[0]) == 'p' ? 12 : 0);
  }
  if (time.hour > 23 || time.minute > 59) return std::nullopt;
  return time;
}

// A day that is written as a date; nothing for one that does not exist.
std::optional<absl::CivilDay> DayOf(int year, int month, int day) {
  const absl::CivilDay civil(year, month, day);
  if (civil.year() != year || civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

std::optional<absl::CivilDay> ReadDate(const std::string& text, absl::CivilDay today) {
  static const re2::RE2 iso(R"((\d{4})-(\d{1,2})-(\d{1,2}))");
  static const re2::RE2 dotted(R"((\d{1,2})\.(\d{1,2})\.(\d{4})?)");
  int year = 0, month = 0, day = 0;
  if (re2::RE2::FullMatch(text, iso, &year, &month, &day)) return DayOf(year, month, day);
  std::string said_year;
  if (!re2::RE2::FullMatch(text, dotted, &day, &month, &said_year)) return std::nullopt;
  if (absl::SimpleAtoi(said_year, &year)) return DayOf(year, month, day);
  const int this_year = static_cast<int>(today.year());
  const auto civil = DayOf(this_year, month, day);
  return civil && *civil >= today ? civil : DayOf(this_year + 1, month, day);
}

absl::Time At(absl::CivilDay day, TimeOfDay time, absl::TimeZone zone) {
  return schedule::BeginOf(
      absl::CivilMinute(day.year(), day.month(), day.day(), time.hour, time.minute), zone);
}

absl::Status NoTime() { return absl::InvalidArgumentError("it is no time"); }

class Reader {
 public:
  Reader(absl::Time now, absl::TimeZone zone, const TimeWords& local)
      : now_(now), zone_(zone), today_(absl::ToCivilDay(now, zone)), local_(local) {}

  std::optional<absl::Time> Read(Tokens words) const {
    if (!words.empty() && Is(words.front(), English().in, local_.in)) {
      words.erase(words.begin());
      return ReadSpan(words);
    }
    if (const auto time = ReadTime(words)) {
      const absl::Time today = At(today_, *time, zone_);
      return today > now_ ? today : At(today_ + 1, *time, zone_);
    }
    if (words.empty()) return std::nullopt;
    const std::string day = words.front();
    if (words.size() == 1) {
      if (!Is(day, English().tonight, local_.tonight)) return std::nullopt;
      return At(today_, kEvening, zone_);
    }
    words.erase(words.begin());
    const auto time = ReadTime(std::move(words));
    return time ? ReadDay(day, *time) : std::nullopt;
  }

 private:
  static const TimeWords& English() { return EnglishTimeWords(); }

  // "at 9:00", "9 am", "9 o'clock", "noon".
  std::optional<TimeOfDay> ReadTime(Tokens words) const {
    if (words.size() > 1 && Is(words.front(), English().at, local_.at)) words.erase(words.begin());
    const bool oclock = words.size() == 2 && Is(words.back(), English().oclock, local_.oclock);
    if (oclock) {
      words.pop_back();
      if (words[0].find_first_not_of("0123456789") == std::string::npos) words[0] += ":00";
    } else if (words.size() == 2 && Is(words.back(), "am|pm|a.m.|p.m.|h", "")) {
      words = {absl::StrCat(words[0], words[1])};
    }
    if (words.size() != 1) return std::nullopt;
    if (Is(words[0], English().noon, local_.noon)) return kNoon;
    return ReadTimeOfDay(words[0]);
  }

  std::optional<absl::Time> ReadDay(const std::string& day, TimeOfDay time) const {
    const bool tonight = Is(day, English().tonight, local_.tonight);
    if (tonight || Is(day, English().today, local_.today)) return At(today_, time, zone_);
    if (Is(day, English().after_tomorrow, local_.after_tomorrow)) {
      return At(today_ + 2, time, zone_);
    }
    if (Is(day, English().tomorrow, local_.tomorrow)) return At(today_ + 1, time, zone_);
    for (size_t i = 0; i < English().weekdays.size(); ++i) {
      const std::string local = i < local_.weekdays.size() ? local_.weekdays[i] : "";
      if (!Is(day, English().weekdays[i], local)) continue;
      const int ahead = (static_cast<int>(i) - static_cast<int>(absl::GetWeekday(today_)) + 7) % 7;
      const absl::Time first = At(today_ + ahead, time, zone_);
      return first > now_ ? first : At(today_ + ahead + 7, time, zone_);
    }
    const auto date = ReadDate(day, today_);
    if (!date) return std::nullopt;
    return At(*date, time, zone_);
  }

  // "2 hours", "2h", "an hour".
  std::optional<absl::Time> ReadSpan(Tokens words) const {
    if (words.size() == 1) {  // "2h": the number ends where the word begins
      const size_t digits = words[0].find_first_not_of("0123456789");
      if (digits == std::string::npos || digits == 0) return std::nullopt;
      words = {words[0].substr(0, digits), words[0].substr(digits)};
    }
    if (words.size() != 2) return std::nullopt;
    int count = Is(words[0], English().one, local_.one) ? 1 : 0;
    if (count == 0 && !absl::SimpleAtoi(words[0], &count)) return std::nullopt;
    if (count < 1 || count > kMostUnits) return std::nullopt;
    if (Is(words[1], English().minutes, local_.minutes)) return now_ + absl::Minutes(count);
    if (Is(words[1], English().hours, local_.hours)) return now_ + absl::Hours(count);
    if (Is(words[1], English().days, local_.days)) return InDays(count);
    if (Is(words[1], English().weeks, local_.weeks)) return InDays(7 * count);
    return std::nullopt;
  }

  absl::Time InDays(int days) const {
    const absl::CivilMinute minute = absl::ToCivilMinute(now_, zone_);
    return At(today_ + days, {minute.hour(), minute.minute()}, zone_);
  }

  const absl::Time now_;
  const absl::TimeZone zone_;
  const absl::CivilDay today_;
  const TimeWords& local_;
};

}  // namespace

const TimeWords& EnglishTimeWords() {
  static const TimeWords words = {
      "today",
      "tomorrow",
      "overmorrow",
      {"monday|mon", "tuesday|tue", "wednesday|wed", "thursday|thu", "friday|fri", "saturday|sat",
       "sunday|sun"},
      "in",
      "at",
      "a|an|one",
      "o'clock",
      "noon",
      "tonight",
      "minutes|minute|min|m",
      "hours|hour|h",
      "days|day|d",
      "weeks|week|w",
  };
  return words;
}

absl::StatusOr<absl::Time> ReadSendTime(absl::string_view text, absl::Time now, absl::TimeZone zone,
                                        const TimeWords& local) {
  if (text.size() > kMaxBytes) return NoTime();
  std::string plain(text);
  // RFC 3339's way to write a date and a time as one word.
  static const re2::RE2 joined(R"(^\s*(\d{4}-\d{1,2}-\d{1,2})[Tt](\d))");
  re2::RE2::Replace(&plain, joined, R"(\1 \2)");
  const Tokens words = absl::StrSplit(plain, absl::ByAnyChar(" \t,"), absl::SkipEmpty());
  const auto time = Reader(now, zone, local).Read(words);
  if (!time) return NoTime();
  if (*time <= now) return absl::OutOfRangeError("it is over");
  if (*time > now + kLatestSending) return absl::OutOfRangeError("it is more than a year ahead");
  return *time;
}

}  // namespace postern::xmpp_edge
