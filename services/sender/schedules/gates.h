#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/schedule/schedule.h"
#include "services/sender/schedules/runs.h"

namespace postern::sender {

// Whose mail may go now, by the schedules of accounts and of the routes that they take. Pure.
// Mail goes while both let it; what an account's own schedule let through waits for the route,
// however late that runs.
class Gates {
 public:
  using Counts = absl::flat_hash_map<std::string, uint64_t>;  // of waiting mails, by account
  // The times up to which runs are over, as TakeNotes() told them: "account/ID", "route/NAME".
  using Record = std::map<std::string, int64_t>;

  // What is on record holds for the first schedule of a name.
  explicit Gates(Record record) : record_(std::move(record)) {}

  struct Account {
    std::string id, host;
    std::string schedule, time_zone;  // empty: at any time
    std::string route;                // empty: none
  };
  void Put(const Account& account, absl::Time now);
  void Remove(const std::string& id);
  // The schedule of a route, which may be that of before; mail goes at any time by one that was
  // not put. `host`: whom connections by it go to; empty: to the accounts' own servers.
  void PutRoute(const std::string& name, std::string host, schedule::Schedule schedule,
                absl::Time now);
  void RemoveRoute(const std::string& name);

  // Whose waiting mails are to be counted for Advance. Those that are missing there are unknown.
  std::vector<std::string> ToCount(absl::Time now) const;
  void Advance(absl::Time now, const Counts& counts);
  absl::Time NextAsk(absl::Time now) const;
  bool empty() const { return doors_.empty(); }
  // Triggers look at the queue at the next Advance, not at their own time.
  void MailCame(absl::Time now);

  void Connected(absl::string_view host, absl::Time now);
  std::vector<std::string> AccountsOf(const std::string& route) const;

  bool HasGate(const std::string& account_id) const;
  bool IsShut(const std::string& account_id) const;
  // Whether its own schedule keeps the account's mail back; else, if anything, its route does.
  bool IsShutByItself(const std::string& account_id) const;
  bool IsRouteOpen(const std::string& route) const;
  // When mail of the account that is due then goes at the soonest; nothing when no gate
  // holds it up, or no clock says how long.
  std::optional<absl::Time> GoesAt(const std::string& account_id, absl::Time now,
                                   absl::Time due) const;
  std::optional<absl::Time> NextRunOf(const std::string& route, absl::Time now) const;

  // Accounts whose gate may be another one since the last call.
  std::vector<std::string> TakeChanged();
  // What to put on record; a time of 0: to strike off. Accounts are struck off by the caller, when
  // they have no gate any more.
  Record TakeNotes();
  uint64_t begun() const { return begun_; }  // runs, ever

 private:
  struct Door {
    Runs runs;
    std::string made_of;  // of an account: what its schedule was read from
    std::string host;
    absl::Time next_ask;
    int64_t noted = 0;
  };
  struct Kept {
    std::string host, route;
  };

  static bool IsDue(const Door& door, absl::Time now);
  Door& Enter(const std::string& key, Runs runs, absl::Time now);
  void Drop(const std::string& key);
  std::optional<absl::Time> OnRecord(const std::string& key);
  const Door* DoorOf(const std::string& key) const;
  bool RouteLets(const std::string& account_id) const;
  std::vector<std::string> AccountsBehind(const std::string& key) const;
  std::optional<uint64_t> Waiting(const std::string& key, const Counts& counts) const;
  void AdvanceOne(const std::string& key, Door& door, absl::Time now, const Counts& counts);
  bool LeadsTo(const std::string& key, const Door& door, absl::string_view host) const;
  void Changed(const std::string& key);

  Record record_, notes_;
  std::map<std::string, Door, std::greater<>> doors_;  // those of routes before those of accounts
  absl::flat_hash_map<std::string, Kept> accounts_;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> by_route_;
  absl::flat_hash_set<std::string> changed_;
  uint64_t begun_ = 0;
};

}  // namespace postern::sender
