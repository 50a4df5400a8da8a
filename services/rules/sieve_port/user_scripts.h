#pragma once

#include <string>
#include <vector>

#include "services/rules/managesieve/script_storage.h"
#include "services/rules/memory/script_passwords.h"
#include "services/rules/programs/program_desk.h"
#include "services/rules/programs/stored_programs.h"

namespace postern::rules {

// Users' scripts and passwords as sessions of ManageSieve see them.
class UserScripts final : public managesieve::ScriptStorage {
 public:
  UserScripts(StoredPrograms& stored, ProgramDesk& desk, ScriptPasswords& passwords)
      : stored_(stored), desk_(desk), passwords_(passwords) {}

  // Behind it the scripts are as new as in Redis, whichever replica they were put to.
  net::Task<absl::StatusOr<crypto::ScramVerifier>> VerifierOf(std::string user) override;
  std::vector<managesieve::ListedScript> List(const std::string& user) const override;
  absl::StatusOr<std::string> Get(const std::string& user, const std::string& name) const override;
  managesieve::Room RoomFor(const std::string& user, const std::string& name,
                            size_t bytes) const override;
  net::Task<absl::StatusOr<std::vector<std::string>>> Put(std::string user, std::string name,
                                                          std::string source) override;
  net::Task<absl::Status> Activate(std::string user, std::string name) override;
  net::Task<absl::Status> Rename(std::string user, std::string name, std::string new_name) override;
  net::Task<absl::Status> Remove(std::string user, std::string name) override;

 private:
  StoredPrograms& stored_;
  ProgramDesk& desk_;
  ScriptPasswords& passwords_;
};

}  // namespace postern::rules
