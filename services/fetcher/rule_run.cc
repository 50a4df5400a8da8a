#include "services/fetcher/rule_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::minutes kLimit{2};
// In memory at once, and in one call to the rules.
constexpr size_t kReadAtOnce = 8;
constexpr size_t kMaxJudgedBytes = 3 * 1024 * 1024;

absl::Status Held() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("not all of these mails were delivered: by what you have set "
                                  "for your presence, mails don't come one by one now"));
}

}  // namespace

net::Task<absl::Status> RuleRun::JudgeSome(std::vector<IncomingMail> mails,
                                           std::vector<MailSummary> summaries, Order& order) {
  if (mails.empty()) co_return absl::OkStatus();
  auto judgements = co_await handoff_.Judge(order.account, mails);
  if (!judgements.ok()) co_return judgements.status();
  std::vector<IncomingMail> wanted;
  for (size_t i = 0; i < mails.size(); ++i) {
    MailHandoff::Judgement& judgement = (*judgements)[i];
    if (judgement.wanted) wanted.push_back(std::move(mails[i]));
    Judged judged{std::move(summaries[i]), judgement.wanted, std::move(judgement.reason)};
    order.outcome.mails.push_back(std::move(judged));
  }
  if (!order.deliver || wanted.empty()) co_return absl::OkStatus();
  auto delivered = co_await handoff_.DeliverFull(order.account, std::move(wanted));
  if (!delivered.ok()) co_return delivered.status();
  if (*delivered == MailHandoff::Answer::kHeld) co_return Held();
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleRun::Take(std::vector<MailSummary> listed, std::vector<FoundMail> read,
                                      Order& order) {
  absl::flat_hash_map<std::string, MailSummary> by_id;
  for (MailSummary& summary : listed) {
    std::string id = summary.id;
    by_id.emplace(std::move(id), std::move(summary));
  }
  std::vector<IncomingMail> mails;
  std::vector<MailSummary> summaries;
  size_t bytes = 0;
  for (FoundMail& found : read) {
    IncomingMail mail{absl::StrCat(order.run_id, ":", ++order.counted), rpc::ToProto(found.mail),
                      found.id};
    const size_t size = mail.mail.ByteSizeLong();
    if (bytes + size > kMaxJudgedBytes && !mails.empty()) {
      absl::Status judged =
          co_await JudgeSome(std::exchange(mails, std::vector<IncomingMail>()),
                             std::exchange(summaries, std::vector<MailSummary>()), order);
      if (!judged.ok()) co_return judged;
      bytes = 0;
    }
    bytes += size;
    mails.push_back(std::move(mail));
    summaries.push_back(std::move(by_id[found.id]));
  }
  co_return co_await JudgeSome(std::move(mails), std::move(summaries), order);
}

net::Task<absl::Status> RuleRun::Visit(MailboxVisit& visit, Order& order) {
  auto page = co_await visit.ListMails(order.query);
  if (!page.ok()) co_return page.status();
  order.outcome.more = page->more;
  std::vector<MailSummary>& mails = page->mails;
  for (size_t at = 0; at < mails.size(); at += kReadAtOnce) {
    const size_t end = std::min(at + kReadAtOnce, mails.size());
    std::vector<MailSummary> some(mails.begin() + at, mails.begin() + end);
    std::vector<std::string> ids;
    for (const MailSummary& mail : some) ids.push_back(mail.id);
    Reading reading(std::move(ids), Reading::Purpose::kForRules);
    if (absl::Status s = co_await visit.ReadMails(reading); !s.ok()) co_return s;
    order.trouble = co_await Take(std::move(some), reading.Finish(), order);
    if (!order.trouble.ok()) co_return order.trouble;
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<RuleRun::Outcome>> RuleRun::Run(std::shared_ptr<const Account> account,
                                                         MailQuery query, bool deliver) {
  Order order{*account, query, deliver, absl::StrCat(account->id, ":rules:", crypto::RandomId())};
  MailDesk::Work work = [&](MailboxVisit& visit) { return Visit(visit, order); };
  absl::Status done = co_await mails_.Visit(account, kLimit, std::move(work));
  if (!order.trouble.ok()) co_return order.trouble;
  if (!done.ok()) co_return done;
  co_return std::move(order.outcome);
}

}  // namespace postern::fetcher
