#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::admin {

// Who changed what. Never a secret, nor the content of a mail or of a rule.
struct AuditEntry {
  std::string actor;    // a bare JID, or "operator"
  std::string action;   // "create account"
  std::string subject;  // OWNER/NAME, a bare JID, a queue id, a rule scope
  std::string detail;   // the names of the changed fields, say
};

// The newest entries are kept, in a Redis stream. A change of accounts writes
// its entry in the same script (account_store.h); others are appended here.
class AuditLog {
 public:
  static constexpr absl::string_view kKey = "postern:audit:{accounts}:log";
  static constexpr int kKept = 10'000;

  explicit AuditLog(store::RedisClient& redis) : redis_(redis) {}

  // What was done is not undone when its entry can't be written: that is logged.
  net::Task<void> Append(AuditEntry entry);

  // Field names and values, as XADD takes them.
  static std::vector<std::string> Fields(const AuditEntry& entry);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::admin
