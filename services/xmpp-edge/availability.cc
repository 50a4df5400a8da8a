#include "services/xmpp-edge/availability.h"

#include <algorithm>
#include <chrono>

#include "lib/crypto/digest.h"

namespace postern::xmpp_edge {

namespace {

constexpr uint32_t kMaxWaitMs = 30'000;

}  // namespace

AvailabilityFeed::AvailabilityFeed(boost::asio::any_io_executor executor)
    : epoch_(crypto::RandomId()), changed_(executor) {}

void AvailabilityFeed::Update(const std::string& user, const PresenceSession& session) {
  Entry& entry = users_[user];
  by_revision_.erase(entry.revision);
  entry.revision = ++revision_;
  by_revision_.emplace(entry.revision, user);
  entry.availability.set_user(user);
  entry.availability.set_show(session.Show());
  entry.availability.set_since_unix_ms(session.since_unix_ms);
  changed_.Notify();
}

void AvailabilityFeed::Forget(const std::string& user) {
  const auto found = users_.find(user);
  if (found == users_.end()) return;
  by_revision_.erase(found->second.revision);
  users_.erase(found);
}

net::Task<edge::v1::ListAvailabilityResponse> AvailabilityFeed::Changes(
    edge::v1::ListAvailabilityRequest request) {
  edge::v1::ListAvailabilityResponse response;
  const bool snapshot = request.epoch() != epoch_ || request.since_revision() == 0 ||
                        request.since_revision() > revision_;
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(std::min(request.wait_ms(), kMaxWaitMs));
  while (!snapshot && revision_ == request.since_revision()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    (void)co_await changed_.WaitFor(left);
  }
  response.set_epoch(epoch_);
  response.set_revision(revision_);
  response.set_snapshot(snapshot);
  auto next = snapshot ? by_revision_.begin() : by_revision_.upper_bound(request.since_revision());
  for (; next != by_revision_.end(); ++next) {
    const edge::v1::UserAvailability& user = users_.at(next->second).availability;
    if (snapshot && user.show() == edge::v1::SHOW_OFFLINE) continue;
    *response.add_users() = user;
  }
  co_return response;
}

void FeedAvailability(PresenceSessions& sessions, AccountDirectory& directory,
                      AvailabilityFeed& feed) {
  sessions.Listen([&](const std::string& user, const PresenceSession& session) {
    // The last word of a session comes after its user's last account is gone.
    if (directory.Has(user)) feed.Update(user, session);
  });
  directory.Listen([&](AccountDirectory::Account before, AccountDirectory::Account after) {
    const std::string& owner = (after != nullptr ? after : before)->owner();
    const size_t accounts = directory.Of(owner).size();
    if (accounts == 0) feed.Forget(owner);
    // Who comes back may be known to a reader as they were when they left.
    if (before == nullptr && accounts == 1) feed.Update(owner, sessions.Of(owner));
  });
}

}  // namespace postern::xmpp_edge
