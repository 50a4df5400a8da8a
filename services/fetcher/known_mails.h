#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// POP3 has no cursor: a mail is new when its unique-id (UIDL) is not known yet. Of each
// id 64 bits of a hash are kept: 8 bytes a mail in Redis, and in memory only while a
// connection is open.

// Stands for a mail of a mailbox. Two mails of a full mailbox share one with a
// probability of 10^-10.
uint64_t UidlKey(absl::string_view mailbox_identity, absl::string_view unique_id);

// The mails of a POP3 mailbox that are dealt with, and those that were and are gone: a
// server may show a part of a mailbox for a moment, and what is forgotten comes again.
struct KnownMails {
  static constexpr size_t kMost = 100'000;  // as many as a mailbox may hold (pop3::kMaxMails)
  std::string mailbox;                      // MailboxIdentity
  int64_t newest_unix = 0;                  // no mail of them was received after it
  std::vector<uint64_t> keys;               // in the order in which they became known
  bool operator==(const KnownMails&) const = default;
};

// As they stand in Redis; what is no whole key at the end is left out.
std::string PackKeys(const std::vector<uint64_t>& keys);
std::vector<uint64_t> UnpackKeys(absl::string_view packed);

// A mail in the answer to UIDL.
struct ListedMail {
  uint32_t number = 0;  // in this session
  uint64_t key = 0;
  bool operator==(const ListedMail&) const = default;
};

// What a listing says beside what is known.
struct Review {
  // kReplaced: not one of the known mails is left, and more than a few are new. Then
  // the server may have given all its mails other ids; when they were received tells.
  Sight sight = Sight::kFirst;
  std::vector<ListedMail> fresh;  // not known, in the order of the listing, each once
};

// kFailedPrecondition, with a wording: the server gives many mails the same id.
// That two equal mails share one is allowed (RFC 1939 section 7); they count as one.
absl::StatusOr<Review> ReviewListing(const std::optional<KnownMails>& known,
                                     absl::string_view mailbox,
                                     const std::vector<ListedMail>& listing);

// What to keep of more than KnownMails::kMost keys: those that are listed, and of the
// others the newest, as long as there are no more than that in all, with some room for
// what comes next. Each once.
std::vector<uint64_t> KeysToKeep(const std::vector<uint64_t>& keys,
                                 const std::vector<ListedMail>& listing);

// The last mails that were handed on, by what they say of themselves (MailPrint): for servers
// that give all their mails other ids at each login.
class RecentMails {
 public:
  static constexpr size_t kMost = 200;

  void Add(uint64_t print);  // 0 is nobody's
  bool Has(uint64_t print) const;

 private:
  std::deque<uint64_t> prints_;  // the oldest first
};

// Of Message-ID and time of receipt; 0 for a mail without either.
uint64_t MailPrint(absl::string_view message_id, int64_t received_unix);

// Tells new mails from old ones by when they were received, where no id is known
// (Sight::kReplaced). They are asked about from the last one listed on, no further than
// it takes.
class SortByDate {
 public:
  // `newest_unix` as in KnownMails.
  explicit SortByDate(int64_t newest_unix);

  bool Enough() const;
  // The next mail, and when it was received; 0: that can't be told.
  void Add(const ListedMail& mail, int64_t received_unix);
  // The next one was handed on already.
  void AddOld();
  // In the order of the listing. Those without a date are new as well (no mail is to be
  // lost), unless they are so many that the whole mailbox would come again.
  std::vector<ListedMail> New() const;
  size_t undatable() const { return undatable_; }

 private:
  const int64_t since_unix_;
  struct Candidate {
    ListedMail mail;
    bool datable;
  };
  std::vector<Candidate> candidates_;
  size_t asked_ = 0, undatable_ = 0;
  int old_in_a_row_ = 0;
};

}  // namespace postern::fetcher
