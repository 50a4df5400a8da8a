#pragma once

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/net/byte_stream.h"
#include "services/fetcher/delivered_mails.h"
#include "services/fetcher/known_mails.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mail_source.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher {

// New is what has a unique-id that is not known. The server locks the mailbox while
// the connection is open, so it is short: look, read, QUIT.
class Pop3Source final : public MailSource {
 public:
  Pop3Source(net::ByteStream& stream, const Vigil& vigil);

  net::Task<absl::Status> Open(const sasl::Credentials& credentials,
                               std::optional<Failure>& failure) override;
  net::Task<absl::StatusOr<NewMail>> Look() override;
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override;
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override;
  std::string Id(const MailFacts& facts) const override;
  std::string Ref(const MailFacts& facts) const override { return Pop3MailRef(facts.key); }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts facts,
                                                                  size_t most) override;
  std::string Place() const override { return absl::StrCat(mailbox_, ":0"); }
  void Locate(MailFacts& facts) const override;
  net::Task<absl::StatusOr<Stay>> Park() override;
  int64_t login_delay_seconds() const override { return session_.login_delay_seconds(); }

 private:
  net::Task<absl::StatusOr<std::vector<ListedMail>>> List();
  net::Task<absl::Status> Begin(std::vector<ListedMail> listing);
  net::Task<absl::Status> BeginAtTheEnd(std::vector<ListedMail> listing);
  net::Task<absl::Status> SortOutRenumbered(int64_t newest_unix);
  net::Task<absl::StatusOr<SortByDate>> AskDates(int64_t newest_unix);
  // 0 when it can't be told.
  net::Task<absl::StatusOr<int64_t>> ReceivedTimeOf(ListedMail mail);
  net::Task<absl::StatusOr<int64_t>> AskReceivedTime(ListedMail mail);
  net::Task<absl::StatusOr<int64_t>> ReceivedOrFirstSeen(ListedMail mail);
  bool WantsDates(size_t index) const;
  MailFacts Facts(const ListedMail& mail) const;
  void ForgetDatesOfOthers();
  net::Task<absl::Status> ChooseWhatToRemove(std::vector<ListedMail> listing);
  // From marking them to the server's word that they are gone.
  net::Task<absl::Status> RemoveAndQuit();
  net::Task<absl::Status> NoteDelivered(const std::vector<MailFacts>& mails);

  pop3::Session session_;
  const Vigil vigil_;
  Pop3Progress& memory_;                            // from connection to connection
  const std::string mailbox_;                       // Pop3MailboxIdentity
  std::vector<ListedMail> fresh_;                   // new in this session
  size_t settled_ = 0;                              // of them, from the front
  absl::flat_hash_map<uint64_t, uint64_t> prints_;  // of mails that were looked into, by key
  int refused_tops_ = 0;                            // in a row, since none was answered
  // For what is to be removed; empty where nothing is.
  std::vector<ListedMail> listing_, to_remove_;
  absl::flat_hash_map<uint64_t, uint32_t> numbers_;  // by key; where mails are held alone
};

}  // namespace postern::fetcher
