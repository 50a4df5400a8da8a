// XEP-0077 section 3.2: accounts are removed, when that is meant.
#include "services/xmpp-edge/features/registration_removal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/digest.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using AdminCalls = admin::v1::AdminService::StubInterface::async_interface;

constexpr auto kAdminDeadline = std::chrono::seconds(10);
constexpr char kSecondsToConfirm[] = "120";

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
  std::vector<std::string> names;
  for (const AccountDirectory::Account& account : wish.accounts) names.push_back(account->name());
  const std::string list = absl::StrJoin(names, ", ");
  return wish.everything ? texts::RemoveAllAgain(words, names.size(), list)
                         : texts::RemoveAgain(words, names.size(), list);
}

}  // namespace

net::Task<Element> Removal::Take(Asked asked, RemovalWish wish) {
  if (wish.accounts.empty()) co_return ErrorAnswer(asked.iq, "auth", "registration-required");
  auto confirmed = co_await IsConfirmed(wish);
  if (!confirmed.ok()) co_return Refusal(asked, confirmed.status());
  if (!*confirmed) co_return AskAgain(std::move(asked), wish);
  const absl::Status removed = co_await Remove(wish);
  if (!removed.ok()) co_return Refusal(asked, removed);
  context_.tasks.Spawn("after removal", AfterRemoval(std::move(wish)));
  co_return IqResult(asked.iq);
}

Element Removal::AskAgain(Asked asked, const RemovalWish& wish) {
  std::string text = RemovalText(asked.words, wish);
  Element answer = ErrorAnswer(asked.iq, "modify", "not-acceptable", text);
  context_.tasks.Spawn("ask for removal again", TellAgain(wish.user, std::move(text)));
  return answer;
}

net::Task<absl::StatusOr<bool>> Removal::IsConfirmed(const RemovalWish& wish) {
  const std::string mark = Fingerprint(wish);
  std::vector<std::string> read = {"GET", Key(wish.user)};
  auto remembered = co_await context_.redis.Command(std::move(read));
  if (!remembered.ok()) co_return remembered.status();
  if (remembered->text == mark) co_return true;
  std::vector<std::string> write = {"SET", Key(wish.user), mark, "EX", kSecondsToConfirm};
  auto written = co_await context_.redis.Command(std::move(write));
  if (!written.ok()) co_return written.status();
  co_return false;
}

net::Task<absl::Status> Removal::Remove(const RemovalWish& wish) {
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

net::Task<void> Removal::AfterRemoval(RemovalWish wish) {
  co_await AfterAnswer(context_);
  for (const AccountDirectory::Account& account : wish.accounts) {
    context_.directory.Forget(account->id());
  }
}

net::Task<void> Removal::TellAgain(std::string user, std::string text) {
  co_await AfterAnswer(context_);
  co_await Tell(context_, std::move(user), std::move(text));
}

}  // namespace postern::xmpp_edge
