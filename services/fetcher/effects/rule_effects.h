#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/fetcher/account_book.h"
#include "services/fetcher/effects/filing.h"
#include "services/fetcher/effects/filing_log.h"
#include "services/fetcher/effects/judged_mail.h"
#include "services/fetcher/effects/long_trouble.h"
#include "services/fetcher/effects/owner_notes.h"
#include "services/fetcher/effects/sending_book.h"
#include "services/fetcher/effects/sending_on.h"
#include "services/fetcher/effects/webhooks.h"
#include "services/fetcher/mail_budget.h"
#include "services/fetcher/mail_desk.h"

namespace postern::fetcher {

// Carries out what the rules said. A Status is something that may yet work: the mails stay where
// they are and come again, under the same keys, so that nothing is done twice. What can never
// work is told to the owner, and its mail is delivered.
class RuleEffects {
 public:
  // All outlive it.
  struct Parts {
    const AccountBook& accounts;
    const SendingBook& book;
    OwnerNotes& notes;
    SendingOn& sending;
    Webhooks& webhooks;
    FilingLog& filing_log;
    MailDesk& mails;  // of its own: its visits hold up nobody's questions
    int64_t patience = LongTrouble::kPatience;
  };
  explicit RuleEffects(const Parts& parts) : parts_(parts), unfiled_(parts.patience) {}

  // Before anything is delivered: edits of what is shown; redirects, answers, notifications and
  // notes; word of errors.
  net::Task<absl::Status> Send(const Account& account, std::vector<JudgedMail>& mails,
                               const ReadWhole& read);
  // After it: folders and marks. Those that can't be filed are to be delivered then: their plans
  // say so. So it is when their mail server lets nobody file anything for a quarter of an hour: no
  // mail waits longer for that.
  net::Task<absl::Status> File(const Account& account, std::vector<JudgedMail>& mails);
  // The same on a visit that is there already.
  net::Task<absl::Status> FileOn(MailboxVisit& visit, const Account& account,
                                 std::vector<JudgedMail>& mails);

  const SendingBook& book() const { return parts_.book; }

  // Of mails that are sent on, with what is made of them.
  static constexpr size_t kMostInMemory = 128 * 1024 * 1024;

 private:
  // A mail that is sent on: read once, and counted while it is in memory.
  struct Whole {
    MailBudget::Share share;
    std::string bytes;
  };
  net::Task<absl::Status> SendOne(const Account& account, JudgedMail& mail, const ReadWhole& read);
  // How one action went. kFailedPrecondition and its like: never.
  net::Task<absl::Status> Do(const Account& account, const JudgedMail& mail,
                             const rules::v1::Action& action, const ReadWhole& read, Whole& whole);
  net::Task<absl::Status> Redirect(const Account& account, const JudgedMail& mail,
                                   const rules::v1::Action& action, const ReadWhole& read,
                                   Whole& whole);
  net::Task<absl::Status> Answer(const Account& account, const rules::v1::Action& action);
  // What was sent, into a folder (RFC 8580).
  net::Task<absl::Status> FileSent(const Account& account, const std::string& folder,
                                   const std::string& subject,
                                   const absl::StatusOr<AnswerMail>& written);
  net::Task<absl::Status> FileIn(const Account& account, const std::string& folder,
                                 const AnswerMail& written);
  net::Task<absl::Status> Notify(const Account& account, const JudgedMail& mail,
                                 const rules::v1::Action& action);
  net::Task<void> NeverWorks(const Account& account, JudgedMail& mail,
                             const rules::v1::Action& action, absl::Status why);
  net::Task<void> TellErrors(const Account& account, const JudgedMail& mail);
  net::Task<void> CheckOthers(const Account& account, JudgedMail& mail);
  net::Task<absl::Status> GiveUpFiling(const Account& account, std::vector<JudgedMail>& mails,
                                       const absl::Status& why);
  net::Task<void> TellFiling(const Account& account, const std::vector<JudgedMail*>& mails,
                             const std::vector<FilingVisit::Outcome>& outcomes);
  net::Task<void> TellUnfiled(const Account& account, const FilingVisit::Outcome& outcome,
                              JudgedMail& mail);

  const Parts parts_;
  MailBudget whole_mails_{kMostInMemory};  // of all accounts
  LongTrouble unfiled_;
};

// postern_fetcher_rule_actions_total: `action` came to `result`, both of fixed sets.
void CountAction(const char* action, const char* result);

// The edits of the rules, made to what is shown of a mail.
void ShowEdited(JudgedMail& mail);

}  // namespace postern::fetcher
