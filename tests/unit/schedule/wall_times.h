#pragma once

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"

// Times as tests write them.
namespace postern::schedule {

inline absl::TimeZone Zone(absl::string_view name) {
  auto zone = FindZone(name);
  EXPECT_TRUE(zone.ok()) << name << ": " << zone.status() << "; is tzdata installed?";
  return zone.value_or(absl::UTCTimeZone());
}

// "2026-01-05 12:00:00 +0000".
inline absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S %z", text, &time, &error)) << text << error;
  return time;
}

inline std::string Written(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%a %m-%d %H:%M %z", time, zone);
}

inline Schedule Parsed(absl::string_view text, absl::TimeZone zone = absl::UTCTimeZone(),
                       Syntax syntax = Syntax::kExtended) {
  auto schedule = ParseSchedule(text, syntax, zone);
  EXPECT_TRUE(schedule.ok()) << text << ": " << schedule.status();
  return schedule.ok() ? *std::move(schedule) : Schedule();
}

}  // namespace postern::schedule
