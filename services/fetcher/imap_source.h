#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/byte_stream.h"
#include "services/fetcher/further_mailboxes.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/imap_mailbox.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// An IMAP connection, for one mailbox and perhaps a few further ones. It stays: it idles, or
// polls where IDLE is not offered.
class ImapSource final : public MailSource {
 public:
  ImapSource(net::ByteStream& stream, const Vigil& vigil)
      : session_(stream),
        vigil_(vigil),
        own_(session_, vigil_, vigil.progress, vigil.account.mailbox, ImapMailbox::Rank::kOwn) {}

  net::Task<absl::Status> Open(const sasl::Credentials& credentials,
                               std::optional<Failure>& failure) override;
  net::Task<absl::StatusOr<NewMail>> Look() override { return own_.Look(); }
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override {
    return own_.Read(std::move(wanted));
  }
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override {
    return own_.Settle(std::move(mails));
  }
  std::string Id(const MailFacts& facts) const override { return own_.Id(facts); }
  std::string Ref(const MailFacts& facts) const override { return own_.Ref(facts); }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts facts,
                                                                  size_t most) override {
    return own_.ReadBytes(facts, most);
  }
  std::string Name() const override { return own_.Name(); }
  std::string Place() const override { return own_.Place(); }

  net::Task<absl::StatusOr<std::optional<Further>>> NextWithNews() override;
  void DoubtFurther() override;
  Waiting FurtherWaiting() const override;
  std::optional<std::string> Unopened() const override;

  net::Task<absl::StatusOr<Stay>> Park() override;
  absl::StatusOr<bool> Hear() override;
  net::Task<absl::StatusOr<bool>> Resume(bool look) override;

 private:
  net::Task<absl::Status> BeginFurther();
  bool FurtherHasNews() const { return further_ && further_->HasNews(); }
  std::chrono::seconds IdleLimit() const;
  std::chrono::seconds PollLimit() const;

  imap::Session session_;
  const Vigil vigil_;
  ImapMailbox own_;
  std::unique_ptr<FurtherMailboxes> further_;  // null: there are none
  bool elsewhere_ = false;                     // a further one is open
  bool come_back_ = false;                     // and the own one was not looked into since
};

}  // namespace postern::fetcher
