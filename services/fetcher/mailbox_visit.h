#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/password_keeper.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/mail.h"
#include "lib/net/dialer.h"
#include "lib/net/task.h"
#include "lib/oauth2/access_tokens.h"
#include "lib/sasl/credentials.h"
#include "services/fetcher/account.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/folder_tree.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/login_delays.h"
#include "services/fetcher/mail_reading.h"
#include "services/fetcher/password_rule.h"

namespace postern::fetcher {

// What a list says of a mail.
struct MailSummary {
  std::string id;  // opaque; good as long as the mail is in the mailbox
  std::optional<mail::Address> from;
  std::string subject;
  int64_t received_unix = 0;  // 0: unknown
  uint64_t size = 0;
  std::vector<std::string> flags;  // IMAP; at most 50
};

// Newest first.
struct MailPage {
  std::vector<MailSummary> mails;
  bool more = false;
  uint64_t matches = 0;  // of a search: in all
};

// Which mails are asked for, and from where on.
struct MailQuery {
  std::string mailbox;            // UTF-8; empty: the account's
  imap::SearchCriteria criteria;  // of a search
  std::string before_id;          // go on below this one; empty: from the newest
  size_t limit = 10;
};

// The first piece tells what it is.
struct MailPart {
  std::optional<mail::Attachment> about;
  std::string bytes;  // decoded; at most 64 KiB
};
using MailPartSink = std::function<net::Task<absl::Status>(MailPart)>;

// A mail to be filed, and where it is afterwards.
struct Filing {
  std::string mailbox;  // UTF-8, or the special use that it has: "\\Sent"
  imap::NewMail mail;
  imap::MailPieces pieces;
};
struct Filed {
  std::string mailbox;
  std::string id;  // empty: the server doesn't tell
};

struct FoundMail {
  std::string id;
  mail::Mail mail;
};

// Some mails on their way to a reader, over more than one visit when one of them breaks
// the connection.
class Reading {
 public:
  // kForRules: whole, with all header fields; the caller bounds how many.
  enum class Purpose { kForPeople, kForRules };
  explicit Reading(std::vector<std::string> ids, Purpose purpose = Purpose::kForPeople)
      : ids_(std::move(ids)), purpose_(purpose) {}

  bool Done() const { return at_ == ids_.size(); }
  const std::string& id() const { return ids_[at_]; }  // of the next mail
  Depth depth() const { return depth_; }               // to read it to
  std::vector<std::string> Left() const { return {ids_.begin() + at_, ids_.end()}; }
  const std::vector<FoundMail>& found() const { return found_; }

  // The next mail is read; without one it is gone.
  void Take(std::optional<mail::Mail> mail);
  // It broke the connection: less of it is read next time.
  void Broken();
  // Those that are left can't be read; a note stands for each.
  std::vector<FoundMail> Finish();

 private:
  const std::vector<std::string> ids_;
  const Purpose purpose_;
  std::vector<FoundMail> found_;  // for people cut, so that all of them fit into one answer
  size_t at_ = 0;
  Depth depth_ = Depth::kAll;
};

// A short connection of its own to an account's mailbox, IMAP or POP3. Reading marks nothing
// as seen. Its caller limits the time. Whatever fails is in failure(). Ids: mail_id.h.
class MailboxVisit {
 public:
  virtual ~MailboxVisit() = default;

  // From the greeting to the login.
  virtual net::Task<absl::Status> LogIn(sasl::Credentials credentials, PasswordRule rule) = 0;
  // For whether it can be opened; what follows does that by itself.
  virtual net::Task<absl::Status> OpenMailbox() = 0;
  // kUnimplemented where there are none (POP3).
  virtual net::Task<absl::StatusOr<FolderTree>> ListFolders() = 0;
  // The newest below the query's `before_id`, or of all when it is empty. kFailedPrecondition,
  // with a wording, when the mailbox knows no such id any more.
  virtual net::Task<absl::StatusOr<MailPage>> ListMails(MailQuery query) = 0;
  // Reads what is left of them. On an error the mail at hand is Broken().
  virtual net::Task<absl::Status> ReadMails(Reading& reading) = 0;
  // Reads the attachment of that number, as Mail.attachments counts them from 1; 0: all of the
  // mail, as it came.
  virtual net::Task<absl::Status> ReadPart(std::string id, uint64_t attachment,
                                           MailPartSink sink) = 0;
  virtual net::Task<absl::Status> DeleteMails(std::vector<std::string> ids) = 0;

  // IMAP has these; kUnimplemented elsewhere.
  virtual net::Task<absl::StatusOr<MailPage>> SearchMails(MailQuery query);
  virtual net::Task<absl::Status> ChangeFlags(std::vector<std::string> ids,
                                              std::vector<std::string> add,
                                              std::vector<std::string> remove);
  // Answers the mailbox that they are in then. `to` as in Filing.
  virtual net::Task<absl::StatusOr<std::string>> MoveMails(std::vector<std::string> ids,
                                                           std::string to);
  // As MoveMails; they stay where they are, too.
  virtual net::Task<absl::StatusOr<std::string>> CopyMails(std::vector<std::string> ids,
                                                           std::string to);
  // Named in UTF-8, with the server's separators. OK when it is there already.
  virtual net::Task<absl::Status> CreateFolder(std::string mailbox);
  virtual net::Task<absl::StatusOr<Filed>> AppendMail(Filing filing);
  virtual net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> AskQuota();

  // Whether the connection is still good, after a while of silence.
  virtual net::Task<absl::Status> CheckConnection();
  // Says good-bye where that matters: POP3 locks the mailbox. Only after an answer; never
  // long.
  virtual net::Task<void> Leave() { co_return; }
  // How long the server wants between two logins; 0: it doesn't say.
  virtual int64_t login_delay_seconds() const { return 0; }
  virtual const std::optional<Failure>& failure() const = 0;
};

class VisitKeeper;  // visit_keeper.h

// For the greeting: somebody waits for an answer.
constexpr std::chrono::seconds kVisitorsPatience{10};

// What all visits share; outlives them.
struct VisitParts {
  net::Dialer& dialer;
  const crypto::SecretBox& secrets;
  crypto::PasswordKeeper& passwords;
  LoginDelays& login_delays;
  PasswordRule password_rule;
  oauth2::AccessTokens* tokens = nullptr;  // null: none are to be had
  VisitKeeper* kept = nullptr;             // null: each visit is a login
  // A mailbox of this host is open. May be empty.
  std::function<void(const std::string& host)> on_reached = {};
};

// Dials and logs in. An error is noted in `failure`. The account outlives the visit.
net::Task<absl::StatusOr<std::unique_ptr<MailboxVisit>>> BeginVisit(
    const VisitParts& parts, const Account& account, sasl::Credentials credentials,
    std::optional<Failure>& failure);

// What went wrong on a visit, to be answered: kFailedPrecondition with a wording.
// Without a `failure`, `status` is our own limit of time.
absl::Status VisitError(const Account& account, const absl::Status& status,
                        const std::optional<Failure>& failure);

// Leaves of a mail what a person reads, so that `of` mails fit into one answer.
void KeepWhatIsRead(mail::Mail& mail, size_t of);

// The answer to an id that the mailbox does not know any more.
absl::Status ChangedMeanwhile();
// The answers to what is gone, or never was.
absl::Status MailIsGone();
absl::Status NoSuchAttachment();

}  // namespace postern::fetcher
