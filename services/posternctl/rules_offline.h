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
  // Of a reject file without its notes: they are the reason why it accepted.
  rules::Evaluation evaluation;
  std::string reason;  // of a reject file, which line and what it matched; empty: none did
};

struct OfflineAnswer {
  RuleFile file;
  rules::ProgramPtr program;
  std::vector<std::string> warnings;
  // One; or, of a file that judges each recipient by itself, one for each.
  std::vector<Outcome> outcomes;
  // What is done with the mail as a whole: it is rejected when all recipients are, else what the
  // first who is not comes to.
  const Outcome& whole() const { return outcomes[decisive]; }
  size_t decisive = 0;
  std::vector<std::string> taken_for;  // what had to be assumed: "mailbox:Lists = yes"
};

// kInvalidArgument with the errors of the file, a line each, or why it judges no mails.
absl::StatusOr<OfflineAnswer> JudgeOffline(const OfflineQuestion& question);

}  // namespace postern::posternctl
