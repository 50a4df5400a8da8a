#include "services/fetcher/rule_run.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/mail_id.h"
#include "services/fetcher/mailbox_sync.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::minutes kLimit{2};
// In memory at once.
constexpr size_t kReadAtOnce = 8;
constexpr size_t kMaxCounts = 200;

absl::Status Held() {
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("not all of these mails were delivered: by what you have set "
                                  "for your presence, mails don't come one by one now"));
}

// Collects a mail as it comes, until there is enough of it.
class Bytes {
 public:
  explicit Bytes(size_t most) : most_(most) {}
  net::Task<absl::Status> Put(MailPart part) {
    all_.append(part.bytes, 0, most_ - all_.size());
    co_return all_.size() < most_ ? absl::OkStatus() : absl::CancelledError("enough");
  }
  std::string Take() { return std::move(all_); }

 private:
  const size_t most_;
  std::string all_;
};

// "reply bob@example.net" is one of "reply": such words differ from mail to mail.
std::string Kind(const std::string& action) {
  for (const char* kind : {"reply", "hold", "note"}) {
    if (absl::StartsWith(action, absl::StrCat(kind, " "))) return kind;
  }
  return action;
}

// A mail counts once, however often the same is done with it.
void Count(const std::vector<std::string>& actions, std::map<std::string, uint32_t>& counts) {
  std::set<std::string> kinds;
  for (const std::string& action : actions) kinds.insert(Kind(action));
  for (const std::string& kind : kinds) {
    if (counts.size() < kMaxCounts || counts.contains(kind)) ++counts[kind];
  }
}

net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytesOn(MailboxVisit& visit,
                                                                  std::string id, size_t most) {
  Bytes bytes(most);
  MailPartSink sink = [&bytes](MailPart part) { return bytes.Put(std::move(part)); };
  absl::Status read = co_await visit.ReadPart(std::move(id), 0, std::move(sink));
  if (!read.ok() && !absl::IsCancelled(read)) co_return read;
  co_return std::optional<std::string>(bytes.Take());
}

}  // namespace

net::Task<absl::Status> RuleRun::Deliver(std::vector<JudgedMail>& mails, const Account& account) {
  std::vector<IncomingMail> wanted;
  for (JudgedMail& mail : mails) {
    if (!mail.plan.deliver) continue;
    mail.mail.raw.clear();
    mail.mail.headers_only = mail.plan.headers_only;
    if (!mail.plan.stays) mail.mail.mail_ref.clear();
    wanted.push_back(std::move(mail.mail));
  }
  if (wanted.empty()) co_return absl::OkStatus();
  auto delivered = co_await handoff_.DeliverFull(account, std::move(wanted));
  if (!delivered.ok()) co_return delivered.status();
  if (*delivered == MailHandoff::Answer::kHeld) co_return Held();
  co_return absl::OkStatus();
}

net::Task<absl::Status> RuleRun::CarryOut(MailboxVisit& visit, std::vector<JudgedMail>& mails,
                                          const ReadWhole& read, const Account& account) {
  RuleEffects* const effects = handoff_.effects();
  if (effects == nullptr) co_return absl::UnavailableError("the fetcher is starting");
  if (absl::Status s = co_await effects->Send(account, mails, read); !s.ok()) co_return s;
  if (absl::Status s = co_await effects->FileOn(visit, account, mails); !s.ok()) co_return s;
  // They came long ago, and are not shown again.
  for (JudgedMail& mail : mails) mail.shown_instead = false;
  co_return co_await handoff_.judging().Commit(account, mails);
}

