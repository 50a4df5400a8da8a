#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/event.h"
#include "services/fetcher/mail_source.h"

namespace postern::fetcher {

// A mailbox whose mails are read by two at the same time, one after the other: mails to come are
// read ahead while an effect reads one that is there.
class OneAtATime final : public Mailbox {
 public:
  explicit OneAtATime(Mailbox& mailbox) : mailbox_(mailbox) {}

  net::Task<absl::StatusOr<NewMail>> Look() override { return mailbox_.Look(); }
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override;
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts facts,
                                                                  size_t most) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override {
    return mailbox_.Settle(std::move(mails));
  }
  std::string Id(const MailFacts& facts) const override { return mailbox_.Id(facts); }
  std::string Ref(const MailFacts& facts) const override { return mailbox_.Ref(facts); }
  std::string Name() const override { return mailbox_.Name(); }
  std::string Place() const override { return mailbox_.Place(); }
  void Locate(MailFacts& facts) const override { mailbox_.Locate(facts); }

 private:
  class Turn;
  net::Task<void> AwaitTurn();

  Mailbox& mailbox_;
  bool taken_ = false;
  std::optional<net::Event> freed_;
};

}  // namespace postern::fetcher
