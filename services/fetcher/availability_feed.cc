#include "services/fetcher/availability_feed.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongPoll = seconds(25);
constexpr milliseconds kPollDeadline = kLongPoll + seconds(10);
constexpr milliseconds kPauseAfterError = seconds(1);

Show FromProto(edge::v1::Show show) {
  switch (show) {
    case edge::v1::SHOW_CHAT:
      return Show::kChat;
    case edge::v1::SHOW_ONLINE:
      return Show::kOnline;
    case edge::v1::SHOW_DND:
      return Show::kDnd;
    case edge::v1::SHOW_AWAY:
      return Show::kAway;
    case edge::v1::SHOW_XA:
      return Show::kXa;
    default:
      return Show::kOffline;
  }
}

}  // namespace

AvailabilityFeed::AvailabilityFeed(edge::v1::EdgeService::StubInterface& edge,
                                   std::function<void(const std::string&)> on_change)
    : edge_(edge), on_change_(std::move(on_change)) {}

Availability AvailabilityFeed::Of(const std::string& user) const {
  const auto found = users_.find(user);
  if (found != users_.end()) return found->second;
  Availability offline;
  offline.known = known_;
  return offline;
}

net::Task<void> AvailabilityFeed::Run() {
  for (;;) {
    edge::v1::ListAvailabilityRequest request;
    request.set_epoch(epoch_);
    request.set_since_revision(revision_);
    request.set_wait_ms(static_cast<uint32_t>(kLongPoll.count()));
    auto answer = co_await rpc::Call(
        edge_.async(), &edge::v1::EdgeService::StubInterface::async_interface::ListAvailability,
        std::move(request), kPollDeadline);
    if (answer.ok()) {
      Apply(*answer);
      continue;
    }
    log::Debug("availability not heard",
               {{"error", answer.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
    co_await net::Sleep(kPauseAfterError);
  }
}

void AvailabilityFeed::Apply(const edge::v1::ListAvailabilityResponse& answer) {
  const bool first = !known_;
  known_ = true;
  epoch_ = answer.epoch();
  revision_ = answer.revision();
  if (answer.snapshot()) ForgetAllBut(answer);
  for (const edge::v1::UserAvailability& user : answer.users()) {
    Availability now;
    now.known = true;
    now.show = FromProto(user.show());
    now.since_unix_ms = user.since_unix_ms();
    if (!first && Of(user.user()) == now) continue;
    if (now.show == Show::kOffline) {
      users_.erase(user.user());
    } else {
      users_[user.user()] = now;
    }
    on_change_(user.user());
  }
  if (first) on_change_("");  // everybody: the silent ones are offline, and now we know
}

void AvailabilityFeed::ForgetAllBut(const edge::v1::ListAvailabilityResponse& answer) {
  absl::flat_hash_set<std::string> present;
  for (const edge::v1::UserAvailability& user : answer.users()) present.insert(user.user());
  std::vector<std::string> gone;
  for (const auto& [user, availability] : users_) {
    if (!present.contains(user)) gone.push_back(user);
  }
  for (const std::string& user : gone) {
    users_.erase(user);
    on_change_(user);
  }
}

}  // namespace postern::fetcher
