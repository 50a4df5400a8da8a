#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::fetcher {

// kAsking: a password is needed that is not stored and that nobody has given yet.
enum class Health { kChecking, kOk, kError, kAsking };

// Tells admin how accounts fare. The last word on each counts: it is sent until
// admin has taken it, and no watcher ever waits for that. Words before it may be left out,
// but not the CHECKING between two refusals.
class HealthReporter {
 public:
  HealthReporter(boost::asio::any_io_executor executor,
                 admin::v1::AdminService::StubInterface& admin);

  // `problem` is a sentence for the user. Repeating what was said last costs nothing.
  void Report(const std::string& account_id, Health health, words::Wording problem = {});
  void Forget(const std::string& account_id);
  net::Task<void> Run();

 private:
  struct Word {
    Health health = Health::kChecking;
    words::Wording problem;
    bool operator==(const Word&) const = default;
    template <typename H>
    friend H AbslHashValue(H state, const Word& word) {
      return H::combine(std::move(state), word.health, word.problem.text, word.problem.arguments);
    }
  };
  net::Task<bool> Send(std::string account_id, Word word);

  admin::v1::AdminService::StubInterface& admin_;
  net::Event event_;
  absl::btree_map<std::string, size_t> said_;  // by account: the hash of the last word
  // Not yet taken by admin: the last word, and before an ASKING the CHECKING that led to it.
  absl::btree_map<std::string, std::vector<Word>> pending_;
};

}  // namespace postern::fetcher
