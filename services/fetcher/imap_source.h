#pragma once

#include "lib/net/byte_stream.h"
#include "lib/net/deadline.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// New is what has a UID above the cursor. The connection stays: it idles, or polls
// where IDLE is not offered.
class ImapSource final : public MailSource {
 public:
  ImapSource(net::ByteStream& stream, const Vigil& vigil) : session_(stream), vigil_(vigil) {}

  net::Task<absl::Status> Open(const crypto::Secret& password,
                               std::optional<Failure>& failure) override;
  net::Task<absl::StatusOr<NewMail>> Look() override;
  net::Task<absl::StatusOr<std::optional<mail::Mail>>> Read(MailFacts facts, Depth depth) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override;
  std::string Id(const MailFacts& facts) const override;
  net::Task<absl::StatusOr<Then>> AwaitNews(int64_t look_again_unix) override;

 private:
  net::Task<absl::Status> Begin(imap::Mailbox mailbox, std::optional<Failure>& failure);
  net::Task<absl::Status> MoveCursor(Cursor cursor);
  net::Task<absl::Status> Idle(net::Duration limit);

  imap::Session session_;
  const Vigil vigil_;
  Cursor cursor_;
};

// What an answer to a look for new mail says of one. Nothing when it has no size:
// then it came unasked, to tell of flags, and the answer to our question follows.
std::optional<MailFacts> FactsOf(const imap::FetchData& data, int64_t now_unix);

}  // namespace postern::fetcher
