#pragma once

#include <chrono>

#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/imap_look.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// New is what has a UID above the cursor. The connection stays: it idles, or polls
// where IDLE is not offered.
class ImapSource final : public MailSource {
 public:
  ImapSource(net::ByteStream& stream, const Vigil& vigil)
      : session_(stream), look_(session_), vigil_(vigil) {}

  net::Task<absl::Status> Open(const sasl::Credentials& credentials,
                               std::optional<Failure>& failure) override;
  net::Task<absl::StatusOr<NewMail>> Look() override;
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override;
  std::string Id(const MailFacts& facts) const override;
  net::Task<absl::StatusOr<Stay>> Park() override;
  absl::StatusOr<bool> Hear() override { return session_.Hear(); }
  net::Task<absl::StatusOr<bool>> Resume(bool look) override;

 private:
  net::Task<absl::Status> Begin(imap::Mailbox mailbox, std::optional<Failure>& failure);
  net::Task<absl::Status> MoveCursor(Cursor cursor);
  net::Task<absl::Status> Reopen();
  std::chrono::seconds IdleLimit() const;
  std::chrono::seconds PollLimit() const;

  imap::Session session_;
  ImapLook look_;
  const Vigil vigil_;
  Cursor cursor_;
};

}  // namespace postern::fetcher
