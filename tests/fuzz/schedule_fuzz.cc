// Any text must be read as a schedule and as quiet hours, or be refused; what is read runs at
// its times, and says so of itself.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "lib/schedule/quiet_hours.h"
#include "lib/schedule/schedule.h"

namespace {

using namespace postern::schedule;

void Require(bool condition) {
  if (!condition) std::abort();
}

void Try(absl::string_view text, Syntax syntax, absl::TimeZone zone, absl::Time now) {
  const auto schedule = ParseSchedule(text, syntax, zone);
  if (!schedule.ok()) return Require(!schedule.status().message().empty());
  Require(schedule->sections.size() <= kMaxSections);
  for (const Traffic traffic : {Traffic::kSend, Traffic::kFetch}) {
    const auto next = NextRun(*schedule, traffic, now);
    if (!next) continue;
    Require(*next > now);
    const auto last = LastRun(*schedule, traffic, *next);
    Require(last.has_value() && *last == *next);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  const int64_t hours = data[0] * 256 + data[1];
  const absl::Time now = absl::FromUnixSeconds(1'767'225'600 + hours * 3600 + data[2] * 60);
  absl::TimeZone zone = absl::UTCTimeZone();
  if (data[3] % 2 == 1) absl::LoadTimeZone("Europe/Berlin", &zone);
  Try(text, data[3] % 4 < 2 ? Syntax::kStrict : Syntax::kExtended, zone, now);
  const auto quiet = QuietHours::Parse(text, zone);
  if (quiet.ok()) {
    const auto until = quiet->Until(now);
    Require(!until || (*until > now && !quiet->Until(*until)));
  }
  return 0;
}
