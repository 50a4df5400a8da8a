#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_handoff.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// What a watcher remembers of an account's mailbox from connection to connection.
struct Progress {
  Lease lease;
  Cursor cursor;
  uint64_t handed_on = 0;
  // The mail that failed last, and how often: it is read with less each time.
  uint32_t troubled_uid = 0;
  int troubles = 0;
  // How often in a row the rules or the edge did not take a mail.
  int obstacles = 0;

  // The mail could not be read from its server.
  void NoteUnread(uint32_t uid, const absl::Status& status);
  // The rules or the edge did not take it. Only what says something against the
  // mail itself counts: whatever else ails our own services will pass.
  void NoteRefused(uint32_t uid, const absl::Status& status);
  Depth DepthFor(uint32_t uid) const;

 private:
  void NoteTrouble(uint32_t uid, int weight);
};

// What an answer to a look for new mail says of one. Nothing when it has no size:
// then it came unasked, to tell of flags, and the answer to our question follows.
std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix);

// Deals with all mail above the cursor, as far as the user's presence lets it.
// Lives for one pass; a Status means that the connection, or (kAborted) the
// lease, is gone.
class CatchUp {
 public:
  CatchUp(const Account& account, imap::Session& session, Progress& progress,
          const AvailabilityFeed& availability, MailHandoff& handoff, CursorStore& cursors);

  // Sends a digest now, due or not.
  void ForceDigest() { digest_now_ = true; }

  // When to look again at the latest, as Unix time, though nothing happens; 0: no need.
  net::Task<absl::StatusOr<int64_t>> Run();

 private:
  // What a step came to: kGoOn; kLookAgain at `look_again_`; kStay until the presence changes.
  enum class Next { kGoOn, kLookAgain, kStay };

  net::Task<absl::StatusOr<NewMails>> Look();
  net::Task<absl::StatusOr<Next>> Pass(const std::vector<MailFacts>& mails);
  net::Task<absl::StatusOr<Next>> PassOver(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<Next>> HandOn(MailFacts facts);
  net::Task<absl::StatusOr<Next>> HandOnDigest(const std::vector<MailFacts>& mails, size_t& at);
  struct Digest {
    std::vector<IncomingMail> mails;  // those that the rules let through
    uint32_t last_uid = 0;            // of those looked at; 0: none
    std::optional<Next> obstacle;
  };
  net::Task<absl::StatusOr<Digest>> CollectDigest(const std::vector<MailFacts>& mails, size_t& at);
  net::Task<absl::StatusOr<std::optional<IncomingMail>>> Read(MailFacts facts);
  net::Task<absl::StatusOr<Next>> Settle(uint32_t uid, absl::StatusOr<MailHandoff::Answer> answer,
                                         size_t mails);
  net::Task<absl::Status> Advance(uint32_t uid);
  Disposition DispositionOf(const MailFacts& facts) const;
  Next Obstacle(uint32_t uid, const absl::Status& status);
  std::string MailId(uint32_t uid) const;

  const Account& account_;
  imap::Session& session_;
  Progress& progress_;
  const AvailabilityFeed& availability_;
  MailHandoff& handoff_;
  CursorStore& cursors_;
  bool digest_now_ = false;
  int64_t look_again_ = 0;
};

}  // namespace postern::fetcher