net::Task<absl::Status> RuleRun::JudgeSome(MailboxVisit& visit, std::vector<JudgedMail> mails,
                                           std::vector<MailSummary> summaries, Order& order) {
  if (mails.empty()) co_return absl::OkStatus();
  const std::string& mailbox = order.query.mailbox;
  Judging::Question question{order.account, mailbox.empty() ? order.account.mailbox : mailbox};
  question.dry_run = !order.wish.deliver && !order.wish.carry_out;
  question.try_script = order.wish.try_script;
  question.try_personal = order.wish.try_personal;
  // What lies in a folder was dealt with by its owner, as they liked.
  question.no_answers = order.wish.carry_out;
  const ReadWhole read = [&visit](const JudgedMail& mail, size_t most) {
    return ReadBytesOn(visit, mail.mail.mail_ref, most);
  };
  question.read = read;
  if (absl::Status s = co_await handoff_.Judge(question, mails); !s.ok()) co_return s;
  for (size_t i = 0; i < mails.size(); ++i) {
    Judged& judged = order.outcome.mails.emplace_back();
    judged.mail = std::move(summaries[i]);
    judged.wanted = mails[i].plan.deliver;
    judged.reason = mails[i].said.reason();
    judged.actions = DescribeActions(mails[i].said);
    Count(judged.actions, order.outcome.counts);
  }
  if (order.wish.carry_out) {
    absl::Status done = co_await CarryOut(visit, mails, read, order.account);
    if (!done.ok()) co_return done;
  }
  if (!order.wish.deliver) co_return absl::OkStatus();
  co_return co_await Deliver(mails, order.account);
}

// What is carried out goes by the id that the mail has for good: what a rule has done with it
// once, it does not do again. A message is shown as often as somebody asks.
std::string RuleRun::IdFor(const std::string& ref, Order& order) {
  const std::string of_this_run = absl::StrCat(order.run_id, ":", ++order.counted);
  const std::optional<MailId> id = ParseMailId(ref);
  if (!order.wish.carry_out || order.wish.deliver || !id) return of_this_run;
  const Account& account = order.account;
  const std::string& mailbox = id->mailbox.empty() ? account.mailbox : id->mailbox;
  Cursor cursor;
  cursor.uid_validity = id->uid_validity;
  cursor.mailbox = MailboxIdentity(account.host, account.login, mailbox);
  return DeliveryId(account.id, cursor, id->uid);
}

net::Task<absl::Status> RuleRun::Take(MailboxVisit& visit, std::vector<MailSummary> listed,
                                      std::vector<FoundMail> read, Order& order) {
  absl::flat_hash_map<std::string, MailSummary> by_id;
  for (MailSummary& summary : listed) {
    std::string id = summary.id;
    by_id.emplace(std::move(id), std::move(summary));
  }
  std::vector<JudgedMail> mails;
  std::vector<MailSummary> summaries;
  for (FoundMail& found : read) {
    JudgedMail& mail = mails.emplace_back();
    mail.mail.delivery_id = IdFor(found.id, order);
    mail.mail.mail = rpc::ToProto(found.mail);
    mail.mail.mail_ref = found.id;
    MailSummary& summary = by_id[found.id];
    mail.flags = summary.flags;
    mail.facts.size = summary.size;
    mail.facts.received_unix = summary.received_unix;
    summaries.push_back(std::move(summary));
  }
  co_return co_await JudgeSome(visit, std::move(mails), std::move(summaries), order);
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
    order.trouble = co_await Take(visit, std::move(some), reading.Finish(), order);
    if (!order.trouble.ok()) co_return order.trouble;
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<RuleRun::Outcome>> RuleRun::Run(std::shared_ptr<const Account> account,
                                                         MailQuery query, Wish wish) {
  Order order{*account, query, wish, absl::StrCat(account->id, ":rules:", crypto::RandomId())};
  MailDesk::Work work = [&](MailboxVisit& visit) { return Visit(visit, order); };
  absl::Status done = co_await mails_.Visit(account, kLimit, std::move(work));
  if (!order.trouble.ok()) co_return order.trouble;
  if (!done.ok()) co_return done;
  co_return std::move(order.outcome);
}

}  // namespace postern::fetcher
