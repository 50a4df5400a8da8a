#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/batch_reading.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

// What an answer to a look for new mail says of one. Nothing when it has neither size nor
// date: then it came unasked, to tell of flags, and the answer to our question follows.
std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix);

// The looks of one IMAP connection for new mail. A huge backlog is listed in pieces, each
// of them once, as far as the server's UIDNEXT can be believed. Of a few mails that came
// since the last look the bytes come along: a round trip less from their coming to the user.
// They count in no MailBudget yet, so only so many looks of all connections may have some at
// once: a mail to all of ten thousand accounts is read by the budget.
class ImapLook {
 public:
  static constexpr size_t kMostWithBytes = 32;  // of 1 MiB at most
  static constexpr size_t kMostMails = 5000;    // found by one look
  static constexpr uint32_t kPiece = 2000;      // UIDs
  static constexpr uint32_t kFew = 8;

  explicit ImapLook(imap::Session& session) : session_(session) {}

  // What is above `last_uid`. `wants_bytes`: what is found will be read at once.
  net::Task<absl::StatusOr<NewMail>> Look(uint32_t last_uid, bool wants_bytes);
  // The first of these, as far as they came along.
  ReadMails TakeAlong(const std::vector<WantedMail>& wanted);

 private:
  // What came along; there are `alive` of them in this process.
  struct Along {
    Along() { ++alive; }
    ~Along() { --alive; }
    SmallMails mails;
    static size_t alive;
  };

  net::Task<absl::StatusOr<NewMail>> LookInPieces(uint32_t last_uid);
  net::Task<absl::Status> List(std::string uids, NewMails& above);
  net::Task<absl::StatusOr<NewMail>> LookAtFew(uint32_t last_uid);
  bool ExpectsFew(uint32_t last_uid) const;

  imap::Session& session_;
  std::unique_ptr<Along> along_;
  uint32_t highest_uid_ = 0;  // ever seen
  // How many mails there were when the last look had found all of them.
  std::optional<uint32_t> all_found_;
};

}  // namespace postern::fetcher
