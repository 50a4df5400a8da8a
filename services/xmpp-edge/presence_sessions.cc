#include "services/xmpp-edge/presence_sessions.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/process/log.h"

namespace postern::xmpp_edge {

namespace {

using edge::v1::Show;

constexpr size_t kMaxResources = 32;
constexpr std::chrono::milliseconds kLook(1000), kShortestLook(10);
constexpr absl::string_view kTtlSeconds = "2592000";  // 30 days
constexpr absl::string_view kSince = "since";
constexpr absl::string_view kLeaving = "leaving";  // the show that counts meanwhile
constexpr absl::string_view kResourcePrefix = "resource:";

// Replaces the whole hash: repeating it, or losing the one before, does no harm.
const store::Script& StoreScript() {
  static const store::Script script(R"(
    redis.call('DEL', KEYS[1])
    if #ARGV > 1 then
      redis.call('HSET', KEYS[1], unpack(ARGV, 2))
      redis.call('EXPIRE', KEYS[1], ARGV[1])
    end
    return 1)");
  return script;
}

std::string Key(absl::string_view user) { return absl::StrCat("postern:session:{", user, "}"); }

// True when `contact` is told that this resource went and that is the truth.
bool IsGone(PresenceSession::Resource& resource, const std::string& contact) {
  // Not heard of on this link: then the root is being asked, and will know.
  if (resource.told.empty()) return contact.empty();
  const bool was_told = resource.told.erase(contact) > 0;
  return was_told && (contact.empty() || resource.told.empty());
}

std::vector<std::string> JidsOf(const absl::flat_hash_map<std::string, PresenceSession>& sessions,
                                absl::string_view user, bool confirmed_only) {
  std::vector<std::string> jids;
  const auto found = sessions.find(user);
  if (found == sessions.end()) return jids;
  for (const auto& [name, resource] : found->second.resources) {
    if (confirmed_only && !resource.confirmed) continue;
    jids.push_back(name.empty() ? std::string(user) : absl::StrCat(user, "/", name));
  }
  return jids;
}

}  // namespace

edge::v1::Show BestShow(edge::v1::Show a, edge::v1::Show b) { return a > b ? a : b; }

edge::v1::Show PresenceSession::Show() const {
  edge::v1::Show best = leave ? leave->counts_as : edge::v1::SHOW_OFFLINE;
  for (const auto& [name, resource] : resources) best = BestShow(best, resource.show);
  return best;
}

PresenceSessions::PresenceSessions(store::RedisClient& redis, net::Duration offline_after)
    : redis_(redis), offline_after_(offline_after) {}

PresenceSessions::Look PresenceSessions::LookOf(const PresenceSession& session) {
  return {session.Show(), session.since_unix_ms};
}

net::Task<void> PresenceSessions::KeepUp() {
  const net::Duration wanted = offline_after_ > net::Duration::zero() ? offline_after_ / 8 : kLook;
  const net::Duration look = std::clamp<net::Duration>(wanted, kShortestLook, kLook);
  while (true) {
    // One look serves all leaves: a timer for each user would be the larger part of a leave.
    EndDueLeaves();
    if (unkept_.empty()) {
      co_await net::Sleep(look);
      continue;
    }
    const std::string user = *unkept_.begin();
    unkept_.erase(user);
    const absl::Status stored = co_await Store(user);
    if (stored.ok()) continue;
    unkept_.insert(user);
    log::Warn("presence not kept in Redis; will try again", {{"error", stored.message()}});
    co_await net::Sleep(look);
  }
}

net::Task<absl::Status> PresenceSessions::Load(std::string user) {
  std::vector<std::string> command = {"HGETALL", Key(user)};
  auto stored = co_await redis_.Command(std::move(command));
  if (!stored.ok()) co_return stored.status();
  if (stored->items.empty()) co_return absl::OkStatus();

  const bool heard_of = sessions_.contains(user);
  PresenceSession& session = sessions_[user];
  const Look before = LookOf(session);
  Show leaving = edge::v1::SHOW_UNSPECIFIED;
  for (size_t i = 0; i + 1 < stored->items.size(); i += 2) {
    absl::string_view field = stored->items[i].text;
    int64_t value = 0;
    if (!absl::SimpleAtoi(stored->items[i + 1].text, &value)) continue;
    if (field == kSince) session.since_unix_ms = value;
    if (value <= edge::v1::SHOW_OFFLINE || value > edge::v1::Show_MAX) continue;
    if (field == kLeaving) leaving = static_cast<Show>(value);
    if (!absl::ConsumePrefix(&field, kResourcePrefix)) continue;
    session.resources.try_emplace(std::string(field),
                                  PresenceSession::Resource{static_cast<Show>(value), false});
  }
  if (session.resources.empty() && leaving != edge::v1::SHOW_UNSPECIFIED) {
    BeginLeave(user, leaving, std::set<std::string>());
  }
  if (heard_of || session.Show() == edge::v1::SHOW_OFFLINE) unkept_.insert(user);
  Tell(user, before);
  co_return absl::OkStatus();
}

net::Task<bool> PresenceSessions::SetAvailable(Jid full, Show show, std::string contact) {
  const std::string user = full.Bare();
  PresenceSession& session = sessions_[user];
  const Look before = LookOf(session);
  const auto known = session.resources.find(full.resource);
  const bool is_new = known == session.resources.end();
  if (is_new && session.resources.size() >= kMaxResources) co_return false;
  const bool is_news = is_new || !known->second.confirmed;
  const bool same = !is_new && known->second.show == show;
  EndLeave(user);
  PresenceSession::Resource& resource = session.resources[full.resource];
  resource.show = show;
  resource.confirmed = true;
  resource.told.insert(std::move(contact));
  if (session.since_unix_ms == 0) session.since_unix_ms = absl::ToUnixMillis(absl::Now());
  if (!same) co_await Changed(user, before);
  if (same && is_news) unkept_.insert(user);  // so that Redis keeps it longer
  co_return is_news;
}

net::Task<void> PresenceSessions::SetUnavailable(Jid jid, std::string contact, Going going) {
  const std::string user = jid.Bare();
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) co_return;
  PresenceSession& session = found->second;
  const Look before = LookOf(session);
  std::set<std::string> told;  // of what goes now, or went a moment ago
  bool gone = false;
  for (auto next = session.resources.begin(); next != session.resources.end();) {
    const bool meant = jid.resource.empty() || jid.resource == next->first;
    std::set<std::string> told_of = next->second.told;
    const bool goes = meant && IsGone(next->second, contact);
    next = goes ? session.resources.erase(next) : std::next(next);
    gone |= goes;
    if (goes) told.merge(told_of);
  }
  if (session.leave) {
    if (going == Going::kMayReturn) co_return;
    told = session.leave->told;
    session.leave->told.erase(contact);
    gone = told.contains(contact) && (contact.empty() || session.leave->told.empty());
  }
  if (!gone) co_return;
  const bool for_good = going == Going::kForGood && told.contains(contact);
  if (for_good) {
    EndLeave(user);
  } else if (session.resources.empty()) {
    BeginLeave(user, before.show, std::move(told));
  }
  co_await Changed(user, before);
}

