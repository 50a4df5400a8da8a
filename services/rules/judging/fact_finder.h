#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/engine/facts.h"
#include "services/rules/judging/program_runner.h"
#include "services/rules/memory/address_lists.h"
#include "services/rules/memory/user_memory.h"
#include "services/rules/programs/programs_in_force.h"

namespace postern::rules {

// Facts that only the mailbox knows: the caller is asked.
bool IsOfMailbox(absl::string_view key);

// Looks up what evaluations missed and rules know themselves, of many mails of one user at once.
class FactFinder {
 public:
  FactFinder(UserMemory& memory, AddressLists& lists, ProgramRunner& runner)
      : memory_(memory), lists_(lists), runner_(runner) {}

  struct Need {
    const v1::EvaluateRequest& request;
    std::vector<FactKey> keys;
    Facts& facts;                       // gets them in `looked_up`
    std::vector<std::string>& trouble;  // why a program was not run; for operators
  };
  // kUnavailable: Redis or the runner is away.
  net::Task<absl::Status> Find(const std::string& user, const Stages& stages,
                               std::vector<Need>& needs);

 private:
  net::Task<absl::Status> FindDuplicates(const std::string& user, std::vector<Need>& needs);
  net::Task<absl::Status> FindInLists(const std::string& user, std::vector<Need>& needs);
  net::Task<absl::Status> RunPrograms(const Stages& stages, Need& need);

  UserMemory& memory_;
  AddressLists& lists_;
  ProgramRunner& runner_;
};

}  // namespace postern::rules
