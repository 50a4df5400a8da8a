#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/folder_tree.h"
#include "services/fetcher/mailbox_visit.h"
#include "services/fetcher/visit_limits.h"

namespace postern::fetcher {

// The folders of IMAP accounts, as their servers list them now or did some seconds ago: a
// client that opens a tree asks for every folder by itself. Whoever asks for an account
// while its server is asked waits for that answer.
class FolderDesk {
 public:
  using Clock = std::chrono::steady_clock;
  using Tree = std::shared_ptr<const FolderTree>;
  static constexpr std::chrono::seconds kKeep{10};
  // A refused login is not tried again for each folder of a tree.
  static constexpr std::chrono::seconds kKeepFailure{10};
  static constexpr size_t kMaxBytes = 64 * 1024 * 1024;  // of all trees; the oldest go first
  static constexpr size_t kMaxKept = 10'000;             // accounts
  static constexpr int kMaxWaiting = 100;                // for the answer of one server

  // `now` is for tests.
  FolderDesk(const VisitParts& parts, VisitLimits& limits,
             std::function<Clock::time_point()> now = &Clock::now);

  // kFailedPrecondition and kResourceExhausted have a wording.
  net::Task<absl::StatusOr<Tree>> TreeOf(std::shared_ptr<const Account> account);
  // Something has changed that may change the answer.
  void Forget(const std::string& account_id);

 private:
  using Answer = absl::StatusOr<Tree>;
  struct Kept {
    Answer answer;
    uint64_t settings_revision = 0;
    Clock::time_point at;
  };
  // A question under way.
  struct Flight {
    explicit Flight(boost::asio::any_io_executor executor) : landed(executor) {}
    net::Event landed;
    std::optional<Answer> answer;
    uint64_t settings_revision = 0;
    int waiting = 0;
  };
  class Landing;
  const Kept* FindKept(const Account& account) const;
  void Keep(const std::string& account_id, const Flight& flight);
  void MakeRoom(size_t bytes);
  net::Task<Answer> Ask(std::shared_ptr<const Account> account);
  net::Task<absl::StatusOr<FolderTree>> AskNow(std::shared_ptr<const Account> account,
                                               std::optional<Failure>& failure);
  net::Task<Answer> Await(std::shared_ptr<Flight> flight);

  const VisitParts parts_;
  VisitLimits& limits_;
  const std::function<Clock::time_point()> now_;
  absl::flat_hash_map<std::string, Kept> kept_;  // by account
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights_;
  size_t kept_bytes_ = 0;
};

}  // namespace postern::fetcher
