#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/xmpp-edge/stanza.h"

namespace postern::xmpp_edge {

// One run of an ad-hoc command between two of its steps.
struct CommandSession {
  std::string id;       // random
  std::string node;     // of the command
  std::string contact;  // bare JID it runs at
  int steps = 0;        // answered
  bool completed = false;
  bool back = false, onward = false;  // what the answer offered beside "complete"
  std::map<std::string, std::string> state;
  Element answer;  // the <command/> said last: a step that comes twice gets it twice
};

// Redis keys postern:command:{user}:…, so that a run goes on after a restart and at
// another edge. Kept for an hour after the last step; the oldest of more than
// kMaxOfUser of one user goes.
class CommandSessions {
 public:
  static constexpr int kMaxOfUser = 16;

  explicit CommandSessions(store::RedisClient& redis) : redis_(redis) {}

  static bool IsId(absl::string_view text);

  net::Task<absl::Status> Begin(std::string user, CommandSession session);
  // Makes this step the only one of the session until it is released, for two minutes at
  // most. kAborted: another one is at work.
  net::Task<absl::Status> Claim(std::string user, std::string id);
  net::Task<absl::StatusOr<std::optional<CommandSession>>> Get(std::string user, std::string id);
  net::Task<absl::Status> Save(std::string user, CommandSession session);
  net::Task<void> Release(std::string user, std::string id);
  net::Task<absl::Status> Remove(std::string user, std::string id);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
