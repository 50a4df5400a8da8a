#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/mail.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "services/fetcher/account.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/folder_tree.h"
#include "services/fetcher/password_rule.h"

namespace postern::fetcher {

// What a list says of a mail.
struct MailSummary {
  std::string id;  // opaque; good as long as the mail is in the mailbox
  std::optional<mail::Address> from;
  std::string subject;
  int64_t received_unix = 0;  // 0: unknown
  uint64_t size = 0;
};

// Newest first.
struct MailPage {
  std::vector<MailSummary> mails;
  bool more = false;
};

struct FoundMail {
  std::string id;
  mail::Mail mail;
};

// A short connection of its own to an account's mailbox, IMAP or POP3, that only reads:
// nothing is marked as seen, nothing removed. Its caller limits the time. Whatever
// fails is in failure().
class MailboxVisit {
 public:
  virtual ~MailboxVisit() = default;

  // From the greeting to the login.
  virtual net::Task<absl::Status> LogIn(crypto::Secret password, PasswordRule rule) = 0;
  // For whether it can be opened; what follows does that by itself.
  virtual net::Task<absl::Status> OpenMailbox() = 0;
  // kUnimplemented where there are none (POP3).
  virtual net::Task<absl::StatusOr<FolderTree>> ListFolders() = 0;
  // The newest below `before_id`, or of all when it is empty. kFailedPrecondition, with
  // a wording, when the mailbox knows no such id any more.
  virtual net::Task<absl::StatusOr<MailPage>> ListMails(std::string before_id, size_t limit) = 0;
  // In the order of `ids`; without those that are gone.
  virtual net::Task<absl::StatusOr<std::vector<FoundMail>>> ReadMails(
      std::vector<std::string> ids) = 0;
  virtual const std::optional<Failure>& failure() const = 0;
};

// For the greeting: somebody waits for an answer.
constexpr std::chrono::seconds kVisitorsPatience{10};

// What all visits share; outlives them.
struct VisitParts {
  net::Dialer& dialer;
  const crypto::SecretBox& secrets;
  crypto::PasswordKeeper& passwords;
  PasswordRule password_rule;
};

// Dials and logs in. An error is noted in `failure`. The account outlives the visit.
net::Task<absl::StatusOr<std::unique_ptr<MailboxVisit>>> BeginVisit(
    const VisitParts& parts, const Account& account, crypto::Secret password,
    std::optional<Failure>& failure);

// What went wrong on a visit, to be answered: kFailedPrecondition with a wording.
// Without a `failure`, `status` is our own limit of time.
absl::Status VisitError(const Account& account, const absl::Status& status,
                        const std::optional<Failure>& failure);

// Leaves of a mail what a person reads, so that `of` mails fit into one answer.
void KeepWhatIsRead(mail::Mail& mail, size_t of);

// The answer to an id that the mailbox does not know any more.
absl::Status ChangedMeanwhile();

}  // namespace postern::fetcher
