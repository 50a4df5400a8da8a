#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/fetcher/mailbox_visit.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher {

// A visit by POP3. A mail's id is its UidlKey in hex, for a server's ids may be of any
// bytes; the server lists the oldest first.
class Pop3Visit : public MailboxVisit {
 public:
  Pop3Visit(const Account& account, std::unique_ptr<net::ByteStream> stream);

  net::Task<absl::Status> LogIn(sasl::Credentials credentials, PasswordRule rule) override;
  // Asks for the ids: without them no mail could be told from another.
  net::Task<absl::Status> OpenMailbox() override;
  net::Task<absl::StatusOr<FolderTree>> ListFolders() override;
  net::Task<absl::StatusOr<MailPage>> ListMails(MailQuery query) override;
  net::Task<absl::Status> ReadMails(Reading& reading) override;
  // In memory whole: kResourceExhausted, with a wording, where it is too large for that.
  net::Task<absl::Status> ReadPart(std::string id, uint64_t attachment, MailPartSink sink) override;
  // Removes them at QUIT, which is awaited: all of them or none.
  net::Task<absl::Status> DeleteMails(std::vector<std::string> ids) override;
  net::Task<void> Leave() override;
  int64_t login_delay_seconds() const override { return session_.login_delay_seconds(); }
  const std::optional<Failure>& failure() const override { return failure_; }

 private:
  net::Task<absl::StatusOr<std::optional<MailSummary>>> Summarise(uint32_t number, std::string id);
  // Nothing when another client has removed it.
  net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadOne(uint32_t number, Depth depth);
  // The numbers of these mails by their ids; 0: it is gone.
  net::Task<absl::StatusOr<absl::flat_hash_map<std::string, uint32_t>>> NumbersOf(
      std::vector<std::string> ids);
  std::string IdOf(const pop3::UniqueId& mail) const;
  absl::Status Failed(Step step, absl::Status status);

  const Account& account_;
  const std::string mailbox_;  // Pop3MailboxIdentity
  const std::unique_ptr<net::ByteStream> stream_;
  pop3::Session session_;
  std::optional<Failure> failure_;
  bool left_ = false;  // QUIT has been said
};

}  // namespace postern::fetcher
