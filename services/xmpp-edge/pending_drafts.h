#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "postern/sender/v1/sender.pb.h"

namespace postern::xmpp_edge {

// Mails that a user has written and the sender has not yet taken, by idempotency
// key. The XMPP server forgot them when it handed them to us, so they are kept
// here first: a kill -9 of the edge loses none. Redis key postern:thread:{pending}:drafts.
class PendingDrafts {
 public:
  // More than these at a time means that the sender is gone for long.
  static constexpr int kMaxDrafts = 1000;

  // The mail in whose place it goes (XEP-0308).
  struct Replaced {
    std::string key;        // of the mail; empty: there is none, or it is taken back already
    std::string stanza_id;  // of the message that stood for it
  };
  struct Kept {
    sender::v1::SubmitRequest request;
    Replaced replaced;
    int64_t at_unix = 0;  // when it was put
  };

  explicit PendingDrafts(store::RedisClient& redis);

  // kResourceExhausted when kMaxDrafts are kept. After another error the draft may
  // have been kept all the same.
  net::Task<absl::Status> Put(sender::v1::SubmitRequest request, Replaced replaced);
  net::Task<absl::Status> Remove(std::string key);
  net::Task<absl::StatusOr<std::vector<std::string>>> Keys();
  // nullopt: not there any more, or not readable (then it is dropped).
  net::Task<absl::StatusOr<std::optional<Kept>>> Get(std::string key);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
