#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/posternctl/rule_file.h"
#include "services/rules/engine/evaluate.h"

// What posternctl does with rules by itself, without a server.
namespace postern::posternctl {

// "What would this file do with this mail?"
struct OfflineQuestion {
  RuleFileOptions file;
  std::string message_file;
  std::optional<std::string> envelope_from;  // "": the null return path; unset: as Return-Path says
  std::vector<std::string> envelope_to;      // none: To and Cc of the mail
  bool every_step = false;                   // not only what decided
};

// What one recipient's mail comes to.
struct Outcome {
  std::string recipient;  // empty: all of them together
  rules::Evaluation evaluation;
};

struct OfflineAnswer {
  RuleFile file;
  std::string program_hash;
  std::string message_id, from;
  std::vector<std::string> warnings;
  // One; or, of a file that judges each recipient by itself, one for each.
  std::vector<Outcome> outcomes;
  // What is done with the mail as a whole: it is rejected when all recipients are; where no
  // envelope says who it was for, when one that its header names is.
  const rules::Evaluation& whole() const { return outcomes[decisive].evaluation; }
  size_t decisive = 0;
  std::vector<std::string> taken_for;  // what had to be assumed: "mailbox:Lists = yes"
};

// kInvalidArgument with the errors of the file, a line each, or why it judges no mails.
absl::StatusOr<OfflineAnswer> JudgeOffline(const OfflineQuestion& question);

}  // namespace postern::posternctl
