#pragma once

#include <string>

#include "services/fetcher/imap/session.h"
#include "services/fetcher/imap_look.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// One mailbox of an IMAP connection, while it is the one that is open. New is what has a UID
// above the cursor.
class ImapMailbox final : public Mailbox {
 public:
  // kFurther: one of Account::more_mailboxes. All three outlive it.
  enum class Rank { kOwn, kFurther };
  ImapMailbox(imap::Session& session, const Vigil& vigil, Progress& progress, std::string name,
              Rank rank)
      : session_(session),
        look_(session),
        vigil_(vigil),
        progress_(progress),
        name_(std::move(name)),
        rank_(rank) {}

  // Opens it, and finds where to go on: at first sight, and under another UIDVALIDITY, at
  // its end. `failure` is set when the mail server is to blame.
  net::Task<absl::Status> Open(std::optional<Failure>& failure);
  // The same when it was open before on this connection. kUnavailable: it has another
  // UIDVALIDITY by now, and the next connection begins with it anew.
  net::Task<absl::Status> Reopen();

  net::Task<absl::StatusOr<NewMail>> Look() override;
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override;
  std::string Id(const MailFacts& facts) const override;
  std::string Ref(const MailFacts& facts) const override;
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts facts,
                                                                  size_t most) override;
  std::string Name() const override { return name_; }
  std::string Place() const override;

  const std::string& name() const { return name_; }
  const Cursor& cursor() const;  // empty before it was opened for the first time

 private:
  net::Task<absl::Status> Begin(imap::Mailbox mailbox, std::optional<Failure>& failure);
  net::Task<absl::Status> MoveCursor(Cursor cursor);

  imap::Session& session_;
  ImapLook look_;
  const Vigil& vigil_;
  Progress& progress_;
  const std::string name_;
  const Rank rank_;
};

}  // namespace postern::fetcher
