#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/programs/program_key.h"

namespace postern::rules {

// What of a scope's Sieve scripts is in force.
struct ActiveScript {
  std::string name;
  std::string suspended;  // the hash of a script that failed too often, and does not run
};

// A change of the store as a whole: all conditions hold, and all of it is done, or nothing is.
class ProgramChange {
 public:
  ProgramChange& IfThere(const ProgramKey& key);     // else kNotFound
  ProgramChange& IfAbsent(const ProgramKey& key);    // else kAlreadyExists
  ProgramChange& IfInactive(const ProgramKey& key);  // else kFailedPrecondition
  // As StoredPrograms::RevisionOf had it; else kAborted.
  ProgramChange& IfRevision(const ProgramKey& key, const std::string& revision);
  ProgramChange& Put(const v1::RuleProgram& program);
  ProgramChange& Remove(const ProgramKey& key);
  // An empty name: none of the scope's scripts is in force.
  ProgramChange& Activate(const std::string& scope, const ActiveScript& script);

  const std::vector<std::string>& steps() const { return steps_; }

 private:
  ProgramChange& Add(std::string step, std::string field, std::string value);
  std::vector<std::string> steps_;  // three for each
};

// The sources of all rule programs: in Redis, and a copy in memory that follows. What one replica
// changes is known there at once, to the others within a second. While Redis is away the copy
// stays as it is.
class StoredPrograms {
 public:
  explicit StoredPrograms(store::RedisClient& redis) : redis_(redis) {}

  // Called with each scope of which something is new.
  void OnChange(std::function<void(const std::string& scope)> changed) {
    changed_ = std::move(changed);
  }

  // Follows Redis until cancelled.
  net::Task<void> KeepFresh();
  // Takes over what changed in Redis since the last time.
  net::Task<absl::Status> Refresh();
  // kResourceExhausted over the site's limits; the conditions' errors as told above.
  net::Task<absl::Status> Apply(ProgramChange change);
  // All that is stored of a scope, and what is in force of it. kAborted: it is being changed.
  net::Task<absl::Status> RemoveAll(std::string scope);

  // Null when there is none.
  const v1::RuleProgram* Find(const ProgramKey& key) const;
  // In the order of language and name.
  std::vector<const v1::RuleProgram*> Of(const std::string& scope) const;
  // The site's first, then by scope; "active" is filled in.
  std::vector<v1::RuleProgram> List(const std::string& scope) const;
  ActiveScript ActiveOf(const std::string& scope) const;
  // Empty when there is none.
  std::string RevisionOf(const ProgramKey& key) const;
  // Was read from Redis at least once: before that nothing may be judged.
  bool loaded() const { return loaded_; }

  static constexpr size_t kMaxPrograms = 50'000;
  static constexpr size_t kMaxBytes = 64 << 20;

 private:
  struct Record {
    int64_t revision = 0;
    v1::RuleProgram program;
  };
  struct Active {
    int64_t revision = 0;
    ActiveScript script;
  };
  struct Wanted {
    std::string field;
    int64_t revision = 0;
  };
  using Revisions = std::map<std::string, int64_t>;

  ProgramChange RemovalOf(const std::string& scope) const;
  void Forget(const Revisions& revisions);
  std::vector<Wanted> Missing(const Revisions& revisions) const;
  net::Task<absl::Status> Load(std::vector<Wanted> wanted);
  void Adopt(const Wanted& wanted, const store::Reply& bytes);
  void Tell(const std::string& scope);

  store::RedisClient& redis_;
  std::function<void(const std::string&)> changed_;
  std::map<ProgramKey, Record> programs_;
  std::map<std::string, Active> active_;  // by scope
  std::string revision_;                  // of the store as a whole, as last seen
  bool loaded_ = false;
};

}  // namespace postern::rules
