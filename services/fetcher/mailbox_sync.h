#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postern::fetcher {

// How far a mailbox is dealt with. UIDs only mean something together with the
// UIDVALIDITY they were given under (RFC 3501 section 2.3.1.1), and that only in
// its own mailbox: every INBOX of Gmail has UIDVALIDITY 1.
struct Cursor {
  uint32_t uid_validity = 0;
  uint32_t last_uid = 0;
  std::string mailbox;  // MailboxIdentity
  bool operator==(const Cursor&) const = default;
};

// Names a mailbox among all: an account's user may give it another server, login
// or folder, and it stays the same account. A hash, for it is kept and compared.
std::string MailboxIdentity(absl::string_view host, absl::string_view login,
                            absl::string_view mailbox);
// The same for POP3, where a login has but one mailbox.
std::string Pop3MailboxIdentity(absl::string_view host, absl::string_view login);

enum class Sight {
  kFirst,     // not this mailbox, or none, was seen before: begin at its end, replay nothing
  kAgain,     // go on where we were
  kReplaced,  // other UIDVALIDITY: begin again at its end, replay nothing
};
Sight Recognise(const std::optional<Cursor>& cursor, absl::string_view mailbox,
                uint32_t uid_validity);

// What is known of a mail before its bytes are fetched.
struct MailFacts {
  uint32_t uid = 0;           // POP3: its number in this session
  uint64_t key = 0;           // POP3: UidlKey
  uint64_t size = 0;          // POP3: asked for when the mail is read
  int64_t received_unix = 0;  // INTERNALDATE; POP3: as far as it was of interest
  bool handed_on = false;     // POP3: to the edge, when it is settled; else it was left out
  bool urgent = false;        // a rule wants it shown, whatever the presence and the hour
  bool operator==(const MailFacts&) const = default;
};

// What a look for new mail found, oldest first.
struct NewMail {
  std::vector<MailFacts> mails;
  bool more = false;  // look again when these are dealt with
};

// The oldest mails above a cursor, in the order of their UIDs, however many a
// server names, twice, out of order, or below the cursor: "UID FETCH 9:*" has
// to answer with the last message even when its UID is 8 (RFC 3501 section 6.4.8).
class NewMails {
 public:
  NewMails(uint32_t last_uid, size_t limit) : last_uid_(last_uid), limit_(limit) {}
  void Add(const MailFacts& facts);
  // The mails, and an empty collection.
  std::vector<MailFacts> Take();
  size_t size() const { return found_.size(); }
  // There are more than the limit: look again when these are dealt with.
  bool more() const { return more_; }

 private:
  void Shrink();

  uint32_t last_uid_;
  size_t limit_;
  std::vector<MailFacts> found_;
  bool more_ = false;
};

// The same for a mail whenever it is seen again in the mailbox that `cursor` is
// of: its identity through all logs, and what keeps it from being delivered twice.
std::string DeliveryId(absl::string_view account_id, const Cursor& cursor, uint32_t uid);
// The same for POP3; `key` is the mail's UidlKey.
std::string DeliveryId(absl::string_view account_id, absl::string_view mailbox, uint64_t key);

}  // namespace postern::fetcher
