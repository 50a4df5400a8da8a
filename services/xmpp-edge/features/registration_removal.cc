// XEP-0077 section 3.2: accounts are removed, when that is meant.
#include "services/xmpp-edge/features/registration_removal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using AdminCalls = admin::v1::AdminService::StubInterface::async_interface;

constexpr auto kAdminDeadline = std::chrono::seconds(10);
constexpr char kSecondsToConfirm[] = "120";
constexpr size_t kMaxIdBytes = 1024;
// A double click, or a stanza that a client sends again, comes sooner.
constexpr int64_t kReadingMs = 1000;

std::string Key(absl::string_view user) {
  return absl::StrCat("postern:session:removal:{", user, "}");
}

// The same for the same wish alone.
std::string Fingerprint(const RemovalWish& wish) {
  std::vector<std::string> ids;
  for (const AccountDirectory::Account& account : wish.accounts) ids.push_back(account->id());
  std::sort(ids.begin(), ids.end());
  return crypto::Sha256Hex(
      absl::StrCat(wish.everything ? "everything" : "accounts", "\n", absl::StrJoin(ids, "\n")));
}

std::string RemovalText(const Words& words, const RemovalWish& wish) {
  const size_t count = wish.accounts.size();
  return wish.everything ? texts::RemoveAllAgain(words, count, NamesOf(wish))
                         : texts::RemoveAgain(words, count, NamesOf(wish));
}

net::Task<void> TellAgain(FeatureContext context, std::string user, std::string text) {
  co_await AfterAnswer(context);
  co_await Tell(context, std::move(user), std::move(text));
}

net::Task<void> AfterRemoval(FeatureContext context, RemovalWish wish) {
  co_await AfterAnswer(context);
  for (const AccountDirectory::Account& account : wish.accounts) {
    context.directory.Forget(account->id());
  }
}

}  // namespace

std::string NamesOf(const RemovalWish& wish) {
  std::vector<std::string> names;
  for (const AccountDirectory::Account& account : wish.accounts) names.push_back(account->name());
  return absl::StrJoin(names, ", ");
}

net::Task<Element> Removal::Take(Asked asked, RemovalWish wish) {
  if (wish.accounts.empty()) co_return ErrorAnswer(asked.iq, "auth", "registration-required");
  std::string iq_id(asked.iq.Attr("id"));
  auto confirmed = co_await IsConfirmed(wish, std::move(iq_id));
  if (!confirmed.ok()) co_return Refusal(asked, confirmed.status());
  if (!*confirmed) co_return AskAgain(std::move(asked), wish);
  const absl::Status removed = co_await Remove(std::move(wish));
  if (!removed.ok()) co_return Refusal(asked, removed);
  co_return IqResult(asked.iq);
}

net::Task<std::string> Removal::TakeByChat(RemovalWish wish, std::string message_id, Words words) {
  const std::string names = NamesOf(wish);
  auto confirmed = co_await IsConfirmed(wish, std::move(message_id));
  if (!confirmed.ok()) co_return texts::AccountsAway(words);
  if (!*confirmed) co_return texts::RemoveAgainByChat(words, names);
  const absl::Status removed = co_await Remove(std::move(wish));
  co_return removed.ok() ? texts::Removed(words, 1, names) : texts::AccountsAway(words);
}

Element Removal::AskAgain(Asked asked, const RemovalWish& wish) {
  std::string text = RemovalText(asked.words, wish);
  Element answer = ErrorAnswer(asked.iq, "modify", "not-acceptable", text);
  context_.tasks.Spawn("ask for removal again", TellAgain(context_, wish.user, std::move(text)));
  return answer;
}

net::Task<absl::StatusOr<bool>> Removal::IsConfirmed(const RemovalWish& wish,
                                                     std::string stanza_id) {
  stanza_id = stanza_id.substr(0, kMaxIdBytes);
  const std::string mark = Fingerprint(wish);
  std::vector<std::string> read = {"GET", Key(wish.user)};
  auto remembered = co_await context_.redis.Command(std::move(read));
  if (!remembered.ok()) co_return remembered.status();
  const std::vector<std::string> first = absl::StrSplit(remembered->text, absl::MaxSplits('\n', 2));
  const int64_t now_ms = absl::ToUnixMillis(absl::Now());
  if (first.size() == 3 && first[0] == mark && (stanza_id.empty() || first[2] != stanza_id)) {
    int64_t asked_ms = 0;
    const bool read_meanwhile =
        absl::SimpleAtoi(first[1], &asked_ms) && now_ms - asked_ms >= kReadingMs;
    if (read_meanwhile) co_return true;
  }
  const std::string written = absl::StrCat(mark, "\n", now_ms, "\n", stanza_id);
  std::vector<std::string> write = {"SET", Key(wish.user), written, "EX", kSecondsToConfirm};
  auto kept = co_await context_.redis.Command(std::move(write));
  if (kept.ok()) co_return false;
  // It may be there all the same, and nobody was asked: then the next time is no second one.
  std::vector<std::string> forget = {"DEL", Key(wish.user)};
  (void)co_await context_.redis.Command(std::move(forget));
  co_return kept.status();
}

net::Task<absl::Status> Removal::Remove(RemovalWish wish) {
  if (wish.everything) {
    if (absl::Status s = co_await RemoveAll(wish.user); !s.ok()) co_return s;
  } else {
    for (const AccountDirectory::Account& account : wish.accounts) {
      if (absl::Status s = co_await RemoveOne(account->id()); !s.ok()) co_return s;
    }
  }
  // Left behind it does no harm: it names accounts that are gone.
  std::vector<std::string> forget = {"DEL", Key(wish.user)};
  (void)co_await context_.redis.Command(std::move(forget));
  context_.tasks.Spawn("after removal", AfterRemoval(context_, std::move(wish)));
  co_return absl::OkStatus();
}

net::Task<absl::Status> Removal::RemoveAll(std::string user) {
  admin::v1::RemoveUserRequest request;
  request.set_user(std::move(user));
  auto removed = co_await rpc::Call(context_.admin.async(), &AdminCalls::RemoveUser,
                                    std::move(request), kAdminDeadline);
  co_return removed.status();
}

net::Task<absl::Status> Removal::RemoveOne(std::string id) {
  admin::v1::RemoveAccountRequest request;
  request.set_account_id(std::move(id));
  auto removed = co_await rpc::Call(context_.admin.async(), &AdminCalls::RemoveAccount,
                                    std::move(request), kAdminDeadline);
  // Gone already is as good.
  if (absl::IsNotFound(removed.status())) co_return absl::OkStatus();
  co_return removed.status();
}

}  // namespace postern::xmpp_edge
