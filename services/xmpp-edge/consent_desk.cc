#include "services/xmpp-edge/consent_desk.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/password_retention.h"
#include "services/xmpp-edge/texts/consent.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::milliseconds kPause(10);  // at most 100 messages a second: no storm
constexpr std::chrono::seconds kRetry(1);
constexpr char kTtlSeconds[] = "31536000";  // a year
constexpr char kAsked[] = "asked", kWorks[] = "works";

std::string Key(const std::string& user) {
  return absl::StrCat("postern:session:{", user, "}:consent");
}

}  // namespace

ConsentDesk::ConsentDesk(FeatureContext context, PresenceSessions& sessions,
                         std::function<bool()> ready)
    : context_(context), ready_(std::move(ready)), due_(context.executor) {
  context_.directory.Listen(
      [this](AccountDirectory::Account before, AccountDirectory::Account after) {
        const bool was = before != nullptr && NeedsConsent(*before);
        const bool is = after != nullptr && NeedsConsent(*after);
        if (was || is) MarkDue(is ? after->owner() : before->owner());
      });
  sessions.Listen([this](const std::string& user, const PresenceSession&) { Arrived(user); });
}

void ConsentDesk::Arrived(const std::string& user) {
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    if (AwaitsConsent(*account)) return MarkDue(user);
  }
}

void ConsentDesk::MarkDue(const std::string& user) {
  due_users_.insert(user);
  due_.Notify();
}

net::Task<void> ConsentDesk::Ask() {
  co_await UntilSessionsAreRead(context_.directory, ready_);
  for (const std::string& user : context_.directory.Owners()) {
    for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
      if (NeedsConsent(*account)) due_users_.insert(user);
    }
  }
  std::set<std::string> failed;  // behind all others: one may fail for ever
  while (true) {
    if (due_users_.empty() && failed.empty()) {
      co_await due_.Wait();
      continue;
    }
    if (due_users_.empty()) {
      co_await net::Sleep(kRetry);
      due_users_.merge(failed);
      failed.clear();
    }
    const std::string user = *due_users_.begin();
    due_users_.erase(due_users_.begin());
    absl::Status settled = co_await Settle(user);
    if (settled.ok()) continue;
    log::Info("consent not asked for yet", {{"why", settled.message()}});
    failed.insert(user);
  }
}

net::Task<absl::Status> ConsentDesk::Settle(std::string user) {
  auto marks = co_await MarksOf(user);
  if (!marks.ok()) co_return marks.status();
  absl::Status all;
  for (const AccountDirectory::Account& listed : context_.directory.Of(user)) {
    // As it is by now: each message takes a while.
    const AccountDirectory::Account account = context_.directory.FindById(listed->id());
    if (account == nullptr || !NeedsConsent(*account)) continue;
    std::string mark = (*marks)[account->id()];
    marks->erase(account->id());
    absl::Status settled = co_await SettleAccount(account, std::move(mark));
    all.Update(settled);
  }
  for (const auto& [id, mark] : *marks) {  // of accounts that are gone, or need none
    absl::Status removed = co_await RemoveMark(user, id);
    all.Update(removed);
  }
  co_return all;
}

net::Task<absl::Status> ConsentDesk::SettleAccount(AccountDirectory::Account account,
                                                   std::string mark) {
  const std::string user = account->owner();
  // Who is gone for a moment would not see it.
  const bool there = !context_.sessions.Of(user).resources.empty();
  const Words& words = context_.interpreter.Of(user);
  if (account->health().state() == admin::v1::HEALTH_STATE_OK && !mark.empty()) {
    absl::Status told = co_await Send(account, kWorks, texts::ConsentWorks(words, account->name()));
    if (!told.ok()) co_return told;
    co_return co_await RemoveMark(user, account->id());
  }
  // Consent, and its loss, change the revision.
  const std::string revision = absl::StrCat(account->settings_revision());
  if (!there || !AwaitsConsent(*account) || mark == revision) co_return absl::OkStatus();
  auto consent = co_await AskForConsent(context_, account->id());
  std::string text;
  if (consent.ok()) {
    text = ConsentText(*account, *consent, words);
  } else if (absl::IsFailedPrecondition(consent.status())) {
    text = words.Say(consent.status());
  } else {
    co_return consent.status();
  }
  absl::Status asked = co_await Send(account, kAsked, std::move(text));
  if (!asked.ok()) co_return asked;
  co_return co_await SetMark(user, account->id(), revision);
}

net::Task<absl::Status> ConsentDesk::Send(AccountDirectory::Account account, std::string kind,
                                          std::string text) {
  // Under the same id when it is told again because Redis did not learn of it.
  const std::string id = crypto::Sha256Hex(absl::StrCat("consent\n", kind, "\n", account->id(),
                                                        "\n", account->settings_revision()))
                             .substr(0, 32);
  Element message =
      MakeStanza("message", ContactJid(*account, context_.domain), account->owner(), "chat", id);
  message.AddText("body", text);
  message.Add(MakeElement("store", "urn:xmpp:hints"));
  absl::Status sent = co_await context_.sink.Send(std::move(message));
  if (sent.ok()) sent = co_await context_.sink.Barrier();
  if (!sent.ok()) co_return sent;
  co_await net::Sleep(kPause);
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<ConsentDesk::Marks>> ConsentDesk::MarksOf(std::string user) {
  std::vector<std::string> command{"HGETALL", Key(user)};
  auto reply = co_await context_.redis.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  Marks marks;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    marks[reply->items[i].text] = reply->items[i + 1].text;
  }
  co_return marks;
}

net::Task<absl::Status> ConsentDesk::SetMark(std::string user, std::string account_id,
                                             std::string mark) {
  std::vector<std::string> set{"HSET", Key(user), std::move(account_id), std::move(mark)};
  auto done = co_await context_.redis.Command(std::move(set));
  if (!done.ok()) co_return done.status();
  std::vector<std::string> expire{"EXPIRE", Key(user), kTtlSeconds};
  auto kept = co_await context_.redis.Command(std::move(expire));
  co_return kept.status();
}

net::Task<absl::Status> ConsentDesk::RemoveMark(std::string user, std::string account_id) {
  std::vector<std::string> command{"HDEL", Key(user), std::move(account_id)};
  auto reply = co_await context_.redis.Command(std::move(command));
  co_return reply.status();
}

}  // namespace postern::xmpp_edge
