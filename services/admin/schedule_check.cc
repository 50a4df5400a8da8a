#include "services/admin/schedule_check.h"

#include "absl/strings/str_cat.h"
#include "services/admin/field_error.h"

namespace postern::admin {

absl::Status InField(absl::string_view field, const absl::Status& why) {
  absl::Status told(why.code(), absl::StrCat(field, ": ", why.message()));
  why.ForEachPayload(
      [&](absl::string_view name, const absl::Cord& bytes) { told.SetPayload(name, bytes); });
  return told;
}

absl::StatusOr<schedule::Schedule> CheckedSchedule(const std::string& text, absl::TimeZone zone) {
  constexpr char kField[] = "schedule";
  auto parsed = schedule::ParseSchedule(text, schedule::Syntax::kExtended, zone);
  if (!parsed.ok()) return InField(kField, parsed.status());
  for (const schedule::Section& section : parsed->sections) {
    if (section.password_line == 0) continue;
    return WrongField(
        absl::StrCat(kField, ": ", section.password_line, ":1"),
        words::Word("leave the password out: the account has its own, and a schedule is "
                    "stored as it is"));
  }
  return parsed;
}

}  // namespace postern::admin
