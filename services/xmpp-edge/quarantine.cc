#include "services/xmpp-edge/quarantine.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/brought_mail.h"
#include "services/xmpp-edge/decision_text.h"
#include "services/xmpp-edge/texts/commands.h"
#include "services/xmpp-edge/texts/rule_commands.h"
#include "services/xmpp-edge/texts/why.h"
#include "services/xmpp-edge/user_zone.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::Decision;
using Async = fetcher::v1::FetcherService::StubInterface::async_interface;

constexpr std::chrono::seconds kPatience{40};  // a mail server is asked
constexpr char kKeptSeconds[] = "604800";      // as decisions
constexpr char kKind[] = "quarantine";

std::string ReleasedKey(const std::string& user) {
  return absl::StrCat("postern:session:released:{", user, "}");
}

}  // namespace

net::Task<absl::StatusOr<std::set<std::string>>> QuarantineDesk::ReleasedOf(std::string user) {
  std::vector<std::string> command = {"SMEMBERS", ReleasedKey(user)};
  auto members = co_await context_.redis.Command(std::move(command));
  if (!members.ok()) co_return members.status();
  std::set<std::string> released;
  for (const store::Reply& item : members->items) released.insert(item.text);
  co_return released;
}

net::Task<std::string> QuarantineDesk::Tell(std::string user, const Words& words) {
  auto decisions = co_await why_.DecisionsOf(user, "");
  if (!decisions.ok()) co_return texts::CommandNotNow(words);
  auto released = co_await ReleasedOf(user);
  if (!released.ok()) co_return texts::CommandNotNow(words);
  RuleQuestion shown{kKind, context_.domain, {}};
  std::vector<std::string> lines{texts::InQuarantine(words)};
  for (const Decision& decision : *decisions) {
    if (shown.items.size() == kMostTold) break;
    // Judged twice, it is one mail.
    if (!IsInQuarantine(decision) || !released->insert(decision.mail_id()).second) continue;
    Decision kept;
    kept.set_mail_id(decision.mail_id());
    kept.set_account_id(decision.account_id());
    kept.set_mail_ref(decision.mail_ref());
    kept.set_subject(decision.subject());
    shown.items.push_back(kept.SerializeAsString());
    const absl::TimeZone zone = ZoneOf(context_.directory, user, decision.account_id());
    lines.push_back(texts::QuarantineLine(
        words, shown.items.size(), TimeIn(zone, decision.decided_unix(), words),
        SubjectOf(decision, words), SenderTextOf(decision, words)));
  }
  if (shown.items.empty()) co_return texts::NothingInQuarantine(words);
  absl::Status kept = co_await shown_.Ask(std::move(user), std::move(shown));
  co_return kept.ok() ? absl::StrJoin(lines, "\n") : texts::CommandNotNow(words);
}

net::Task<std::string> QuarantineDesk::Release(std::string user, size_t number,
                                               const Words& words) {
  auto shown = co_await shown_.Get(user);
  if (!shown.ok()) co_return texts::CommandNotNow(words);
  Decision decision;
  const bool known = *shown && number >= 1 && number <= (*shown)->items.size() &&
                     decision.ParseFromString((*shown)->items[number - 1]);
  if (!known && *shown && number > 0) co_return texts::NoSuchNumber(words, (*shown)->items.size());
  if (!known) co_return texts::ReleaseWhich(words);
  co_return co_await Show(std::move(user), std::move(decision), words);
}

net::Task<std::string> QuarantineDesk::Show(std::string user, Decision decision,
                                            const Words& words) {
  const std::string subject = SubjectOf(decision, words);
  BroughtMail brought;
  brought.account = context_.directory.FindById(decision.account_id());
  const bool own = brought.account != nullptr && brought.account->owner() == user;
  if (!own || decision.mail_ref().empty()) co_return texts::NotReleasedGone(words, subject);
  fetcher::v1::ReadMailsRequest request;
  request.set_account_id(decision.account_id());
  request.add_ids(decision.mail_ref());
  auto read = co_await rpc::Call(context_.fetcher.async(), &Async::ReadMails, std::move(request),
                                 kPatience);
  if (!read.ok()) {
    const auto wording = words::WordingOf(read.status());
    const std::string why = wording ? words.Say(*wording) : texts::CommandNotNow(words);
    co_return texts::NotReleased(words, subject, why);
  }
  if (read->mails().empty()) co_return texts::NotReleasedGone(words, subject);
  brought.read = read->mails(0);
  const std::string wish = absl::StrCat("released\n", decision.mail_id());
  brought.stanza_id = crypto::Sha256Hex(wish).substr(0, 32);
  absl::Status sent = co_await BringMail(context_, std::move(brought), words);
  if (!sent.ok()) co_return texts::CommandNotNow(words);
  log::Info("mail released from quarantine by its user", {{"mail", decision.mail_id()}});
  const std::string key = ReleasedKey(user);
  std::vector<std::string> add = {"SADD", key, decision.mail_id()};
  std::vector<std::string> expire = {"EXPIRE", key, kKeptSeconds};
  // Without it the mail is only listed once more.
  (void)co_await context_.redis.Command(std::move(add));
  (void)co_await context_.redis.Command(std::move(expire));
  co_return texts::Released(words, subject);
}

}  // namespace postern::xmpp_edge
