#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/fetcher/imap/session.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// A visit by IMAP: EXAMINE and PEEK. A mail's id is "UIDVALIDITY:UID".
class ImapVisit : public MailboxVisit {
 public:
  ImapVisit(const Account& account, std::unique_ptr<net::ByteStream> stream);

  net::Task<absl::Status> LogIn(crypto::Secret password, PasswordRule rule) override;
  net::Task<absl::Status> OpenMailbox() override;
  net::Task<absl::StatusOr<FolderTree>> ListFolders() override;
  net::Task<absl::StatusOr<MailPage>> ListMails(std::string before_id, size_t limit) override;
  net::Task<absl::Status> ReadMails(Reading& reading) override;
  const std::optional<Failure>& failure() const override { return failure_; }

 private:
  // How many mails there are below the UID, by their numbers.
  net::Task<absl::StatusOr<uint32_t>> CountBelow(uint32_t uid);
  net::Task<absl::Status> Summarise(uint32_t first, uint32_t last, uint32_t below_uid,
                                    std::vector<MailSummary>& mails);
  net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadOne(MailFacts facts, Depth depth);
  std::optional<uint32_t> UidOf(const std::string& id) const;
  absl::Status Failed(Step step, absl::Status status);

  const Account& account_;
  const std::unique_ptr<net::ByteStream> stream_;
  imap::Session session_;
  imap::Mailbox mailbox_;
  std::optional<Failure> failure_;
};

}  // namespace postern::fetcher
