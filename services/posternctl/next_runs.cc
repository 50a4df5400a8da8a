#include "services/posternctl/next_runs.h"

#include "absl/strings/str_cat.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {

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

}  // namespace postern::posternctl
