#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/schedule/schedule.h"

namespace postern::posternctl {

// The next `count` times at which a schedule runs for that traffic, or fewer.
std::vector<absl::Time> NextRuns(const schedule::Schedule& schedule, schedule::Traffic traffic,
                                 absl::Time after, size_t count);

// "Mon 2026-11-23 12:00 +01:00".
std::string RunWords(absl::Time run, absl::TimeZone zone);
// In UTC, for JSON: "2026-11-23T11:00:00Z".
std::string RunStamp(absl::Time run);

// A line each under the title, or that there are none.
void PrintRuns(std::ostream& out, const std::string& title, const std::vector<absl::Time>& runs,
               absl::TimeZone zone);

// The next five times of an account's schedule, as admin has checked it; none of an empty one.
struct AccountRuns {
  std::vector<absl::Time> next;
  absl::TimeZone zone;
};
AccountRuns RunsOf(const std::string& schedule, const std::string& time_zone,
                   schedule::Traffic traffic);
// ["2026-11-23T11:00:00Z", …]
std::string RunsJson(const AccountRuns& runs);
// They, and the text below them; nothing when there is no schedule.
void PrintAccountSchedule(std::ostream& out, const std::string& title, const AccountRuns& runs,
                          const std::string& schedule);

}  // namespace postern::posternctl
