#include "services/posternctl/next_runs.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/schedule/wall_clock.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

constexpr size_t kShownRuns = 5;

}  // namespace

std::vector<absl::Time> NextRuns(const schedule::Schedule& schedule, schedule::Traffic traffic,
                                 absl::Time after, size_t count) {
  std::vector<absl::Time> runs;
  while (runs.size() < count) {
    const auto run = NextRun(schedule, traffic, after);
    if (!run) break;
    runs.push_back(*run);
    after = *run;
  }
  return runs;
}

std::string RunWords(absl::Time run, absl::TimeZone zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M %Ez", run, zone);
}

std::string RunStamp(absl::Time run) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", run, absl::UTCTimeZone());
}

void PrintRuns(std::ostream& out, const std::string& title, const std::vector<absl::Time>& runs,
               absl::TimeZone zone) {
  PrintLine(out, absl::StrCat(title, runs.empty() ? " never." : ""));
  for (const absl::Time run : runs) PrintLine(out, absl::StrCat("  ", RunWords(run, zone)));
}

AccountRuns RunsOf(const std::string& schedule, const std::string& time_zone,
                   schedule::Traffic traffic) {
  AccountRuns runs;
  const auto zone = schedule::FindZone(time_zone);
  runs.zone = zone.value_or(absl::UTCTimeZone());
  if (!zone.ok() || schedule.empty()) return runs;
  const auto parsed = schedule::ParseSchedule(schedule, schedule::Syntax::kExtended, *zone);
  if (parsed.ok()) runs.next = NextRuns(*parsed, traffic, absl::Now(), kShownRuns);
  return runs;
}

std::string RunsJson(const AccountRuns& runs) {
  const auto quoted = [](std::string* out, absl::Time run) {
    absl::StrAppend(out, "\"", RunStamp(run), "\"");
  };
  return absl::StrCat("[", absl::StrJoin(runs.next, ", ", quoted), "]");
}

void PrintAccountSchedule(std::ostream& out, const std::string& title, const AccountRuns& runs,
                          const std::string& schedule) {
  if (schedule.empty()) return;
  out << "\n";
  PrintRuns(out, title, runs.next, runs.zone);
  out << "\nSchedule:\n";
  for (const absl::string_view line : absl::StrSplit(schedule, '\n')) {
    PrintLine(out, absl::StrCat("  ", absl::StripSuffix(line, "\r")));
  }
}

}  // namespace postern::posternctl
