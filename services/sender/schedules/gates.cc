#include "services/sender/schedules/gates.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::sender {
namespace {

constexpr absl::Duration kSoon = absl::Seconds(2), kLatestAsk = absl::Minutes(1);
constexpr char kAccount[] = "account/", kRoute[] = "route/";

std::string KeyOfAccount(absl::string_view id) { return absl::StrCat(kAccount, id); }
std::string KeyOfRoute(absl::string_view name) { return absl::StrCat(kRoute, name); }

}  // namespace

// --- what is kept -----------------------------------------------------------------

void Gates::Put(const Account& account, absl::Time now) {
  Kept& kept = accounts_[account.id];
  if (!kept.route.empty()) by_route_[kept.route].erase(account.id);
  kept = {account.host, account.route};
  if (!kept.route.empty()) by_route_[kept.route].insert(account.id);
  changed_.insert(account.id);
  const std::string key = KeyOfAccount(account.id);
  if (account.schedule.empty()) return Drop(key);
  const std::string made_of = absl::StrCat(account.time_zone, "\n", account.schedule);
  const auto known = doors_.find(key);
  if (known != doors_.end() && known->second.made_of == made_of) return;
  Runs runs(SendingSchedule(account.schedule, account.time_zone), OnRecord(key), now);
  Enter(key, std::move(runs), now).made_of = made_of;
}

void Gates::Remove(const std::string& id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  if (!found->second.route.empty()) by_route_[found->second.route].erase(id);
  accounts_.erase(found);
  Drop(KeyOfAccount(id));
  changed_.insert(id);
}

void Gates::PutRoute(const std::string& name, std::string host, schedule::Schedule schedule,
                     absl::Time now) {
  const std::string key = KeyOfRoute(name);
  const Door* before = DoorOf(key);
  const bool open = before != nullptr && before->runs.open();
  const auto dealt_with =
      before != nullptr ? std::optional(before->runs.dealt_with()) : OnRecord(key);
  Door& door = Enter(key, Runs(std::move(schedule), dealt_with, now), now);
  if (open) door.runs.Open(now);
  door.host = std::move(host);
  Changed(key);
}

void Gates::RemoveRoute(const std::string& name) {
  const std::string key = KeyOfRoute(name);
  Changed(key);
  Drop(key);
  notes_[key] = 0;
}

Gates::Door& Gates::Enter(const std::string& key, Runs runs, absl::Time now) {
  doors_.erase(key);
  Door door{std::move(runs), "", "", now, 0};
  return doors_.emplace(key, std::move(door)).first->second;
}

void Gates::Drop(const std::string& key) {
  record_.erase(key);
  doors_.erase(key);
}

// It is of the schedule that was there when we began.
std::optional<absl::Time> Gates::OnRecord(const std::string& key) {
  const auto found = record_.find(key);
  if (found == record_.end()) return std::nullopt;
  const absl::Time time = absl::FromUnixSeconds(found->second);
  record_.erase(found);
  return time;
}

const Gates::Door* Gates::DoorOf(const std::string& key) const {
  const auto found = doors_.find(key);
  return found == doors_.end() ? nullptr : &found->second;
}

std::vector<std::string> Gates::AccountsOf(const std::string& route) const {
  const auto found = by_route_.find(route);
  if (found == by_route_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<std::string> Gates::AccountsBehind(const std::string& key) const {
  absl::string_view name = key;
  if (absl::ConsumePrefix(&name, kRoute)) return AccountsOf(std::string(name));
  absl::ConsumePrefix(&name, kAccount);
  return {std::string(name)};
}

void Gates::Changed(const std::string& key) {
  for (std::string& id : AccountsBehind(key)) changed_.insert(std::move(id));
}

// --- the course of time -----------------------------------------------------------

// No door asks for so late a time: if it is that late, the clock was put back.
bool Gates::IsDue(const Door& door, absl::Time now) {
  return door.next_ask <= now || door.next_ask > now + kLatestAsk;
}

std::vector<std::string> Gates::ToCount(absl::Time now) const {
  absl::flat_hash_set<std::string> ids;
  for (const auto& [key, door] : doors_) {
    if (!IsDue(door, now) || !door.runs.NeedsCount(now)) continue;
    for (std::string& id : AccountsBehind(key)) ids.insert(std::move(id));
  }
  return {ids.begin(), ids.end()};
}

std::optional<uint64_t> Gates::Waiting(const std::string& key, const Counts& counts) const {
  uint64_t waiting = 0;
  for (const std::string& id : AccountsBehind(key)) {
    const auto found = counts.find(id);
    if (found == counts.end()) return std::nullopt;
    waiting += found->second;
  }
  return waiting;
}

void Gates::Advance(absl::Time now, const Counts& counts) {
  for (auto& [key, door] : doors_) {
    if (IsDue(door, now)) AdvanceOne(key, door, now, counts);
  }
}

void Gates::AdvanceOne(const std::string& key, Door& door, absl::Time now, const Counts& counts) {
  const bool was_open = door.runs.open();
  const bool of_account = absl::StartsWith(key, kAccount);
  const bool flows = !of_account || RouteLets(key.substr(sizeof kAccount - 1));
  std::optional<uint64_t> waiting;
  if (door.runs.NeedsCount(now)) waiting = Waiting(key, counts);
  door.runs.Advance(now, waiting, flows);
  if (door.runs.open() != was_open) Changed(key);
  if (door.runs.open() && !was_open) ++begun_;
  door.next_ask = door.runs.NextAsk(now);
  const int64_t dealt_with = absl::ToUnixSeconds(door.runs.dealt_with());
  if (dealt_with == door.noted) return;
  door.noted = dealt_with;
  notes_[key] = dealt_with;
}

absl::Time Gates::NextAsk(absl::Time now) const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [key, door] : doors_) {
    next = std::min(next, IsDue(door, now) ? now : door.next_ask);
  }
  return next;
}

