#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/crypto/secret_box.h"
#include "lib/schedule/week_minutes.h"

// When connections are made: scheduler files of JSMail. Pure; docs/users.md has the format.
namespace postern::schedule {

inline constexpr size_t kMaxScheduleBytes = 16 * 1024;
inline constexpr size_t kMaxSections = 64;

enum class Syntax {
  kStrict,    // what JSMail read
  kExtended,  // and: entries without a section, "tz:", ranges of hours ("MO-FR 08-18:30")
};

// What a section's connections are for ("type:").
enum class Traffic { kSend, kFetch, kBoth };

// So many mails wait to be sent, on one of these days.
struct QueueTrigger {
  Days days = kEveryDay;
  uint32_t waiting = 0;
};

struct Section {
  std::string name;             // empty: entries that stand before any section
  bool no_dialling = false;     // [LAN]
  bool any_connection = false;  // [#name]: a connection made for something else will do, too
  Traffic traffic = Traffic::kBoth;
  std::string user, domain;
  crypto::Secret password;
  size_t password_line = 0;  // 0: none is given
  absl::TimeZone zone;
  WeekMinutes times;
  std::vector<QueueTrigger> triggers;
};

// What is accepted, but may not be what was meant; in English, for operators.
struct Warning {
  size_t line = 0, column = 0;  // from 1; columns in characters
  std::string text;
};
std::string ToString(const Warning& warning);  // "3:1: text"

struct Schedule {
  std::vector<Section> sections;
  std::vector<Warning> warnings;
};

// `zone` is for sections without a "tz:". kInvalidArgument "line:column: reason", with the
// reason's wording; no error quotes what it found, for that may be a password.
absl::StatusOr<Schedule> ParseSchedule(absl::string_view text, Syntax syntax, absl::TimeZone zone);

// The first time after `after`, or the last one up to `now`, at which a section for that
// traffic is to run; nothing when none ever does. Takes a few hundred nanoseconds for each section.
std::optional<absl::Time> NextRun(const Schedule& schedule, Traffic traffic, absl::Time after);
std::optional<absl::Time> LastRun(const Schedule& schedule, Traffic traffic, absl::Time now);

// One run is made up for when it was missed, and is less old than this.
inline constexpr absl::Duration kCatchUp = absl::Minutes(60);
std::optional<absl::Time> RunOwed(const Schedule& schedule, Traffic traffic, absl::Time now);

// Whether a section for that traffic takes connections made for something else.
bool TakesAnyConnection(const Schedule& schedule, Traffic traffic);

}  // namespace postern::schedule
