#include "services/fetcher/effects/owner_notes.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/rpc/unary.h"

namespace postern::fetcher {

namespace {

constexpr std::chrono::milliseconds kDeadline{15'000};
constexpr int64_t kHour = 3600, kDay = 24 * kHour;

}  // namespace

bool HourlyLimit::Take(const std::string& key, const std::string& id, int64_t now_unix) {
  if (now_unix / kHour != hour_) taken_.clear();
  hour_ = now_unix / kHour;
  absl::flat_hash_set<std::string>& ids = taken_[key];
  if (ids.contains(id)) return true;
  if (ids.size() >= most_) return false;
  ids.insert(id);
  return true;
}

net::Task<absl::Status> OwnerNotes::Ask(edge::v1::NotifyRequest request) {
  auto answer = co_await rpc::Call(edge_.async(),
                                   &edge::v1::EdgeService::StubInterface::async_interface::Notify,
                                   std::move(request), kDeadline);
  co_return answer.status();
}

net::Task<void> OwnerNotes::Tell(const Account& account, words::Wording wording) {
  const int64_t now = std::time(nullptr);
  const std::string said = words::English(wording);
  const std::string id =
      crypto::Sha256Hex(absl::StrCat("note\n", account.id, "\n", said, "\n", now / kDay))
          .substr(0, 32);
  if (!notes_.Take(account.owner, id, now)) co_return;
  edge::v1::NotifyRequest request;
  request.set_notification_id(id);
  request.set_to(account.owner);
  *request.mutable_wording() = rpc::ToProto(wording);
  request.set_account(account.name);
  const absl::Status told = co_await Ask(std::move(request));
  if (told.ok()) co_return;
  log::Warn("an account's owner was not told of what a rule could not do",
            {{"account", account.id}, {"error", told.message()}});
}

net::Task<absl::Status> OwnerNotes::Notify(const Account& account,
                                           edge::v1::NotifyRequest request) {
  const int64_t now = std::time(nullptr);
  if (!notifications_.Take(account.owner, request.notification_id(), now)) {
    co_return absl::ResourceExhaustedError("notify: enough for this hour");
  }
  co_return co_await Ask(std::move(request));
}

}  // namespace postern::fetcher
