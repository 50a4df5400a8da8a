#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/judging/program_runner.h"
#include "services/rules/programs/compiler.h"
#include "services/rules/programs/programs_in_force.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// Changes of stored programs, as proto/postern/rules/v1 tells of them: checked, compiled on trial,
// then stored. Nothing that can't be compiled is stored.
class ProgramDesk {
 public:
  ProgramDesk(StoredPrograms& stored, ProgramsInForce& programs, Compiler& compiler)
      : stored_(stored), programs_(programs), compiler_(compiler) {}

  net::Task<absl::Status> Import(const v1::ImportRulesRequest& request,
                                 v1::ImportRulesResponse& response);
  absl::Status List(const v1::ListRulesRequest& request, v1::ListRulesResponse& response) const;
  // Programs of the site that come from elsewhere (a watched folder), and what is wrong with them.
  using Elsewhere = std::function<void(bool with_source, v1::ListRulesResponse& response)>;
  void ListAlso(Elsewhere elsewhere) { elsewhere_ = std::move(elsewhere); }
  // Who is asked whether it can run what rules want run; it outlives this.
  void WarnBy(ProgramRunner& runner) { runner_ = &runner; }
  net::Task<absl::Status> Activate(const v1::ActivateRulesRequest& request);
  net::Task<absl::Status> Rename(const v1::RenameRulesRequest& request);
  net::Task<absl::Status> Remove(const v1::RemoveRulesRequest& request);
  // kResourceExhausted: the scope has no room for a program of so many bytes.
  absl::Status CheckRoom(const ProgramKey& key, size_t bytes) const;

  // Whether a program of so many bytes may be stored under that key. Operators' always may.
  enum class Room { kEnough, kTooManyScripts, kTooLarge };
  Room RoomFor(const ProgramKey& key, size_t bytes) const;

  static constexpr size_t kMaxSourceBytes = 256 * 1024;
  static constexpr size_t kMaxScripts = 50;          // of a user
  static constexpr size_t kMaxScopeBytes = 1 << 20;  // of a user's programs together

 private:
  net::Task<absl::Status> TakeAway(ProgramKey key, bool even_in_force);
  // Compiles `candidate`, and the script in force when that includes it.
  net::Task<absl::Status> Try(v1::RuleProgram& candidate, v1::ImportRulesResponse& response);
  // Why a script can't go or change its name; OK when nothing includes it.
  net::Task<absl::Status> CheckNotIncluded(ProgramKey key);

  StoredPrograms& stored_;
  ProgramsInForce& programs_;
  Compiler& compiler_;
  Elsewhere elsewhere_;
  ProgramRunner* runner_ = nullptr;
};

}  // namespace postern::rules
