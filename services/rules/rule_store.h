#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/program.h"

namespace postern::rules {

// The scope of the program that judges everybody's mail; any other is a bare JID.
inline constexpr char kSiteScope[] = "site";

// All rule programs: their source in Redis, compiled in memory. Judging a mail
// reads memory alone. What one replica imports is in force in it at once, in the
// others within a second. While Redis is away the programs stay in force as they
// are; so does the last good form of one that can't be compiled.
class RuleStore {
 public:
  explicit RuleStore(store::RedisClient& redis) : redis_(redis) {}

  // Follows Redis until cancelled.
  net::Task<void> KeepFresh();
  // Takes over what changed in Redis since the last time.
  net::Task<absl::Status> Refresh();

  // Replaces the program of its scope. kResourceExhausted over the site's limits.
  net::Task<absl::Status> Put(v1::RuleProgram program);
  // Harmless when there is none.
  net::Task<absl::Status> Remove(std::string scope);

  // Null when the scope has no program.
  ProgramPtr Find(const std::string& scope) const;
  // The site's first, then by JID.
  std::vector<v1::RuleProgram> List() const;
  // Was read from Redis at least once: before that nothing may be judged.
  bool loaded() const { return loaded_; }

 private:
  struct Entry {
    int64_t revision = 0;
    v1::RuleProgram stored;
    ProgramPtr program;
  };

  net::Task<absl::Status> Write(std::string scope, std::string bytes);
  net::Task<absl::Status> Load(std::string scope, int64_t revision);
  void Adopt(const std::string& scope, int64_t revision, const std::string& bytes);

  store::RedisClient& redis_;
  std::map<std::string, Entry> entries_;
  std::string revision_;  // of the store as a whole, as last seen
  bool loaded_ = false;
};

}  // namespace postern::rules
