#include "services/fetcher/folder_desk.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/words/wording.h"
#include "services/fetcher/visit_keeper.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::seconds kLimit{20};  // for a whole visit

size_t BytesOf(const absl::StatusOr<FolderDesk::Tree>& answer) {
  return answer.ok() ? (*answer)->bytes() : 0;
}

}  // namespace

// Ends a flight however its coroutine ends, so that nobody waits for ever.
class FolderDesk::Landing {
 public:
  Landing(FolderDesk& desk, std::string account_id, std::shared_ptr<Flight> flight)
      : desk_(desk), account_id_(std::move(account_id)), flight_(std::move(flight)) {}
  ~Landing() {
    if (!flight_->answer) flight_->answer = absl::UnavailableError("the fetcher is stopping");
    // Unless the account has changed in the meantime.
    const auto mine = desk_.flights_.find(account_id_);
    if (mine != desk_.flights_.end() && mine->second == flight_) {
      desk_.flights_.erase(mine);
      desk_.Keep(account_id_, *flight_);
    }
    flight_->landed.Notify();
  }

 private:
  FolderDesk& desk_;
  const std::string account_id_;
  const std::shared_ptr<Flight> flight_;
};

FolderDesk::FolderDesk(const VisitParts& parts, VisitLimits& limits,
                       std::function<Clock::time_point()> now)
    : parts_(parts), limits_(limits), now_(std::move(now)) {}

net::Task<FolderDesk::Answer> FolderDesk::TreeOf(std::shared_ptr<const Account> account) {
  if (const Kept* kept = FindKept(*account)) co_return kept->answer;
  const auto found = flights_.find(account->id);
  if (found != flights_.end() && found->second->settings_revision == account->settings_revision) {
    co_return co_await Await(found->second);
  }
  co_return co_await Ask(std::move(account));
}

void FolderDesk::Forget(const std::string& account_id) {
  flights_.erase(account_id);
  const auto found = kept_.find(account_id);
  if (found == kept_.end()) return;
  kept_bytes_ -= BytesOf(found->second.answer);
  kept_.erase(found);
}

// --- asking -----------------------------------------------------------------------

net::Task<FolderDesk::Answer> FolderDesk::Await(std::shared_ptr<Flight> flight) {
  if (flight->waiting >= kMaxWaiting) {
    co_return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("the mail server is still busy with what you asked before; try again in a "
                    "moment"));
  }
  ++flight->waiting;
  while (!flight->answer) co_await flight->landed.Wait();
  co_return *flight->answer;
}

net::Task<FolderDesk::Answer> FolderDesk::Ask(std::shared_ptr<const Account> account) {
  auto pass = limits_.Enter(account->owner);
  if (!pass.ok()) co_return pass.status();
  const auto executor = co_await boost::asio::this_coro::executor;
  auto flight = std::make_shared<Flight>(executor);
  flight->settings_revision = account->settings_revision;
  flights_[account->id] = flight;
  const Landing landing(*this, account->id, flight);
  std::optional<Failure> failure;
  auto tree = co_await net::WithDeadline(kLimit, AskNow(account, failure));
  if (tree.ok()) {
    flight->answer = std::make_shared<const FolderTree>(*std::move(tree));
  } else {
    flight->answer = VisitError(*account, tree.status(), failure);
  }
  co_return *flight->answer;
}

net::Task<absl::StatusOr<FolderTree>> FolderDesk::AskNow(std::shared_ptr<const Account> account,
                                                         std::optional<Failure>& failure) {
  auto open = co_await Enter(parts_, std::move(account), failure);
  if (!open.ok()) co_return open.status();
  auto tree = co_await open->visit->ListFolders();
  failure = open->visit->failure();
  if (tree.ok()) co_await Leave(parts_, *std::move(open));
  co_return tree;
}

// --- what is kept -----------------------------------------------------------------

const FolderDesk::Kept* FolderDesk::FindKept(const Account& account) const {
  const auto found = kept_.find(account.id);
  if (found == kept_.end()) return nullptr;
  const Kept& kept = found->second;
  const bool fresh = now_() - kept.at < (kept.answer.ok() ? kKeep : kKeepFailure);
  const bool same = kept.settings_revision == account.settings_revision;
  return fresh && same ? &kept : nullptr;
}

void FolderDesk::Keep(const std::string& account_id, const Flight& flight) {
  Forget(account_id);
  const size_t bytes = BytesOf(*flight.answer);
  MakeRoom(bytes);
  Kept kept{*flight.answer, flight.settings_revision, now_()};
  kept_.emplace(account_id, std::move(kept));
  kept_bytes_ += bytes;
}

// What is too old goes, then the oldest of the rest while there is no room.
void FolderDesk::MakeRoom(size_t bytes) {
  absl::erase_if(kept_, [this](const auto& item) {
    const bool old = now_() - item.second.at >= kKeep;
    if (old) kept_bytes_ -= BytesOf(item.second.answer);
    return old;
  });
  while (!kept_.empty() && (kept_bytes_ + bytes > kMaxBytes || kept_.size() >= kMaxKept)) {
    const auto oldest =
        std::min_element(kept_.begin(), kept_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    kept_bytes_ -= BytesOf(oldest->second.answer);
    kept_.erase(oldest);
  }
}

}  // namespace postern::fetcher
