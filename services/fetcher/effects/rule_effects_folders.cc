// The second part of RuleEffects: what is put into folders, and marked.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "lib/process/log.h"
#include "services/fetcher/effects/answer_filing.h"
#include "services/fetcher/effects/filing.h"
#include "services/fetcher/effects/rule_effects.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::minutes kFilingLimit{2};
constexpr size_t kMaxSubject = 300;

std::string TargetOf(const FilingStep& step) {
  return mail::CleanLine(step.mailbox.empty() ? step.special_use : step.mailbox);
}

absl::Status NoFolders() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("a mailbox that is read by POP3 has no folders"));
}

// It is delivered, whatever was to become of it.
void ShowInstead(JudgedMail& mail) {
  mail.shown_instead = mail.shown_instead || !mail.plan.deliver;
  mail.plan.deliver = mail.plan.stays = true;
}

}  // namespace

net::Task<absl::Status> RuleEffects::Answer(const Account& account,
                                            const rules::v1::Action& action) {
  const rules::v1::Action::Answer& answer = action.answer();
  absl::Status sent = co_await parts_.sending.Answer(account, action);
  if (!sent.ok() || answer.filed_in().empty() || account.type != AccountType::kImap) {
    co_return sent;
  }
  const auto written = parts_.sending.Written(account, action);
  co_return co_await FileSent(account, answer.filed_in(), answer.subject(), written);
}

// It is on its way: that it can't be filed is told, and no more.
net::Task<absl::Status> RuleEffects::FileSent(const Account& account, const std::string& folder,
                                              const std::string& subject,
                                              const absl::StatusOr<AnswerMail>& written) {
  absl::Status filed = written.status();
  if (filed.ok()) filed = co_await FileIn(account, folder, *written);
  if (filed.ok()) {
    unfiled_.Over(account.id);
    co_return filed;
  }
  if (MayYetWork(filed) && !unfiled_.Note(account.id, std::time(nullptr))) co_return filed;
  co_await parts_.notes.Tell(account,
                             words::Word("A rule could not put \"$0\" into the folder \"$1\": $2",
                                         mail::CleanLine(mail::CutUtf8(subject, kMaxSubject)),
                                         mail::CleanLine(folder), WhyNot(filed)));
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleEffects::FileIn(const Account& account, const std::string& folder,
                                            const AnswerMail& written) {
  const std::shared_ptr<const Account> owner = parts_.accounts.Find(account.id);
  if (!owner) co_return absl::UnavailableError("the account is being changed");
  MailDesk::Work work = [&](MailboxVisit& visit) {
    return FileAnswer(visit, folder, written.message_id, written.mail);
  };
  co_return co_await parts_.mails.Visit(owner, kFilingLimit, std::move(work));
}

net::Task<absl::Status> RuleEffects::FileOn(MailboxVisit& visit, const Account& account,
                                            std::vector<JudgedMail>& mails) {
  std::vector<JudgedMail*> filed;
  std::vector<std::string> copied;
  for (JudgedMail& mail : mails) {
    if (!mail.plan.Files() || mail.mail.mail_ref.empty()) continue;
    filed.push_back(&mail);
    if (Copies(mail.plan)) copied.push_back(mail.mail.delivery_id);
  }
  if (filed.empty()) co_return absl::OkStatus();
  const auto begun = co_await parts_.filing_log.Begin(account.id, std::move(copied));
  if (!begun.ok()) co_return begun.status();
  std::vector<FilingVisit::Outcome> outcomes(filed.size());
  FilingVisit filing(visit, filed, *begun, outcomes);
  absl::Status run = co_await filing.Run();
  if (!run.ok()) co_return run;
  co_await TellFiling(account, filed, outcomes);
  co_return absl::OkStatus();
}

net::Task<void> RuleEffects::TellFiling(const Account& account,
                                        const std::vector<JudgedMail*>& mails,
                                        const std::vector<FilingVisit::Outcome>& outcomes) {
  for (size_t i = 0; i < mails.size(); ++i) {
    const bool filed = outcomes[i].status.ok();
    CountAction("file", filed ? "done" : "never");
    if (filed) {
      log::Info("mail filed by a rule",
                {{"mail", mails[i]->mail.delivery_id}, {"account", account.id}});
      continue;
    }
    co_await TellUnfiled(account, outcomes[i], *mails[i]);
  }
}

net::Task<void> RuleEffects::TellUnfiled(const Account& account,
                                         const FilingVisit::Outcome& outcome, JudgedMail& mail) {
  if (!mail.plan.stays) ShowInstead(mail);
  const std::vector<FilingStep>& steps = mail.plan.filings;
  if (outcome.step >= steps.size()) co_return;  // only its marks
  const FilingStep& failed = steps[outcome.step];
  NoteMishap(failed.key, outcome.status, mail);
  for (size_t i = outcome.step + 1; i < steps.size(); ++i) {
    NoteMishap(steps[i].key, absl::OkStatus(), mail);
  }
  co_await parts_.notes.Tell(
      account, words::Word("A rule could not put \"$0\" into the folder \"$1\": $2",
                           SubjectForPeople(mail.mail), TargetOf(failed), WhyNot(outcome.status)));
}

net::Task<absl::Status> RuleEffects::File(const Account& account, std::vector<JudgedMail>& mails) {
  const auto files = [](const JudgedMail& mail) { return mail.plan.Files(); };
  if (std::none_of(mails.begin(), mails.end(), files)) co_return absl::OkStatus();
  if (account.type != AccountType::kImap) {
    for (JudgedMail& mail : mails) {
      if (!mail.plan.stays) ShowInstead(mail);
      for (const FilingStep& step : mail.plan.filings) NoteMishap(step.key, NoFolders(), mail);
    }
    co_await parts_.notes.Tell(
        account, words::Word("A rule wants mails put into folders or marked. Mailboxes that are "
                             "read by POP3 have neither, so they stay where they are."));
    co_return absl::OkStatus();
  }
  const std::shared_ptr<const Account> owner = parts_.accounts.Find(account.id);
  if (!owner) co_return absl::UnavailableError("the account is being changed");
  MailDesk::Work work = [&](MailboxVisit& visit) { return FileOn(visit, account, mails); };
  absl::Status filed = co_await parts_.mails.Visit(owner, kFilingLimit, std::move(work));
  if (filed.ok()) {
    unfiled_.Over(account.id);
    co_return filed;
  }
  // What is refused for good is told above: this is the server's, or our own, "not now".
  if (unfiled_.Note(account.id, std::time(nullptr))) {
    co_return co_await GiveUpFiling(account, mails, filed);
  }
  co_return absl::UnavailableError(absl::StrCat("mails are not filed: ", filed.message()));
}

net::Task<absl::Status> RuleEffects::GiveUpFiling(const Account& account,
                                                  std::vector<JudgedMail>& mails,
                                                  const absl::Status& why) {
  std::vector<JudgedMail*> unfiled;
  for (JudgedMail& mail : mails) {
    if (mail.plan.Files()) unfiled.push_back(&mail);
  }
  const FilingVisit::Outcome outcome{why, 0};
  const std::vector<FilingVisit::Outcome> outcomes(unfiled.size(), outcome);
  co_await TellFiling(account, unfiled, outcomes);
  co_return absl::OkStatus();
}

}  // namespace postern::fetcher
