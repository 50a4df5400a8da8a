#pragma once

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// The operator's message of the day: told once to each user who has an account, when
// they are available, else at their next login; told again when it has changed. What a
// user was told is kept in Redis (postern:session:motd:{bare-jid}, a hash of it).
// At most 100 messages a second.
class Motd {
 public:
  explicit Motd(FeatureContext context);

  // Background: tells. Until cancelled.
  net::Task<void> Tell();
  // A user's resource has come.
  void Arrived(const std::string& user);
  // The site's settings are not what they were.
  void SiteChanged();

 private:
  net::Task<absl::Status> TellOne(std::string user, std::string text, std::string hash);

  FeatureContext context_;
  net::Event work_;
  std::string hash_;                          // of the one that is told; empty: there is none
  absl::flat_hash_set<std::string> due_;      // users to look at
  absl::flat_hash_set<std::string> failed_;   // those to look at again, when all others were
  absl::flat_hash_set<std::string> settled_;  // users who are known to have been told
};

}  // namespace postern::xmpp_edge
