#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "postern/rules/v1/rules.pb.h"

// What posternctl does with rules by itself, without a server.
namespace postern::posternctl {

// A file of rules as UTF-8, within the size that the rules service takes.
absl::StatusOr<std::string> ReadRuleFile(const std::string& path);
// As an import with dry_run would answer.
absl::StatusOr<rules::v1::ImportRulesResponse> CheckRuleFile(const std::string& path);

// "Would this file stop this mail?"
struct OfflineQuestion {
  std::string reject_file, message_file;
  std::string envelope_from;             // empty: as the mail's Return-Path says
  std::vector<std::string> envelope_to;  // empty: To and Cc of the mail
};
// As the rules service would record it; the reason is empty when no rule matched.
absl::StatusOr<rules::v1::Decision> JudgeFile(const OfflineQuestion& question);

}  // namespace postern::posternctl
