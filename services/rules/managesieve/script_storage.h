#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/scram_verifier.h"
#include "lib/net/task.h"

namespace postern::rules::managesieve {

struct ListedScript {
  std::string name;
  bool active = false;
  bool suspended = false;  // active, but it failed too often, and does not run
};

// Whether a script may be stored. RFC 5804 section 1.5.
enum class Room { kEnough, kTooManyScripts, kTooLarge };

// What sessions need of the rules service: users' scripts, and what their logins are checked by.
// Users are bare JIDs in lower case, names are as ReadScriptName answers them. Texts of errors are
// for the user.
class ScriptStorage {
 public:
  virtual ~ScriptStorage() = default;

  // For a user without a password: one that no password fits. kUnavailable: not now. Asked before
  // each command of a user.
  virtual net::Task<absl::StatusOr<crypto::ScramVerifier>> VerifierOf(std::string user) = 0;

  virtual std::vector<ListedScript> List(const std::string& user) const = 0;
  // kNotFound.
  virtual absl::StatusOr<std::string> Get(const std::string& user,
                                          const std::string& name) const = 0;
  virtual Room RoomFor(const std::string& user, const std::string& name, size_t bytes) const = 0;

  // Checks a script, and stores it unless `name` is empty. Answers warnings, as
  // "FILE:LINE:COLUMN: …". kInvalidArgument: all errors, one a line, written so; nothing is stored.
  // kResourceExhausted: a limit was reached meanwhile.
  virtual net::Task<absl::StatusOr<std::vector<std::string>>> Put(std::string user,
                                                                  std::string name,
                                                                  std::string source) = 0;
  // An empty name: no script is active. kNotFound; kInvalidArgument: it can't be used any more.
  virtual net::Task<absl::Status> Activate(std::string user, std::string name) = 0;
  // kNotFound, kAlreadyExists; kFailedPrecondition: the active one includes it.
  virtual net::Task<absl::Status> Rename(std::string user, std::string name,
                                         std::string new_name) = 0;
  // kNotFound; kFailedPrecondition: it is active, or the active one includes it.
  virtual net::Task<absl::Status> Remove(std::string user, std::string name) = 0;
};

}  // namespace postern::rules::managesieve
