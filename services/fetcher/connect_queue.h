#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"

namespace postern::fetcher {

// How fast, and how many at once, the watchers may connect.
struct ConnectLimits {
  int per_second = 100;  // in all; 0: as fast as it goes
  int per_host = 20;     // a second, to one host; 0: the same
  int in_flight = 512;   // dials under way, in all
  int host_in_flight = 64;
  // Of a host that was not reached by the last dial, or never was: it may be silent, and each dial
  // lasts a minute then. All such hosts together may have half of the dials in all.
  int doubted_host_in_flight = 4;
};

// Who may dial next. The accounts of one host go in the order in which they came, and the
// hosts take turns: a thousand accounts of one host delay no other host's. A host has a
// bucket of one second's connections, and so have all together. Pure: time is told.
class ConnectQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Id = uint64_t;
  static constexpr Time kNever = Time::max();

  explicit ConnectQueue(ConnectLimits limits) : limits_(limits), all_(limits.per_second) {}

  // Gets in line.
  Id Enter(const std::string& host, Time now);
  // Goes, whether it waits or dials; `reached` tells what came of the dial, if anything.
  void Leave(Id id, std::optional<bool> reached, Time now);
  // Whose turn it is: it dials from now on, until it leaves.
  std::optional<Id> Next(Time now);
  // When Next has an answer, should nobody come or go before.
  Time NextAt() const;

  size_t waiting() const { return waiting_; }
  size_t dialling() const { return dialling_; }
  size_t hosts() const { return hosts_.size(); }

 private:
  // Connections a second, and no more at once than that.
  struct Bucket {
    explicit Bucket(int a_second) : rate(a_second), tokens(a_second) {}
    void Fill(Time now);
    bool Take();
    Time FullEnough() const;  // for one
    bool IsFull() const { return rate == 0 || tokens >= rate; }
    int rate;  // 0: no limit
    double tokens;
    Time filled;
  };
  struct Host {
    explicit Host(int a_second) : bucket(a_second) {}
    Bucket bucket;
    absl::btree_set<Id> waiting;  // ids grow: the first came first
    int dialling = 0;
    bool doubted = true;
    uint64_t turn = 0;  // in ready_; 0: not there
    Time due = kNever;  // in due_; kNever: not there
  };
  void Judge(Host& host, bool reached);
  // The host whose turn it is, of those that may dial at all just now; null: none.
  Host* First() const;
  void Place(Host& host, Time now);  // where it belongs: ready_, due_ or neither
  void Unplace(Host& host);
  void ForgetIdleHosts(Time now);

  const ConnectLimits limits_;
  Bucket all_;
  Id next_id_ = 1;
  uint64_t next_turn_ = 1;
  size_t waiting_ = 0, dialling_ = 0, forget_at_ = 1000;
  size_t dialling_in_doubt_ = 0;  // of dialling_: to hosts that are doubted
  absl::flat_hash_map<std::string, std::unique_ptr<Host>> hosts_;
  absl::flat_hash_map<Id, Host*> entries_;
  // By turn: may dial, but for what all may. The doubted ones in the second.
  absl::btree_map<uint64_t, Host*> ready_[2];
  absl::btree_set<std::pair<Time, Host*>> due_;  // have to wait for their bucket
};

}  // namespace postern::fetcher
