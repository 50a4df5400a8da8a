#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::xmpp_edge {

// Whether the user has been asked for an account's password: what decides that a
// message is one, and no mail.
struct PasswordMark {
  enum class State {
    kNone,    // never asked
    kAsking,  // is being asked: the request may be on its way
    kAsked,   // the server has taken the request
    kGiven,   // a password was handed on; what it is worth is not known yet
    kClosed,  // needed no more: it works, or the user went offline
  };
  State state = State::kNone;
  int64_t at_unix = 0;        // of the state
  std::string request;        // id of the message that asked
  std::string reason;         // a hash of why the password before was refused; "": none was
  int64_t since_unix_ms = 0;  // the user's session it belongs to (PresenceSession)
  int64_t changed_unix = 0;   // kGiven: Health.changed_unix at that time

  bool IsOpen() const { return state == State::kAsking || state == State::kAsked; }
};

// Redis keys postern:session:{user}:asked, a hash by account id, kept 30 days. Nothing of
// a password is in it.
class PasswordMarks {
 public:
  explicit PasswordMarks(store::RedisClient& redis) : redis_(redis) {}

  net::Task<absl::StatusOr<std::map<std::string, PasswordMark>>> Of(std::string user);
  net::Task<absl::StatusOr<PasswordMark>> Get(std::string user, std::string account_id);
  net::Task<absl::Status> Put(std::string user, std::string account_id, PasswordMark mark);
  // Only when `before` is what stands there; a mark of state kNone is none. False: it is not.
  net::Task<absl::StatusOr<bool>> Replace(std::string user, std::string account_id,
                                          PasswordMark before, PasswordMark after);
  net::Task<absl::Status> Remove(std::string user, std::string account_id);

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::xmpp_edge
