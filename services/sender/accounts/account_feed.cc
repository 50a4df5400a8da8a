#include "services/sender/accounts/account_feed.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"

namespace postern::sender {
namespace {

using AdminAsync = admin::v1::AdminService::StubInterface::async_interface;

constexpr std::chrono::seconds kLongPoll{25}, kGrace{10}, kPause{1};

KnownHealth ToKnownHealth(admin::v1::HealthState state) {
  if (state == admin::v1::HEALTH_STATE_OK) return KnownHealth::kOk;
  if (state == admin::v1::HEALTH_STATE_ASKING) return KnownHealth::kAsking;
  return KnownHealth::kOther;
}

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

Sending ToSending(const admin::v1::Account& account) {
  const admin::v1::Sending& proto = account.sending();
  Sending sending;
  sending.identities.push_back({account.default_from(), proto.signature()});
  for (const admin::v1::Identity& identity : proto.identities()) {
    sending.identities.push_back({identity.from(), identity.signature()});
  }
  sending.form = proto.form() == admin::v1::BODY_FORM_HTML ? BodyForm::kHtml : BodyForm::kPlain;
  sending.undo_seconds = proto.undo_seconds();
  sending.schedule = proto.schedule();
  sending.time_zone = proto.time_zone();
  sending.sent_folder = proto.sent_folder();
  sending.hide_jabber_id = proto.hide_jabber_id();
  return sending;
}

}  // namespace

bool Sends(const admin::v1::Account& account) {
  return account.type() == admin::v1::ACCOUNT_TYPE_SMTP ||
         account.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
}

Account ToAccount(const admin::v1::Account& proto) {
  Account account;
  account.id = proto.id();
  account.owner = proto.owner();
  account.enabled = proto.enabled();
  account.by_site_relay = proto.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
  account.host = proto.host();
  account.port = static_cast<uint16_t>(proto.port());
  account.security = ToSecurity(proto.security());
  account.login = proto.login();
  account.sealed_password = proto.sealed_password();
  account.default_from = proto.default_from();
  account.oauth2_provider = proto.oauth2_provider();
  account.sending = ToSending(proto);
  account.route = proto.route();
  account.settings_revision = proto.settings_revision();
  account.known_health = ToKnownHealth(proto.health().state());
  return account;
}

net::Task<void> AccountFeed::Run() {
  bool reachable = true;
  for (;;) {
    // The first answer is wanted at once, even if it is empty.
    const bool at_once = more_ || !accounts_.loaded();
    const std::chrono::seconds wait = at_once ? std::chrono::seconds(0) : kLongPoll;
    const auto heard = co_await Ask(wait);
    if (!heard.ok() && reachable) {
      log::Warn("admin is away; going on with the accounts known",
                {{"error", heard.status().message()}});
    }
    reachable = heard.ok();
    if (!reachable) co_await net::Sleep(kPause);
  }
}

net::Task<absl::Status> AccountFeed::CatchUp() {
  while (true) {
    const auto heard = co_await Ask(std::chrono::seconds(0));
    const bool all_heard = heard.ok() && *heard && !more_;
    if (all_heard || !heard.ok()) co_return heard.status();
  }
}

net::Task<absl::StatusOr<bool>> AccountFeed::Ask(std::chrono::milliseconds wait) {
  admin::v1::ListAccountChangesRequest request;
  request.set_since_revision(revision_);
  request.set_wait_ms(static_cast<uint32_t>(wait.count()));
  const uint64_t asked_since = revision_;
  auto answer =
      co_await rpc::Call(admin_.async(), &AdminAsync::ListAccountChanges, request, wait + kGrace);
  if (!answer.ok()) co_return answer.status();
  if (asked_since != revision_) co_return false;
  Apply(*answer);
  co_return true;
}

void AccountFeed::Apply(const admin::v1::ListAccountChangesResponse& answer) {
  if (on_answer_) on_answer_(answer);
  if (answer.snapshot()) {
    listing_ = true;
    listed_.clear();
  }
  revision_ = answer.revision();
  more_ = answer.more();
  std::vector<Account> changed;
  for (const auto& account : answer.changed()) {
    if (Sends(account)) changed.push_back(ToAccount(account));
  }
  const std::vector<std::string> removed(answer.removed_ids().begin(), answer.removed_ids().end());
  if (!listing_) {
    on_change_(accounts_.Apply(std::move(changed), removed, false));
    return;
  }
  // An account that is on no page yet may be on the next: only the whole listing
  // tells what is gone, and what is settled by an account that is not here fails.
  const absl::flat_hash_set<absl::string_view> gone(removed.begin(), removed.end());
  std::erase_if(listed_, [&](const Account& account) { return gone.contains(account.id); });
  std::move(changed.begin(), changed.end(), std::back_inserter(listed_));
  if (more_) return;
  listing_ = false;
  on_change_(accounts_.Apply(std::exchange(listed_, {}), removed, true));
}

}  // namespace postern::sender
