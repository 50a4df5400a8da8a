#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/fetcher/imap/session.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// A visit by IMAP: EXAMINE and PEEK where it reads, SELECT where it changes something.
class ImapVisit : public MailboxVisit {
 public:
  ImapVisit(const Account& account, std::unique_ptr<net::ByteStream> stream);

  net::Task<absl::Status> LogIn(sasl::Credentials credentials, PasswordRule rule) override;
  net::Task<absl::Status> OpenMailbox() override;
  net::Task<absl::StatusOr<FolderTree>> ListFolders() override;
  net::Task<absl::StatusOr<MailPage>> ListMails(MailQuery query) override;
  net::Task<absl::StatusOr<MailPage>> SearchMails(MailQuery query) override;
  net::Task<absl::Status> ReadMails(Reading& reading) override;
  net::Task<absl::Status> ReadPart(std::string id, uint64_t attachment, MailPartSink sink) override;
  net::Task<absl::Status> ChangeFlags(std::vector<std::string> ids, std::vector<std::string> add,
                                      std::vector<std::string> remove) override;
  net::Task<absl::StatusOr<std::string>> MoveMails(std::vector<std::string> ids,
                                                   std::string to) override;
  net::Task<absl::StatusOr<std::string>> CopyMails(std::vector<std::string> ids,
                                                   std::string to) override;
  net::Task<absl::Status> CreateFolder(std::string mailbox) override;
  net::Task<absl::Status> DeleteMails(std::vector<std::string> ids) override;
  net::Task<absl::StatusOr<Filed>> AppendMail(Filing filing) override;
  net::Task<absl::StatusOr<std::vector<imap::QuotaResource>>> AskQuota() override;
  net::Task<absl::Status> CheckConnection() override;
  const std::optional<Failure>& failure() const override { return failure_; }

 private:
  // imap_visit.cc
  net::Task<absl::Status> Open(std::string mailbox);
  net::Task<absl::StatusOr<uint32_t>> CountBelow(uint32_t uid);
  net::Task<absl::Status> Summarise(uint32_t first, uint32_t last, uint32_t below_uid,
                                    std::vector<MailSummary>& mails);
  net::Task<absl::Status> ReadRun(Reading& reading);
  net::Task<absl::StatusOr<std::optional<mail::Mail>>> ReadOne(MailFacts facts, Depth depth);
  // The account's own has no name here.
  std::string OwnName(std::string mailbox) const;
  MailSummary Summary(const imap::FetchData& data) const;
  // Nothing when it is no id of the mailbox that is open.
  std::optional<uint32_t> UidOf(const std::string& id) const;
  // The same for a place in a list; 0: none is named.
  absl::StatusOr<uint32_t> PlaceOf(const std::string& before_id) const;
  absl::Status Failed(Step step, absl::Status status);
  absl::Status NotOpened(absl::Status status);

  // imap_visit_folders.cc
  net::Task<absl::Status> ListNames(FolderTree& tree, std::vector<imap::ListedMailbox>& few);
  net::Task<absl::Status> ListForeign(FolderTree& tree);
  net::Task<absl::Status> CountMails(std::vector<imap::ListedMailbox> few, FolderTree& tree);

  // imap_visit_search.cc
  net::Task<absl::StatusOr<std::vector<uint32_t>>> FindByArrival(const MailQuery& query,
                                                                 uint32_t before, MailPage& page);
  net::Task<absl::StatusOr<std::vector<uint32_t>>> FindByUid(const MailQuery& query,
                                                             uint32_t before, MailPage& page);
  net::Task<absl::Status> Show(const std::vector<uint32_t>& uids, size_t limit, MailPage& page);
  net::Task<absl::Status> SummariseEach(const std::vector<uint32_t>& uids,
                                        std::vector<MailSummary>& mails);

  // imap_visit_changes.cc
  net::Task<absl::StatusOr<MailSet>> SelectFor(std::vector<std::string> ids);
  absl::Status CheckKept(const std::vector<std::string>& flags) const;
  net::Task<absl::StatusOr<std::string>> FindTarget(std::string name);
  // Moves them, or copies them.
  net::Task<absl::StatusOr<std::string>> Transfer(std::vector<std::string> ids, std::string to,
                                                  bool move);

  const Account& account_;
  const std::unique_ptr<net::ByteStream> stream_;
  imap::Session session_;
  std::string open_;  // the mailbox's name in ids
  imap::Mailbox mailbox_;
  std::vector<std::string> permanent_flags_;  // of the mailbox, once it is selected
  std::optional<Failure> failure_;
};

}  // namespace postern::fetcher
