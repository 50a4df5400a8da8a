#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::rules {

// The addresses that rules ask for by the name of a list (RFC 6134): each user's, and the site's
// (user ""). In Redis, read when a mail needs them.
class AddressLists {
 public:
  explicit AddressLists(store::RedisClient& redis) : redis_(redis) {}

  struct Change {
    std::string user;  // a bare JID in lower case; "": the site
    std::string list;
    std::vector<std::string> add, remove;  // addresses, or "@example.org": all of that domain
    bool replace = false;                  // `add` is all of it
  };
  // A list that is left empty is gone. kInvalidArgument names what can't be in a list;
  // kResourceExhausted over the limits below.
  net::Task<absl::Status> Apply(Change change);

  struct List {
    std::string name;
    std::vector<std::string> addresses;  // in their order
  };
  net::Task<absl::StatusOr<std::vector<List>>> Show(std::string user);
  // All of a user; never the site's.
  net::Task<absl::Status> Forget(std::string user);

  // What evaluation asks. `list` is what a rule says: list_name.h. The user's list and the
  // site's of that name count together.
  struct Question {
    enum class Kind : uint8_t { kHas, kExists, kMembers } kind = Kind::kHas;
    std::string list;
    std::string address;  // kHas
  };
  struct Answer {
    bool yes = false;
    std::vector<std::string> members;  // kMembers: addresses alone, no domains
  };
  net::Task<absl::StatusOr<std::vector<Answer>>> Ask(std::string user,
                                                     std::vector<Question> questions);

  static constexpr size_t kMaxLists = 100;         // of a user
  static constexpr size_t kMaxAddresses = 10'000;  // of a list
  static constexpr size_t kMaxMembers = 100;       // that a rule gets of one
  static constexpr size_t kMaxChanges = 10'000;    // in one call

 private:
  net::Task<absl::Status> AskOne(std::string owner, const std::vector<Question>& questions,
                                 std::vector<Answer>& answers);
  store::RedisClient& redis_;
};

}  // namespace postern::rules
