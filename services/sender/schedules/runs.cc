#include "services/sender/schedules/runs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/schedule/wall_clock.h"

namespace postern::sender {
namespace {

using schedule::Traffic;

// While a run is under way the queue is looked at so often.
constexpr absl::Duration kLook = absl::Seconds(1);
// And while only its length can begin one; what this process is told of is seen at once.
constexpr absl::Duration kCount = absl::Seconds(5);
// Whatever the clock does, it is looked at so often.
constexpr absl::Duration kGlance = absl::Seconds(30);
// A clock that is put right by less brings no time of the schedule a second time.
constexpr absl::Duration kSmallStep = absl::Minutes(1);

uint32_t Clamp(uint64_t waiting) {
  return static_cast<uint32_t>(std::min<uint64_t>(waiting, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

Runs::Runs(schedule::Schedule schedule, std::optional<absl::Time> dealt_with, absl::Time now)
    : schedule_(std::move(schedule)), watches_(schedule_.sections.size()) {
  for (const schedule::Section& section : schedule_.sections) {
    has_triggers_ = has_triggers_ || !section.triggers.empty();
  }
  const auto last = LastRun(schedule_, Traffic::kSend, now);
  dealt_with_ = dealt_with.value_or(last.value_or(now));
}

void Runs::Advance(absl::Time now, std::optional<uint64_t> waiting, bool flows) {
  BeginWhatIsDue(now, waiting);
  // A clock that was put back gives no run more time than it had.
  if (open_ && (!flows || begun_ > now)) begun_ = now;
  EndWhatIsOver(now, waiting);
}

bool Runs::takes_any_connection() const { return TakesAnyConnection(schedule_, Traffic::kSend); }

bool Runs::NeedsCount(absl::Time now) const { return open_ || has_triggers_ || Owed(now); }

std::optional<absl::Time> Runs::Owed(absl::Time now) const {
  const auto owed = RunOwed(schedule_, Traffic::kSend, now);
  return owed && *owed > dealt_with_ ? owed : std::nullopt;
}

void Runs::BeginWhatIsDue(absl::Time now, std::optional<uint64_t> waiting) {
  const auto last = LastRun(schedule_, Traffic::kSend, now);
  if (dealt_with_ > now + kSmallStep) dealt_with_ = last.value_or(now);
  if (!open_ && Owed(now)) Open(now);
  if (!waiting) return;
  for (size_t i = 0; i < watches_.size(); ++i) {
    // Each is asked, whatever the others say: they remember what they saw.
    const bool fires = watches_[i].Fires(schedule_.sections[i], Clamp(*waiting), now);
    if (fires && !open_) Open(now);
  }
}

void Runs::EndWhatIsOver(absl::Time now, std::optional<uint64_t> waiting) {
  const bool over = open_ && (waiting == 0u || now >= begun_ + kLongest);
  if (over) open_ = false;
  if (open_) return;
  // What came while a run was under way is part of it; what is too old is made up for no more.
  const auto last = LastRun(schedule_, Traffic::kSend, now);
  if (last) dealt_with_ = std::max(dealt_with_, *last);
}

void Runs::Open(absl::Time now) {
  open_ = true;
  begun_ = now;
}

bool Runs::OpenByOthers(absl::Time now) {
  if (open_ || !takes_any_connection()) return false;
  if (now >= by_others_ && now < by_others_ + kByOthersApart) return false;
  by_others_ = now;
  Open(now);
  return true;
}

absl::Time Runs::NextAsk(absl::Time now) const {
  absl::Time next = now + kGlance;
  if (open_) next = now + kLook;
  if (has_triggers_) next = std::min(next, now + kCount);
  if (const auto run = NextRun(now)) next = std::min(next, *run);
  return next;
}

std::optional<absl::Time> Runs::NextRun(absl::Time now) const {
  return schedule::NextRun(schedule_, Traffic::kSend, now);
}

schedule::Schedule SendingSchedule(absl::string_view text, absl::string_view time_zone) {
  const auto zone = schedule::FindZone(time_zone);
  auto parsed = schedule::ParseSchedule(text, schedule::Syntax::kExtended,
                                        zone.ok() ? *zone : absl::UTCTimeZone());
  if (!parsed.ok()) return {};
  std::erase_if(parsed->sections, [](const schedule::Section& section) {
    return section.traffic == Traffic::kFetch;
  });
  return *std::move(parsed);
}

}  // namespace postern::sender
