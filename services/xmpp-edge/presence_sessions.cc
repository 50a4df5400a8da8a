#include "services/xmpp-edge/presence_sessions.h"

#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/process/log.h"

namespace postern::xmpp_edge {

namespace {

using edge::v1::Show;

constexpr size_t kMaxResources = 32;
constexpr absl::string_view kTtlSeconds = "2592000";  // 30 days
constexpr absl::string_view kSince = "since";
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

}  // namespace

edge::v1::Show BestShow(edge::v1::Show a, edge::v1::Show b) { return a > b ? a : b; }

edge::v1::Show PresenceSession::Show() const {
  edge::v1::Show best = edge::v1::SHOW_OFFLINE;
  for (const auto& [name, resource] : resources) best = BestShow(best, resource.show);
  return best;
}

PresenceSessions::PresenceSessions(store::RedisClient& redis) : redis_(redis) {}

net::Task<absl::Status> PresenceSessions::Load(std::string user) {
  std::vector<std::string> command = {"HGETALL", Key(user)};
  auto stored = co_await redis_.Command(std::move(command));
  if (!stored.ok()) co_return stored.status();
  if (stored->items.empty()) co_return absl::OkStatus();

  PresenceSession& session = sessions_[user];
  const Show show_before = session.Show();
  const int64_t since_before = session.since_unix_ms;
  for (size_t i = 0; i + 1 < stored->items.size(); i += 2) {
    absl::string_view field = stored->items[i].text;
    int64_t value = 0;
    if (!absl::SimpleAtoi(stored->items[i + 1].text, &value)) continue;
    if (field == kSince) session.since_unix_ms = value;
    if (!absl::ConsumePrefix(&field, kResourcePrefix) || !edge::v1::Show_IsValid(value)) continue;
    session.resources.try_emplace(std::string(field),
                                  PresenceSession::Resource{static_cast<Show>(value), false});
  }
  co_await Changed(std::move(user), show_before, since_before);
  co_return absl::OkStatus();
}

net::Task<bool> PresenceSessions::SetAvailable(Jid full, Show show, std::string contact) {
  const std::string user = full.Bare();
  PresenceSession& session = sessions_[user];
  const Show show_before = session.Show();
  const int64_t since_before = session.since_unix_ms;
  const auto known = session.resources.find(full.resource);
  const bool is_new = known == session.resources.end();
  if (is_new && session.resources.size() >= kMaxResources) co_return false;
  const bool is_news = is_new || !known->second.confirmed;
  const bool same = !is_new && known->second.show == show;
  PresenceSession::Resource& resource = session.resources[full.resource];
  resource.show = show;
  resource.confirmed = true;
  resource.told.insert(std::move(contact));
  if (session.since_unix_ms == 0) session.since_unix_ms = absl::ToUnixMillis(absl::Now());
  if (!same) co_await Changed(user, show_before, since_before);
  co_return is_news;
}

net::Task<void> PresenceSessions::SetUnavailable(Jid jid, std::string contact) {
  const std::string user = jid.Bare();
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) co_return;
  PresenceSession& session = found->second;
  const Show show_before = session.Show();
  const int64_t since_before = session.since_unix_ms;
  bool gone = false;
  for (auto next = session.resources.begin(); next != session.resources.end();) {
    const bool meant = jid.resource.empty() || jid.resource == next->first;
    const bool goes = meant && IsGone(next->second, contact);
    next = goes ? session.resources.erase(next) : std::next(next);
    gone |= goes;
  }
  if (gone) co_await Changed(user, show_before, since_before);
}

void PresenceSessions::Doubt(const std::string& user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) return;
  for (auto& [name, resource] : found->second.resources) {
    resource.confirmed = false;
    resource.told.clear();
  }
}

net::Task<void> PresenceSessions::DropUnconfirmed(std::string user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) co_return;
  PresenceSession& session = found->second;
  const Show show_before = session.Show();
  const int64_t since_before = session.since_unix_ms;
  const size_t dropped =
      std::erase_if(session.resources, [](const auto& item) { return !item.second.confirmed; });
  if (dropped > 0) co_await Changed(std::move(user), show_before, since_before);
}

net::Task<void> PresenceSessions::Forget(std::string user) {
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) co_return;
  const Show show_before = found->second.Show();
  const int64_t since_before = found->second.since_unix_ms;
  found->second.resources.clear();
  co_await Changed(std::move(user), show_before, since_before);
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
  std::vector<std::string> jids;
  const auto found = sessions_.find(user);
  if (found == sessions_.end()) return jids;
  for (const auto& [name, resource] : found->second.resources) {
    jids.push_back(name.empty() ? std::string(user) : absl::StrCat(user, "/", name));
  }
  return jids;
}

void PresenceSessions::Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

net::Task<void> PresenceSessions::Changed(std::string user, Show show_before,
                                          int64_t since_before) {
  PresenceSession& session = sessions_[user];
  if (session.resources.empty()) session.since_unix_ms = 0;
  if (session.Show() != show_before || session.since_unix_ms != since_before) {
    for (const Listener& listener : listeners_) listener(user, session);
  }
  const absl::Status stored = co_await Store(std::move(user));
  if (!stored.ok()) {
    // Memory is right; only a restart before the next change would look again.
    log::Warn("presence not kept in Redis", {{"error", stored.message()}});
  }
}

net::Task<absl::Status> PresenceSessions::Store(std::string user) {
  std::vector<std::string> args = {std::string(kTtlSeconds)};
  const auto found = sessions_.find(user);
  if (found != sessions_.end() && !found->second.resources.empty()) {
    args.push_back(std::string(kSince));
    args.push_back(absl::StrCat(found->second.since_unix_ms));
    for (const auto& [name, resource] : found->second.resources) {
      args.push_back(absl::StrCat(kResourcePrefix, name));
      args.push_back(absl::StrCat(static_cast<int>(resource.show)));
    }
  } else if (found != sessions_.end()) {
    sessions_.erase(found);
  }
  std::vector<std::string> keys = {Key(user)};
  auto done = co_await redis_.Run(StoreScript(), std::move(keys), std::move(args));
  co_return done.status();
}

}  // namespace postern::xmpp_edge
