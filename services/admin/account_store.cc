#include "services/admin/account_store.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/admin/account_scripts.h"
#include "services/admin/departure_notes.h"
#include "services/admin/health.h"

namespace postern::admin {
namespace {

const std::string kFeed = "postern:account:{accounts}:feed";
const std::string kSettings = "postern:account:{accounts}:settings";
const std::string kHealth = "postern:account:{accounts}:health";
const std::string kChanged = "postern:account:{accounts}:changed";
const std::string kRemoved = "postern:account:{accounts}:removed";
const std::string kCreated = "postern:user:{accounts}:created";

std::string UserKey(absl::string_view owner) {
  return absl::StrCat("postern:user:{accounts}:of:", owner);
}

absl::Status Unreadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("account store: ", what, " in Redis makes no sense"));
}

absl::StatusOr<v1::Account> Join(const store::Reply& settings, const store::Reply& health) {
  v1::Account account;
  if (settings.IsNil() || !account.ParseFromString(settings.text)) return Unreadable("an account");
  if (!health.IsNil() && !account.mutable_health()->ParseFromString(health.text)) {
    return Unreadable("the health of an account");
  }
  return account;
}

std::string SettingsOf(v1::Account account) {
  account.clear_health();
  return account.SerializeAsString();
}

uint64_t ToNumber(const std::string& text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

bool HasShape(const store::Reply& reply, size_t items) {
  return reply.kind == store::Reply::Kind::kArray && reply.items.size() == items;
}

void AddWrite(std::vector<std::string>& args, const char* verb, const v1::Account& account) {
  const bool put = absl::string_view(verb) == "put";
  args.insert(args.end(),
              {verb, account.id(), account.name(), put ? SettingsOf(account) : "",
               put && account.has_health() ? account.health().SerializeAsString() : ""});
}

}  // namespace

