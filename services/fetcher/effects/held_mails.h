#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// A mail that rules have judged, and that is not delivered yet: it lies in its mailbox.
struct HeldMail {
  std::string place;        // Mailbox::Place() of where it is
  std::string delivery_id;  // as it was when it was judged
  MailFacts facts;
  int64_t due_unix = 0;  // not before; 0: as the user's presence lets it
  bool headers_only = false;
  bool urgent = false;              // once it is due, whatever the presence
  std::vector<std::string> others;  // who gets it beside its owner
  bool to_owner = true;
  bool digest = false;  // with the others that are, in one message
  std::string edits;    // of what is shown: an EvaluateResponse with nothing else; may be empty
};

// One line for Redis, and back; nothing for what is none.
std::string WriteHeld(const HeldMail& mail);
std::optional<HeldMail> ReadHeld(const std::string& text);

// The held mails of one account. In Redis, under the account's fence like its cursor:
//   postern:cursor:{ID}:held  hash: by delivery id, WriteHeld
// So they survive a restart, and go to whichever fetcher has the account. A mail that is moved
// or removed meanwhile is never announced, as one that waits for its user is not.
class HeldMails {
 public:
  static constexpr size_t kMost = 2000;  // of an account: beyond it mails wait unjudged

  explicit HeldMails(store::RedisClient* redis) : redis_(redis) {}

  // Reads what is there; once. Without `may_be_any` there is nothing.
  net::Task<absl::Status> Load(Lease lease, bool may_be_any);
  bool HasRoom(size_t more) const { return mails_.size() + more <= kMost; }
  bool empty() const { return mails_.empty(); }

  // Repeats are harmless. kAborted: the lease is lost.
  net::Task<absl::Status> Add(Lease lease, std::vector<HeldMail> mails);
  net::Task<absl::Status> Remove(Lease lease, std::vector<std::string> delivery_ids);

  // Those of a mailbox that are due, oldest first.
  std::vector<HeldMail> Due(const std::string& place, int64_t now_unix) const;
  // When the next one of them is; 0: none waits for a time.
  int64_t NextDue(const std::string& place, int64_t now_unix) const;
  // When the digest that is being gathered is; 0: none is.
  int64_t DigestDue(const std::string& place, int64_t now_unix) const;
  // Those of the mailbox under other UIDVALIDITIES: nobody finds them any more.
  std::vector<std::string> Lost(const std::string& place) const;

 private:
  store::RedisClient* const redis_;  // null: nothing is ever held (tests)
  bool loaded_ = false;
  absl::btree_map<std::string, HeldMail> mails_;  // by delivery id
};

// What is due of the held mails of an open mailbox, as if it were a mailbox of its own.
class HeldMailbox final : public Mailbox {
 public:
  // All outlive it.
  HeldMailbox(Mailbox& mailbox, HeldMails& held, const Lease& lease)
      : mailbox_(mailbox), held_(held), lease_(lease) {}

  net::Task<absl::StatusOr<NewMail>> Look() override;
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override;
  std::string Id(const MailFacts& facts) const override;
  std::string Ref(const MailFacts& facts) const override { return mailbox_.Ref(facts); }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts facts,
                                                                  size_t most) override;
  std::string Name() const override { return mailbox_.Name(); }
  std::string Place() const override { return mailbox_.Place(); }
  const HeldMail* Find(const MailFacts& facts) const;

 private:
  Mailbox& mailbox_;
  HeldMails& held_;
  const Lease& lease_;
  std::vector<HeldMail> due_;
};

}  // namespace postern::fetcher
