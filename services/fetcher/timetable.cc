#include "services/fetcher/timetable.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/schedule/quiet_hours.h"
#include "lib/schedule/schedule.h"
#include "lib/schedule/wall_clock.h"

namespace postern::fetcher {
namespace {

using schedule::Traffic;

std::optional<int64_t> ToUnix(std::optional<absl::Time> time) {
  if (!time) return std::nullopt;
  return absl::ToUnixSeconds(*time);
}

class WeeklyTimetable final : public Timetable {
 public:
  WeeklyTimetable(std::optional<schedule::Schedule> schedule, schedule::QuietHours quiet)
      : schedule_(std::move(schedule)), quiet_(std::move(quiet)) {}

  bool HasSchedule() const override { return schedule_.has_value(); }

  std::optional<int64_t> NextLook(int64_t after) const override {
    if (!schedule_) return std::nullopt;
    return ToUnix(NextRun(*schedule_, Traffic::kFetch, absl::FromUnixSeconds(after)));
  }

  std::optional<int64_t> LookOwed(int64_t now) const override {
    if (!schedule_) return std::nullopt;
    return ToUnix(RunOwed(*schedule_, Traffic::kFetch, absl::FromUnixSeconds(now)));
  }

  bool LooksWhenConnected() const override {
    return schedule_ && TakesAnyConnection(*schedule_, Traffic::kFetch);
  }

  std::optional<int64_t> QuietUntil(int64_t now) const override {
    return ToUnix(quiet_.Until(absl::FromUnixSeconds(now)));
  }

 private:
  const std::optional<schedule::Schedule> schedule_;
  const schedule::QuietHours quiet_;
};

absl::StatusOr<std::shared_ptr<const Timetable>> Read(absl::string_view text,
                                                      absl::string_view quiet_hours,
                                                      absl::string_view time_zone) {
  auto zone = schedule::FindZone(time_zone);
  if (!zone.ok()) return zone.status();
  auto quiet = schedule::QuietHours::Parse(quiet_hours, *zone);
  if (!quiet.ok()) return quiet.status();
  std::optional<schedule::Schedule> weekly;
  if (!text.empty()) {
    auto parsed = schedule::ParseSchedule(text, schedule::Syntax::kExtended, *zone);
    if (!parsed.ok()) return parsed.status();
    weekly = std::move(*parsed);
  }
  return std::make_shared<const WeeklyTimetable>(std::move(weekly), std::move(*quiet));
}

// Many accounts have the same times: one timetable for all who have the same texts.
using Shared = absl::flat_hash_map<std::string, std::weak_ptr<const Timetable>>;

Shared& InUse() {
  static Shared& shared = *new Shared;
  return shared;
}

void ForgetUnused(Shared& shared) {
  absl::erase_if(shared, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Timetable>> Timetable::Make(absl::string_view schedule,
                                                                 absl::string_view quiet_hours,
                                                                 absl::string_view time_zone) {
  if (schedule.empty() && quiet_hours.empty()) return nullptr;
  Shared& shared = InUse();
  const std::string key = absl::StrCat(time_zone, absl::string_view("\0", 1), quiet_hours,
                                       absl::string_view("\0", 1), schedule);
  const auto known = shared.find(key);
  if (known != shared.end()) {
    if (auto timetable = known->second.lock()) return timetable;
  }
  auto timetable = Read(schedule, quiet_hours, time_zone);
  if (!timetable.ok()) return timetable.status();
  // Rarely more than twice as many as are in use, and no walk through all for each.
  static size_t walk_at = 64;
  if (shared.size() >= walk_at) {
    ForgetUnused(shared);
    walk_at = shared.size() * 2 + 64;
  }
  shared[key] = *timetable;
  return timetable;
}

}  // namespace postern::fetcher
