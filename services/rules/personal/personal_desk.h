#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/programs/compiler.h"
#include "services/rules/programs/program_desk.h"
#include "services/rules/programs/programs_in_force.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules::personal {

// Reads and replaces the rules that a user made by chat or form, as proto/postern/rules/v1 tells:
// checked, compiled on trial, then stored as one program of their scope.
class PersonalDesk {
 public:
  // All outlive it.
  PersonalDesk(StoredPrograms& stored, ProgramsInForce& programs, Compiler& compiler,
               const ProgramDesk& desk)
      : stored_(stored), programs_(programs), compiler_(compiler), desk_(desk) {}

  net::Task<absl::Status> Get(const v1::GetPersonalRulesRequest& request,
                              v1::GetPersonalRulesResponse& response);
  net::Task<absl::Status> Set(const v1::SetPersonalRulesRequest& request,
                              v1::SetPersonalRulesResponse& response);

 private:
  // Compiles them, when there are any; fills in the hash.
  net::Task<absl::Status> Try(v1::RuleProgram& program);
  net::Task<absl::Status> Store(const v1::SetPersonalRulesRequest& request, v1::RuleProgram program,
                                bool any);

  StoredPrograms& stored_;
  ProgramsInForce& programs_;
  Compiler& compiler_;
  const ProgramDesk& desk_;
};

}  // namespace postern::rules::personal
