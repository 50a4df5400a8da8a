// RFC 6121 section 4.3: who is there, asked anew on each link; goodbye at the end.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/features/account_status.h"
#include "services/xmpp-edge/features/presence.h"

namespace postern::xmpp_edge {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kProbePause(10);  // each answer leads to presence of all contacts
constexpr milliseconds kRetryPause(1000);
constexpr size_t kMaxGoodbyes = 800;  // what fits into the time that a stop has
constexpr size_t kGoodbyesAtOnce = 5;
constexpr milliseconds kGoodbyePause(10);

}  // namespace

void PresenceFeature::LinkCameUp() {
  ++link_;
  look_.Notify();
}

void PresenceFeature::Missed(const std::string& user) {
  if (!HasAccounts(user)) return;
  missed_.insert(user);
  look_.Notify();
}

net::Task<void> PresenceFeature::Load() {
  while (!context_.directory.ready()) co_await net::Sleep(milliseconds(100));
  while (true) {
    absl::Status loaded = co_await contacts_.Load();
    for (const std::string& user : context_.directory.Owners()) {
      if (loaded.ok()) loaded = co_await sessions_.Load(user);
    }
    if (loaded.ok()) break;
    log::Warn("sessions can't be read from Redis; will try again", {{"error", loaded.message()}});
    co_await net::Sleep(kRetryPause);
  }
  for (const std::string& id : contacts_.AccountIds()) MarkUnsettled(id);
  loaded_ = true;
  LinkCameUp();  // whatever came before was not heard
}

net::Task<void> PresenceFeature::KeepSessions() {
  uint64_t asked = 0;
  while (true) {
    const bool new_link = loaded_ && asked != link_;
    if (!new_link && (missed_.empty() || !loaded_ || !context_.sink.IsUp())) {
      co_await look_.Wait();
      continue;
    }
    std::vector<std::string> users(missed_.begin(), missed_.end());
    missed_.clear();
    asked = link_;
    if (new_link) users = context_.directory.Owners();
    if (context_.sink.IsUp()) co_await Ask(std::move(users), asked);
  }
}

net::Task<void> PresenceFeature::Ask(std::vector<std::string> users, uint64_t link) {
  for (const std::string& user : users) sessions_.Doubt(user);
  Asked asked;
  for (const std::string& user : users) {
    absl::Status said = co_await Say("probe", context_.domain, user);
    if (!said.ok()) co_return;  // the next link begins anew
    asked.emplace_back(steady_clock::now() + patience_, user);
    co_await net::Sleep(kProbePause);
    if (link != link_ || closing_) co_return;  // what was asked on this link may never be answered
    DropSilent(asked);
  }
  while (!asked.empty()) {
    const auto left = asked.front().first - steady_clock::now();
    (void)co_await look_.WaitFor(std::max(left, steady_clock::duration::zero()));
    if (link != link_) co_return;
    DropSilent(asked);
  }
}

void PresenceFeature::DropSilent(Asked& asked) {
  if (!context_.sink.IsUp()) return;
  while (!asked.empty() && asked.front().first <= steady_clock::now()) {
    sessions_.DropUnconfirmed(asked.front().second);
    asked.pop_front();
  }
}

std::vector<std::pair<std::string, std::string>> PresenceFeature::Goodbyes() const {
  const std::string gateway = GatewayPresenceJid(context_.domain);
  std::vector<std::pair<std::string, std::string>> goodbyes;
  for (const auto& [user, session] : sessions_.all()) {
    for (const std::string& to : sessions_.FullJids(user)) {
      if (goodbyes.size() < kMaxGoodbyes) goodbyes.emplace_back(gateway, to);
    }
  }
  for (const auto& [user, session] : sessions_.all()) {
    if (goodbyes.size() >= kMaxGoodbyes) break;
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      for (const std::string& to : sessions_.FullJids(user)) {
        goodbyes.emplace_back(AccountPresenceJid(*account, context_.domain), to);
      }
    }
  }
  goodbyes.resize(std::min(goodbyes.size(), kMaxGoodbyes));
  return goodbyes;
}

net::Task<absl::Status> PresenceFeature::SayGoodbye() {
  closing_ = true;
  size_t said = 0;
  for (auto& [from, to] : Goodbyes()) {
    absl::Status sent = co_await Say("unavailable", from, to);
    if (!sent.ok()) co_return sent;
    if (++said % kGoodbyesAtOnce == 0) co_await net::Sleep(kGoodbyePause);
  }
  co_return co_await context_.sink.Barrier();
}

}  // namespace postern::xmpp_edge
