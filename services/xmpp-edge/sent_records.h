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

// What is known of a mail that the sender has taken, so that its author can take it back or
// correct it.
struct SentRecord {
  sender::v1::SubmitRequest request;  // without the text and the attachments
  std::string contact;                // bare JID that it was written to
  int64_t due_unix_ms = 0;            // when it goes at the soonest
  bool told_to_wait = false;          // its author knows that it waits, and how to stop it
  bool derived_subject = false;       // nobody wrote it: it is the beginning of the text
  int64_t taken_back_unix_ms = 0;     // 0: it was not
  std::string replaced_by;            // key of the mail that went in its place; empty: none
};

SentRecord RecordOf(sender::v1::SubmitRequest request, int64_t due_unix_ms);

// Redis keys postern:thread:{user}:sent:…, said:…, recent:…, told:…; kept as long as a mail may
// wait after it was due.
class SentRecords {
 public:
  explicit SentRecords(store::RedisClient& redis) : redis_(redis) {}

  // Remembers it under the ids of the messages that stand for it (empty ones are passed over),
  // and as the last one to its contact. A Message-ID is such an id.
  net::Task<absl::Status> Put(SentRecord record, std::vector<std::string> ids);
  // Of one that was put: what is known of it now.
  net::Task<absl::Status> Update(SentRecord record);
  // Of what was corrected, the mail that stands for it now. Nothing: no such mail.
  net::Task<absl::StatusOr<std::optional<SentRecord>>> ById(std::string user, std::string id);
  // True when the user was not told of it within 90 days, and is to be told now. False without
  // Redis: rather never than each time.
  net::Task<bool> IsNews(std::string user, std::string what);
  // Those to a contact, the last one first; 16 are kept.
  net::Task<absl::StatusOr<std::vector<SentRecord>>> RecentTo(std::string user,
                                                              std::string contact);

 private:
  net::Task<absl::Status> Write(const SentRecord& record, std::vector<std::string> keys);
  net::Task<absl::StatusOr<std::optional<SentRecord>>> ByKey(const std::string& user,
                                                             std::string key);

  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
