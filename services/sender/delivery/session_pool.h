#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/sender/delivery/ways.h"
#include "services/sender/smtp/session.h"

namespace postern::sender {

// A session and the connection under it.
struct RelaySession {
  RelaySession(std::unique_ptr<net::ByteStream> connected, std::string host)
      : stream(std::move(connected)), session(*stream, std::move(host)) {}
  ~RelaySession() {
    if (route != nullptr) route->Close();
  }
  RelaySession(const RelaySession&) = delete;
  RelaySession& operator=(const RelaySession&) = delete;

  std::unique_ptr<net::ByteStream> stream;
  smtp::Session session;
  Route* route = nullptr;  // that it was opened over
};

// Whose a session is, and for whom it counts.
struct SessionPlace {
  std::string key;    // who may use it: an account, or all of the site relay
  std::string owner;  // of the account; empty: counts for nobody
  std::string host;   // that it leads to
};

// Sessions at once, those that wait for another mail among them.
struct PoolLimits {
  size_t in_all = 512;
  size_t per_owner = 4;
  size_t per_host = 64;
  net::Duration idle = std::chrono::seconds(20);
  size_t idle_of_one = 8;  // of one key
};

// SMTP sessions that are kept when a mail was carried, for the next one. Those that wait give
// way to whoever needs a place: how many are in use at once is the roster's to decide.
class SessionPool {
 public:
  // A session in use. It counts as open until it is gone, or was given back.
  class Lent {
   public:
    ~Lent();
    RelaySession& operator*() { return *connection_; }
    RelaySession* operator->() { return connection_.get(); }
    size_t mails() const { return mails_; }  // that it carried

   private:
    friend class SessionPool;
    Lent(SessionPool& pool, SessionPlace place, std::unique_ptr<RelaySession> connection);
    void Arm();
    void Heard();

    SessionPool& pool_;
    SessionPlace place_;
    std::unique_ptr<RelaySession> connection_;
    uint64_t era_ = 0;  // of the place, when it was opened
    size_t mails_ = 0;
    bool armed_ = false;
    std::chrono::steady_clock::time_point idle_until_;
  };

  explicit SessionPool(boost::asio::any_io_executor executor, PoolLimits limits = {});
  ~SessionPool();

  // The one that was used last, of those that wait; null: there is none.
  std::unique_ptr<Lent> Take(const std::string& key);
  // Before one is dialled: as many of those that wait are closed as have to give way.
  void MakeRoom(const SessionPlace& place);
  // `era`: EraOf(place.key) before it was dialled.
  std::unique_ptr<Lent> Add(SessionPlace place, std::unique_ptr<RelaySession> connection,
                            uint64_t era);
  uint64_t EraOf(const std::string& key) const;
  // After a mail. Kept for `idle`, when it carried less than `most` mails and nothing has
  // changed meanwhile; else it says good-bye.
  void GiveBack(std::unique_ptr<Lent> lent, size_t most);
  // None of this key is used any more: its settings changed, or its password is wiped. Those in
  // use carry their mail to its end.
  void End(const std::string& key);

  size_t open() const { return open_; }
  size_t idle() const { return idle_.size(); }
  // Closes what has waited long enough. For ever.
  net::Task<void> KeepTidy();
  // Good-byes to all that wait; takes 300 ms at most.
  net::Task<void> Stop();

 private:
  using Idle = std::list<std::unique_ptr<Lent>>;  // the longest waiting first

  std::unique_ptr<Lent> Pull(Idle::iterator one);
  void Drop(Idle::iterator one);
  void Retire(Idle::iterator one);
  // Closes the one that has waited longest of those whose `whose` is `to` (null: of all); false:
  // there is none.
  bool GiveWay(const std::string SessionPlace::*whose, const std::string& to);
  void Farewell(std::unique_ptr<Lent> lent);
  void ArmLater();
  void ShowCounts() const;

  const boost::asio::any_io_executor executor_;
  const PoolLimits limits_;
  size_t open_ = 0;
  absl::flat_hash_map<std::string, size_t> of_owner_, of_host_;
  absl::flat_hash_map<std::string, uint64_t> eras_;
  uint64_t ends_ = 0, first_era_ = 0;
  Idle idle_;
  absl::flat_hash_map<std::string, std::vector<Idle::iterator>> by_key_;
  bool arming_ = false;
  bool stopped_ = false;
  std::shared_ptr<SessionPool*> self_;  // null in it when the pool is gone
  net::TaskGroup farewells_;            // last: they use what is above
};

}  // namespace postern::sender
