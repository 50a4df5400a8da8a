#include "services/rules/engine/date_part.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "lib/mail/date.h"

namespace postern::rules {
namespace {

// RFC 5322 section 4.3.
int NamedOffset(absl::string_view name) {
  struct {
    const char* name;
    int hours;
  } const zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                     {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
  for (const auto& zone : zones) {
    if (absl::EqualsIgnoreCase(name, zone.name)) return zone.hours * 3600;
  }
  return 0;
}

absl::TimeZone ZoneOf(absl::string_view date) {
  date = date.substr(0, date.find('('));  // a comment repeats the zone's name
  absl::string_view last;
  for (absl::string_view word : absl::StrSplit(date, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
    last = word;
  }
  if (const auto zone = ReadOffset(last)) return *zone;
  return absl::FixedTimeZone(NamedOffset(last));
}

std::string Offset(absl::Time time, absl::TimeZone zone, absl::string_view colon) {
  const int minutes = zone.At(time).offset / 60;
  return absl::StrFormat("%c%02d%s%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, colon,
                         std::abs(minutes) % 60);
}

}  // namespace

std::optional<absl::TimeZone> ReadOffset(absl::string_view offset) {
  if (offset.size() != 5 || (offset[0] != '+' && offset[0] != '-')) return std::nullopt;
  for (char c : offset.substr(1)) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
  }
  const int hours = (offset[1] - '0') * 10 + (offset[2] - '0');
  const int minutes = (offset[3] - '0') * 10 + (offset[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return absl::FixedTimeZone(offset[0] == '-' ? -seconds : seconds);
}

std::optional<FieldDate> ReadFieldDate(absl::string_view value) {
  const size_t semicolon = value.rfind(';');
  if (semicolon != value.npos) value.remove_prefix(semicolon + 1);
  value = absl::StripAsciiWhitespace(value);
  const int64_t unix_time = mail::DecodeDate(value);
  if (unix_time == 0) return std::nullopt;
  return FieldDate{absl::FromUnixSeconds(unix_time), ZoneOf(value)};
}

std::optional<std::string> DatePart(absl::string_view name, absl::Time time, absl::TimeZone zone) {
  struct {
    const char* name;
    const char* format;
  } const formats[] = {
      {"year", "%E4Y"},
      {"month", "%m"},
      {"day", "%d"},
      {"date", "%E4Y-%m-%d"},
      {"hour", "%H"},
      {"minute", "%M"},
      {"second", "%S"},
      {"time", "%H:%M:%S"},
      {"weekday", "%w"},
      {"std11", "%a, %d %b %E4Y %H:%M:%S "},
      {"iso8601", "%E4Y-%m-%dT%H:%M:%S"},
  };
  for (const auto& part : formats) {
    if (name != part.name) continue;
    std::string text = absl::FormatTime(part.format, time, zone);
    if (name == "std11") text += Offset(time, zone, "");
    if (name == "iso8601") text += Offset(time, zone, ":");
    return text;
  }
  if (name == "zone") return Offset(time, zone, "");
  if (name == "julian") {  // days since 1858-11-17
    const absl::CivilDay day(absl::ToCivilDay(time, zone));
    return absl::StrFormat("%d", day - absl::CivilDay(1858, 11, 17));
  }
  return std::nullopt;
}

}  // namespace postern::rules
