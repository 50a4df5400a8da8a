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
  std::vector<std::string> local_domains = {"localhost"};  // of a password file
  std::string programs_file;  // the runner's list; empty: nobody looks whether it has a program
};

struct CheckedFile {
  uint32_t entries = 0;
  uint32_t actions = 0, tests = 0;            // of a Sieve script
  std::vector<std::string> errors, warnings;  // "file:line:column: text"
  rules::ProgramPtr program;                  // null of what judges no mails, and with an error
};
// A file of any kind. A status that is an error: what stands beside the file is wrong.
absl::StatusOr<CheckedFile> LookThrough(const RuleFile& file, const RuleCheck& check);
// The same; kInvalidArgument with the file's errors, a line each.
absl::StatusOr<CheckedFile> CheckRuleFile(const RuleFile& file, const RuleCheck& check);

absl::StatusOr<schedule::Schedule> ScheduleOf(const RuleFile& file, const RuleCheck& check);

}  // namespace postern::posternctl
