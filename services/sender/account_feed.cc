#include "services/sender/account_feed.h"

#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::sender {
namespace {

using AdminAsync = admin::v1::AdminService::StubInterface::async_interface;

constexpr std::chrono::seconds kLongPoll{25}, kGrace{10}, kPause{1};

Security ToSecurity(admin::v1::Security security) {
  switch (security) {
    case admin::v1::SECURITY_STARTTLS:
      return Security::kStartTls;
    case admin::v1::SECURITY_NONE:
      return Security::kNone;
    default:
      return Security::kTls;
  }
}

Account ToAccount(const admin::v1::Account& proto) {
  Account account;
  account.id = proto.id();
  account.owner = proto.owner();
  account.enabled = proto.enabled();
  account.host = proto.host();
  account.port = static_cast<uint16_t>(proto.port());
  account.security = ToSecurity(proto.security());
  account.login = proto.login();
  account.sealed_password = proto.sealed_password();
  account.default_from = proto.default_from();
  account.settings_revision = proto.settings_revision();
  account.healthy = proto.health().state() == admin::v1::HEALTH_STATE_OK;
  return account;
}

}  // namespace

net::Task<void> AccountFeed::Run() {
  bool reachable = true;
  for (;;) {
    // The first answer is wanted at once, even if it is empty.
    absl::Status s = co_await Ask(accounts_.loaded() ? kLongPoll : std::chrono::seconds(0));
    if (!s.ok() && reachable) {
      log::Warn("admin is away; going on with the accounts known", {{"error", s.message()}});
    }
    reachable = s.ok();
    if (!reachable) co_await net::Sleep(kPause);
  }
}

net::Task<absl::Status> AccountFeed::CatchUp() { co_return co_await Ask(std::chrono::seconds(0)); }

net::Task<absl::Status> AccountFeed::Ask(std::chrono::milliseconds wait) {
  admin::v1::ListAccountChangesRequest request;
  request.set_since_revision(revision_);
  request.set_wait_ms(static_cast<uint32_t>(wait.count()));
  const uint64_t asked_since = revision_;
  auto answer =
      co_await rpc::Call(admin_.async(), &AdminAsync::ListAccountChanges, request, wait + kGrace);
  if (!answer.ok()) co_return answer.status();
  // Two questions may be under way at once: an answer that another one has
  // overtaken would set settings back.
  if (asked_since == revision_) Apply(*answer);
  co_return absl::OkStatus();
}

void AccountFeed::Apply(const admin::v1::ListAccountChangesResponse& answer) {
  std::vector<Account> changed;
  for (const auto& account : answer.changed()) {
    if (account.type() == admin::v1::ACCOUNT_TYPE_SMTP) changed.push_back(ToAccount(account));
  }
  const std::vector<std::string> removed(answer.removed_ids().begin(), answer.removed_ids().end());
  const auto changes = accounts_.Apply(std::move(changed), removed, answer.snapshot());
  revision_ = answer.revision();
  on_change_(changes);
}

}  // namespace postern::sender
