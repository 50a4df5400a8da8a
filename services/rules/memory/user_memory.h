#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::rules {

// What rules remember of each user: marks that mails have left (RFC 7352: seen before; RFC 5230:
// answered before), and what of their budgets is spent. In Redis, of all replicas; a user has
// 10,000 marks at most, those that end first go first. kUnavailable while Redis is away.
class UserMemory {
 public:
  explicit UserMemory(store::RedisClient& redis) : redis_(redis) {}

  struct Question {
    std::string mail_id;
    std::string key;  // of a mark, any bytes
  };
  // Of each, in order, whether a mail other than this has left that mark. A mail that comes again
  // after a crash is no duplicate of itself.
  net::Task<absl::StatusOr<std::vector<bool>>> Seen(std::string user,
                                                    std::vector<Question> questions);

  struct NewMark {
    std::string key;
    uint64_t seconds = 0;
  };
  // Harmless when repeated. A mark that is there keeps the mail that left it, and lasts as long
  // as the later of the two.
  net::Task<absl::Status> Leave(std::string user, std::string mail_id, std::vector<NewMark> marks);

  // How often a user's rules may do something.
  struct Budget {
    std::string name;  // letters, digits, dashes: part of a Redis key
    uint32_t most = 0;
    absl::Duration within;
    uint32_t takes = 1;  // how much of it this is: a mail to a hundred people is a hundred mails
  };
  struct Claim {
    std::string mail_id;
    std::string action;  // the key of what is to be done: the same again costs nothing
    std::string once;    // not if another mail has left or claims this mark; empty: however often
    std::vector<Budget> budgets;
  };
  enum class Answer : uint8_t { kYes, kDoneBefore, kSpent };
  // Takes what each claim needs, or nothing of it. A mark that is claimed and never left by Leave
  // is free again after two minutes: what was to be done was not.
  net::Task<absl::StatusOr<std::vector<Answer>>> Take(std::string user, std::vector<Claim> claims);

  // The user's marks; what is spent of their budgets runs out by itself.
  net::Task<absl::Status> Forget(std::string user);

  static constexpr size_t kMaxMarks = 10'000;
  static constexpr absl::Duration kClaimed = absl::Minutes(2);
  static constexpr uint64_t kLongest = 90 * 24 * 3600;  // a mark is kept no longer, seconds

 private:
  store::RedisClient& redis_;
};

}  // namespace postern::rules