net::Task<absl::StatusOr<OwnerAccounts>> AccountStore::ReadOwner(std::string owner) {
  std::vector<std::string> keys{UserKey(owner), kSettings, kHealth};
  std::vector<std::string> args;
  auto reply = co_await redis_.Run(scripts::kReadOwner, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (!HasShape(*reply, 3)) co_return Unreadable("a user");
  OwnerAccounts found;
  found.owner = std::move(owner);
  found.revision = reply->items[0].text;
  const auto& settings = reply->items[1].items;
  const auto& health = reply->items[2].items;
  for (size_t i = 0; i < settings.size() && i < health.size(); ++i) {
    auto account = Join(settings[i], health[i]);
    if (!account.ok()) co_return account.status();
    found.accounts.push_back(*std::move(account));
  }
  std::sort(found.accounts.begin(), found.accounts.end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  co_return found;
}

net::Task<absl::StatusOr<v1::Account>> AccountStore::Read(std::string id) {
  std::vector<std::string> keys{kSettings, kHealth};
  std::vector<std::string> args{std::move(id)};
  auto reply = co_await redis_.Run(scripts::kReadAccount, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (!HasShape(*reply, 2)) co_return Unreadable("an account");
  if (reply->items[0].IsNil()) co_return absl::NotFoundError("there is no such account");
  co_return Join(reply->items[0], reply->items[1]);
}

net::Task<absl::StatusOr<uint64_t>> AccountStore::Commit(OwnerEdit edit) {
  std::vector<std::string> keys{kFeed,
                                kSettings,
                                kHealth,
                                kChanged,
                                kRemoved,
                                kCreated,
                                UserKey(edit.owner),
                                std::string(AuditLog::kKey),
                                std::string(DepartureNotes::kDueKey),
                                std::string(DepartureNotes::kStageKey)};
  std::vector<std::string> args{edit.seen_revision,
                                edit.owner,
                                absl::StrCat(std::time(nullptr)),
                                absl::StrCat(edit.creates ? limits_.accounts : 0),
                                absl::StrCat(limits_.removals_kept),
                                absl::StrCat(AuditLog::kKept),
                                absl::StrCat(edit.put.size() + edit.removed.size())};
  for (const v1::Account& account : edit.put) AddWrite(args, "put", account);
  for (const v1::Account& account : edit.removed) AddWrite(args, "remove", account);
  if (!edit.audit.action.empty()) {
    for (std::string& field : AuditLog::Fields(edit.audit)) args.push_back(std::move(field));
  }

  auto reply = co_await redis_.Run(scripts::kCommit, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.empty()) co_return Unreadable("the answer to a change");
  const std::string& verdict = reply->items[0].text;
  if (verdict == "conflict")
    co_return absl::AbortedError("the user's accounts were changed meanwhile");
  if (verdict == "gone")
    co_return absl::FailedPreconditionError("what the user left behind is still to be removed");
  if (verdict == "full") {
    co_return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("This gateway has as many accounts as it takes. Ask its operator."));
  }
  co_return static_cast<uint64_t>(reply->items.back().integer);
}

net::Task<absl::StatusOr<uint64_t>> AccountStore::WriteHealth(std::string id, v1::Health before,
                                                              v1::Health after) {
  const bool news = IsNews(before, after);
  std::vector<std::string> keys{kFeed, kHealth, kChanged};
  std::vector<std::string> args{std::move(id), before.SerializeAsString(),
                                after.SerializeAsString(), news ? "1" : "0"};
  auto reply = co_await redis_.Run(scripts::kWriteHealth, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) co_return absl::AbortedError("the account's health was changed meanwhile");
  co_return static_cast<uint64_t>(reply->integer);
}

net::Task<absl::StatusOr<ChangesPage>> AccountStore::ReadChanges(FeedCursor since) {
  std::vector<std::string> keys{kFeed, kSettings, kHealth, kChanged, kRemoved};
  std::vector<std::string> args{absl::StrCat(since.revision), since.listing ? "1" : "0",
                                absl::StrCat(since.trims), absl::StrCat(FeedCursor::kTrimsModulus),
                                absl::StrCat(limits_.page_accounts)};
  auto reply = co_await redis_.Run(scripts::kReadChanges, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (!HasShape(*reply, 7)) co_return Unreadable("the feed of changes");
  co_return MakePage(since, *reply);
}

ChangesPage AccountStore::MakePage(FeedCursor since, const store::Reply& reply) const {
  const auto& revisions = reply.items[3].items;
  const auto& settings = reply.items[4].items;
  const auto& health = reply.items[5].items;
  ChangesPage page;
  page.snapshot = reply.items[2].integer == 1;
  size_t taken = 0, bytes = 0;
  for (; taken < revisions.size(); ++taken) {
    bytes += settings[taken].text.size() + health[taken].text.size();
    if (taken > 0 && bytes > limits_.page_bytes) break;
    auto account = Join(settings[taken], health[taken]);
    if (account.ok()) {
      page.changed.push_back(*std::move(account));
    } else {  // one damaged account must not keep all others from the services
      log::Error("account left out of the feed",
                 {{"error", account.status().message()}, {"revision", revisions[taken].text}});
    }
  }
  for (const store::Reply& id : reply.items[6].items) page.removed_ids.push_back(id.text);

  page.more = taken < revisions.size() || taken == static_cast<size_t>(limits_.page_accounts);
  if (page.more) {
    page.next.revision = ToNumber(revisions[taken - 1].text);
    page.next.listing = page.snapshot || since.listing;
    page.next.trims = static_cast<uint32_t>(reply.items[1].integer);
  } else {
    page.next.revision = static_cast<uint64_t>(reply.items[0].integer);
  }
  return page;
}

net::Task<absl::StatusOr<uint64_t>> AccountStore::ReadRevision() {
  std::vector<std::string> command{"HGET", kFeed, "revision"};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return reply->IsNil() ? 1 : ToNumber(reply->text);
}

net::Task<absl::StatusOr<absl::flat_hash_map<std::string, int64_t>>> AccountStore::ReadUsers() {
  std::vector<std::string> command{"HGETALL", kCreated};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  absl::flat_hash_map<std::string, int64_t> users;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    users.emplace(reply->items[i].text, static_cast<int64_t>(ToNumber(reply->items[i + 1].text)));
  }
  co_return users;
}

}  // namespace postern::admin
