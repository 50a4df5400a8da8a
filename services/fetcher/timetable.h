#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::fetcher {

// When an account's mailbox may be looked into, and when its mail may be delivered: its
// schedule and its quiet hours, in its time zone. Times are Unix seconds.
class Timetable {
 public:
  virtual ~Timetable() = default;

  // Null when neither is given. admin has checked them; kInvalidArgument all the same.
  static absl::StatusOr<std::shared_ptr<const Timetable>> Make(absl::string_view schedule,
                                                               absl::string_view quiet_hours,
                                                               absl::string_view time_zone);

  // True: looked into at the schedule's times alone, never watched by IDLE.
  virtual bool HasSchedule() const = 0;
  // The first time after `after` that the schedule names for fetching; nothing when it
  // never does within a month.
  virtual std::optional<int64_t> NextLook(int64_t after) const = 0;
  // The last one up to `now` that is less than an hour ago: owed when it was missed.
  virtual std::optional<int64_t> LookOwed(int64_t now) const = 0;
  // Whether a connection to the account's server, opened for something else, is a reason
  // to look ("[#name]").
  virtual bool LooksWhenConnected() const = 0;
  // The end of the quiet hours that `now` is in; nothing outside of them.
  virtual std::optional<int64_t> QuietUntil(int64_t now) const = 0;
};

}  // namespace postern::fetcher
