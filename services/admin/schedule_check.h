#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/schedule/schedule.h"

// A schedule that a user wants stored. Pure.
namespace postern::admin {

// An error of lib/schedule, as one of the field.
absl::Status InField(absl::string_view field, const absl::Status& why);

// Reads it, and refuses passwords: it is stored as it is. kInvalidArgument "schedule:
// line:column: reason", with a wording.
absl::StatusOr<schedule::Schedule> CheckedSchedule(const std::string& text, absl::TimeZone zone);

}  // namespace postern::admin