void Gates::MailCame(absl::Time now) {
  for (auto& [key, door] : doors_) {
    if (door.runs.NeedsCount(now)) door.next_ask = now;
  }
}

bool Gates::LeadsTo(const std::string& key, const Door& door, absl::string_view host) const {
  if (!door.host.empty()) return absl::EqualsIgnoreCase(door.host, host);
  const std::vector<std::string> behind = AccountsBehind(key);
  return std::any_of(behind.begin(), behind.end(), [&](const std::string& id) {
    const auto account = accounts_.find(id);
    return account != accounts_.end() && absl::EqualsIgnoreCase(account->second.host, host);
  });
}

void Gates::Connected(absl::string_view host, absl::Time now) {
  for (auto& [key, door] : doors_) {
    if (!door.runs.takes_any_connection() || !LeadsTo(key, door, host)) continue;
    if (!door.runs.OpenByOthers(now)) continue;
    ++begun_;
    door.next_ask = now;  // it is over at once where nothing waits
    Changed(key);
  }
}

// --- what comes of it -------------------------------------------------------------

bool Gates::HasGate(const std::string& account_id) const {
  const auto account = accounts_.find(account_id);
  if (account == accounts_.end()) return false;
  return DoorOf(KeyOfAccount(account_id)) != nullptr ||
         DoorOf(KeyOfRoute(account->second.route)) != nullptr;
}

bool Gates::RouteLets(const std::string& account_id) const {
  const auto account = accounts_.find(account_id);
  return account == accounts_.end() || IsRouteOpen(account->second.route);
}

bool Gates::IsRouteOpen(const std::string& route) const {
  const Door* door = DoorOf(KeyOfRoute(route));
  return door == nullptr || door->runs.open();
}

bool Gates::IsShutByItself(const std::string& account_id) const {
  const Door* own = DoorOf(KeyOfAccount(account_id));
  return own != nullptr && !own->runs.open();
}

bool Gates::IsShut(const std::string& account_id) const {
  return IsShutByItself(account_id) || !RouteLets(account_id);
}

std::optional<absl::Time> Gates::GoesAt(const std::string& account_id, absl::Time now,
                                        absl::Time due) const {
  std::optional<absl::Time> at;
  if (doors_.empty()) return at;
  const auto account = accounts_.find(account_id);
  if (account == accounts_.end()) return at;
  for (const std::string& key : {KeyOfAccount(account_id), KeyOfRoute(account->second.route)}) {
    const Door* door = DoorOf(key);
    // What is due later than a run that is under way may be too late for it.
    if (door == nullptr || (door->runs.open() && due <= now + kSoon)) continue;
    // A route that runs in the same minute will do.
    const absl::Time from = at ? *at - absl::Milliseconds(1) : std::max(now, due);
    const auto next = door->runs.NextRun(from);
    if (!next) return std::nullopt;
    at = std::max(at.value_or(*next), *next);
  }
  return at;
}

std::optional<absl::Time> Gates::NextRunOf(const std::string& route, absl::Time now) const {
  const Door* door = DoorOf(KeyOfRoute(route));
  return door == nullptr ? std::nullopt : door->runs.NextRun(now);
}

std::vector<std::string> Gates::TakeChanged() {
  std::vector<std::string> ids(changed_.begin(), changed_.end());
  changed_.clear();
  return ids;
}

Gates::Record Gates::TakeNotes() { return std::exchange(notes_, {}); }

}  // namespace postern::sender
