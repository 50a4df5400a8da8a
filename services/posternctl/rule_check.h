#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/schedule/schedule.h"
#include "services/posternctl/rule_file.h"

namespace postern::posternctl {

// What a check has to know beside the file.
struct RuleCheck {
  std::string time_zone;  // of sections of a scheduler file that name none; empty: UTC
  bool strict = false;    // only what JSMail itself took of a scheduler file
  std::vector<std::string> local_domains = {"localhost"};  // of a password file
};

struct CheckedFile {
  uint32_t entries = 0;
  std::vector<std::string> warnings;  // "file:line:column: text"
  rules::ProgramPtr program;          // null of what judges no mails
};
// A file of any kind. kInvalidArgument: "file:line:column: reason", a line for each error.
absl::StatusOr<CheckedFile> CheckRuleFile(const RuleFile& file, const RuleCheck& check);

absl::StatusOr<schedule::Schedule> ScheduleOf(const RuleFile& file, const RuleCheck& check);

}  // namespace postern::posternctl
