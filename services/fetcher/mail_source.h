#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/mail.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/availability_feed.h"
#include "services/fetcher/cursor_store.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/mailbox_sync.h"
#include "services/fetcher/password_rule.h"
#include "services/fetcher/progress.h"

namespace postern::fetcher {

// What a look for new mail found, oldest first.
struct NewMail {
  std::vector<MailFacts> mails;
  bool more = false;  // look again when these are dealt with
};

// What a watcher shares with its connections; outlives them.
struct Vigil {
  const Account& account;
  const AvailabilityFeed& availability;
  CursorStore& cursors;
  PasswordRule password_rule;
  Progress& progress;
  net::Event& wake;
  const char*& state;  // as in fetcher.proto
};

// One connection to a mailbox, and what is new in it: IMAP or POP3.
class MailSource {
 public:
  virtual ~MailSource() = default;

  // From the greeting to where to go on in the mailbox. At first sight, and when the
  // server numbered its mails anew, nothing old is replayed. `failure` is set when the
  // mail server is to blame.
  virtual net::Task<absl::Status> Open(const crypto::Secret& password,
                                       std::optional<Failure>& failure) = 0;
  virtual net::Task<absl::StatusOr<NewMail>> Look() = 0;
  // Nothing when the mail is no longer there.
  virtual net::Task<absl::StatusOr<std::optional<mail::Mail>>> Read(MailFacts facts,
                                                                    Depth depth) = 0;
  // These mails, the first ones of those that a look found, are dealt with: they are not
  // new any more, whatever happens. kAborted: the lease is lost.
  virtual net::Task<absl::Status> Settle(std::vector<MailFacts> mails) = 0;
  // The delivery id.
  virtual std::string Id(const MailFacts& facts) const = 0;

  enum class Then { kLook, kLeave };
  // Waits until there may be news, no longer than to `look_again_unix` (0: as long as it
  // sees fit). kLeave: nothing can be awaited here, and the connection is closed.
  virtual net::Task<absl::StatusOr<Then>> AwaitNews(int64_t look_again_unix) = 0;
};

}  // namespace postern::fetcher