void PresenceSessions::Doubt(const std::string& user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) return;
  for (auto& [name, resource] : found->second.resources) {
    resource.confirmed = false;
    resource.told.clear();
  }
  if (found->second.leave) found->second.leave->told.clear();
}

void PresenceSessions::DropUnconfirmed(const std::string& user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) return;
  PresenceSession& session = found->second;
  const Look before = LookOf(session);
  const size_t dropped =
      std::erase_if(session.resources, [](const auto& item) { return !item.second.confirmed; });
  if (dropped == 0) return;
  if (session.resources.empty()) BeginLeave(user, before.show, std::set<std::string>());
  unkept_.insert(user);
  Tell(user, before);
}

net::Task<void> PresenceSessions::Forget(std::string user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) co_return;
  const Look before = LookOf(found->second);
  found->second.resources.clear();
  EndLeave(user);
  co_await Changed(std::move(user), before);
}

Show PresenceSessions::ShowOf(absl::string_view user) const {
  const auto found = sessions_.find(user);
  return found == sessions_.end() ? edge::v1::SHOW_OFFLINE : found->second.Show();
}

bool PresenceSessions::IsAvailable(absl::string_view user) const {
  return ShowOf(user) != edge::v1::SHOW_OFFLINE;
}

PresenceSession PresenceSessions::Of(absl::string_view user) const {
  const auto found = sessions_.find(user);
  return found == sessions_.end() ? PresenceSession() : found->second;
}

