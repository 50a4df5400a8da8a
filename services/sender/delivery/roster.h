#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/sender/outbox/outbox.h"
#include "services/sender/smtp/transaction.h"

namespace postern::sender {

// Mails under way at once. The limits of an account, of an owner and of a host keep slow servers
// from taking all of them, so that no user waits for another one's server.
struct WorkerLimits {
  size_t sessions = 512;
  size_t per_account = 2;  // where the provider's budget says nothing else
  size_t per_owner = 4;
  size_t per_host = 64;
  size_t site_relay = 20;           // an MTA lets a client have 50 (Postfix), or fewer
  size_t of_one_at_site_relay = 8;  // of an account and of an owner
  size_t direct = 128;              // mails that go directly to their recipients' servers
  size_t ahead = 512;               // mails that wait in memory to be carried
};

// Where an account's mail goes, and how much of it at once. Accounts with the same lane share
// its sessions, each in turn.
struct LaneOf {
  std::string lane;
  std::string host;  // several lanes may lead there; empty: none in particular
  size_t sessions = 2;
  size_t per_account = 2;
  size_t per_owner = 4;
  size_t mails_a_minute = 0;  // of the account; 0: as many as go
  bool shared = false;        // by accounts of several owners
};

// A mail of which we have the lease, until it is settled or given back.
struct MailInHand {
  enum class Stage { kReady, kUnderWay, kSettling };

  TakenMail mail;
  Stage stage = Stage::kReady;
  uint64_t task = 0;  // that carries it
  std::chrono::steady_clock::time_point taken = std::chrono::steady_clock::now(), begun;
  const smtp::Transaction* transaction = nullptr;  // while it is under way
};

// Which of the mails in hand may begin, and of whom more are wanted. A lane's accounts take
// turns, mail by mail. Pure.
class Roster {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Roster(WorkerLimits limits);
  ~Roster();

  // Also: more of this account may be waiting.
  MailInHand& Add(TakenMail mail, const LaneOf& spec);
  // The next mail of the lane, now under way; null: there is none, or no session for it.
  MailInHand* Begin(const std::string& lane, Time now);
  // Its session is free for another one; what came of the mail is being settled.
  void Carried(MailInHand& mail, Time now);
  // It is settled or given back, or somebody else has it. `mail` is gone with this.
  void Done(MailInHand& mail);

  // Of a lane that sessions of others kept waiting, or its own budget: the next mail that may
  // begin, as Begin; null: still none.
  MailInHand* BeginStalled(Time now);
  // How many more of the account to take for a session that goes on quickly: 0 while enough wait
  // here, while they are being asked for, or when there are none. Call Got() with the answer.
  size_t MoreWanted(const std::string& account_id, Time now);
  void Got(const std::string& account_id, size_t asked, size_t got);

  // Who gets no more mails now.
  struct Busy {
    std::vector<std::string> accounts;    // by themselves
    std::vector<std::string> owners;      // with all their accounts
    std::vector<std::string> full_lanes;  // shared ones, with all their accounts
  };
  Busy WhoIsBusy(Time now) const;
  // When the first of those that have sent their share of a minute may send again.
  std::optional<Time> NextAllowance(Time now) const;
  bool HasRoom() const { return waiting_ < limits_.ahead && InHand() < kMostInHand; }
  // Few are here: nobody is kept waiting by taking several of one account.
  bool IsQuiet() const { return InHand() < limits_.ahead / 2; }

  size_t InHand() const { return mails_.size(); }
  size_t under_way() const { return under_way_; }
  // The mails by a list, for leases and at the end.
  std::vector<MailInHand*> All() const;
  MailInHand* Find(const Lease& lease) const;
  // A mail that waits to begin won't; it counts as being settled.
  void Withdraw(MailInHand& mail);
  // Of an account, all that have not begun.
  std::vector<MailInHand*> ReadyOf(const std::string& account_id) const;
  const std::string& LaneOfMail(const MailInHand& mail) const;
  // Forgets accounts that have had no mail for a minute.
  void Tidy(Time now);

 private:
  struct Lane;
  struct Line;  // an account's mails
  static constexpr size_t kMostInHand = 4096, kMostSettling = 256;
  static constexpr size_t kBatch = 16, kLow = 4;

  static std::string KeyOf(const Lease& lease);
  Line& LineOf(const TakenMail& mail, const LaneOf& spec);
  void Leave(Line& line);
  void Stall(Lane& lane);
  MailInHand& Start(Line& line, Time now);
  bool MayBegin(const Line& line, Time now) const;
  bool OthersAreInTheWay(const Lane& lane) const;
  static size_t LeftOfMinute(const Line& line, Time now);

  const WorkerLimits limits_;
  absl::flat_hash_map<std::string, std::unique_ptr<MailInHand>> mails_;
  absl::flat_hash_map<std::string, std::unique_ptr<Lane>> lanes_;
  absl::flat_hash_map<std::string, std::unique_ptr<Line>> lines_;  // by account
  absl::flat_hash_map<std::string, size_t> of_owner_, of_host_;    // under way
  std::list<std::string> stalled_;
  size_t under_way_ = 0, waiting_ = 0;
};

}  // namespace postern::sender
