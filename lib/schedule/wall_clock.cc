#include "lib/schedule/wall_clock.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"

namespace postern::schedule {
namespace {

constexpr size_t kMaxNameBytes = 64;

// Abseil opens absolute paths and "file:" names too, and remembers each name that it was
// ever asked for: it is to see names of zones alone.
bool IsZone(const std::string& name) {
  if (name.size() > kMaxNameBytes || !absl::ascii_isalpha(name.front())) return false;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
  // "right/..." counts leap seconds; "localtime" is another zone on each machine.
  if (!plain || absl::StartsWith(name, "right/") || name == "localtime") return false;
  const char* folder = std::getenv("TZDIR");
  std::ifstream file(absl::StrCat(folder != nullptr ? folder : "/usr/share/zoneinfo", "/", name),
                     std::ios::binary);
  char magic[4] = {};  // RFC 8536 section 3.1
  return file.read(magic, sizeof magic) && absl::string_view(magic, sizeof magic) == "TZif";
}

}  // namespace

absl::StatusOr<absl::TimeZone> FindZone(absl::string_view name) {
  const std::string wanted(name);
  if (wanted.empty() || wanted == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  if (IsZone(wanted) && absl::LoadTimeZone(wanted, &zone)) return zone;
  return words::Error(
      absl::StatusCode::kInvalidArgument,
      words::Word("must be a time zone by its name, like $0 or $1", "Europe/Berlin", "UTC"));
}

absl::CivilMinute MinuteAt(absl::Time now, absl::TimeZone zone) {
  const absl::CivilMinute minute = absl::ToCivilMinute(now, zone);
  const auto info = zone.At(absl::CivilSecond(minute));
  if (info.kind != absl::TimeZone::TimeInfo::REPEATED || now < info.trans) return minute;
  return absl::ToCivilMinute(info.trans - absl::Seconds(1), zone);
}

absl::Time BeginOf(absl::CivilMinute minute, absl::TimeZone zone) {
  const auto info = zone.At(absl::CivilSecond(minute));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

int MinuteOfWeek(absl::CivilMinute minute) {
  const int day = static_cast<int>(absl::GetWeekday(minute));
  return (day * 24 + minute.hour()) * 60 + minute.minute();
}

}  // namespace postern::schedule