std::vector<std::string> PresenceSessions::FullJids(absl::string_view user) const {
  return JidsOf(sessions_, user, /*confirmed_only=*/false);
}

std::vector<std::string> PresenceSessions::ConfirmedJids(absl::string_view user) const {
  return JidsOf(sessions_, user, /*confirmed_only=*/true);
}

void PresenceSessions::Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

void PresenceSessions::BeginLeave(const std::string& user, Show counts_as,
                                  std::set<std::string> told) {
  if (offline_after_ <= net::Duration::zero()) return;
  EndLeave(user);
  PresenceSession::Leave& leave = sessions_[user].leave.emplace();
  leave.counts_as = counts_as;
  leave.told = std::move(told);
  leave.over = std::chrono::steady_clock::now() + offline_after_;
  leaves_.emplace(leave.over, user);
}

void PresenceSessions::EndLeave(const std::string& user) {
  std::optional<PresenceSession::Leave>& leave = sessions_[user].leave;
  if (!leave) return;
  leaves_.erase({leave->over, user});
  leave.reset();
}

void PresenceSessions::EndDueLeaves() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!leaves_.empty() && leaves_.begin()->first <= now) {
    const std::string user = leaves_.begin()->second;
    const Look before = LookOf(sessions_[user]);
    EndLeave(user);
    unkept_.insert(user);
    Tell(user, before);
  }
}

void PresenceSessions::Tell(const std::string& user, Look before) {
  PresenceSession& session = sessions_.at(user);
  const bool offline = session.Show() == edge::v1::SHOW_OFFLINE;
  if (offline) session.since_unix_ms = 0;
  if (session.Show() != before.show || session.since_unix_ms != before.since_unix_ms) {
    const PresenceSession news = session;  // a listener may look here again
    for (const Listener& listener : listeners_) listener(user, news);
  }
  if (offline) sessions_.erase(user);
}

net::Task<void> PresenceSessions::Changed(std::string user, Look before) {
  Tell(user, before);
  const absl::Status stored = co_await Store(user);
  // Memory is right; Redis will be told by KeepUp().
  if (!stored.ok()) unkept_.insert(std::move(user));
}

net::Task<absl::Status> PresenceSessions::Store(std::string user) {
  std::vector<std::string> args = {std::string(kTtlSeconds)};
  if (const auto found = sessions_.find(user); found != sessions_.end()) {
    const PresenceSession& session = found->second;
    args.push_back(std::string(kSince));
    args.push_back(absl::StrCat(session.since_unix_ms));
    for (const auto& [name, resource] : session.resources) {
      args.push_back(absl::StrCat(kResourcePrefix, name));
      args.push_back(absl::StrCat(static_cast<int>(resource.show)));
    }
    if (session.leave) {
      args.push_back(std::string(kLeaving));
      args.push_back(absl::StrCat(static_cast<int>(session.leave->counts_as)));
    }
  }
  std::vector<std::string> keys = {Key(user)};
  auto done = co_await redis_.Run(StoreScript(), std::move(keys), std::move(args));
  co_return done.status();
}

}  // namespace postern::xmpp_edge
