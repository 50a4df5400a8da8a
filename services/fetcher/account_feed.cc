#include "services/fetcher/account_feed.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/process/log.h"
#include "lib/rpc/unary.h"
#include "services/fetcher/timetable.h"

namespace postern::fetcher {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongPoll = seconds(25);
constexpr milliseconds kGrace = seconds(10);
constexpr milliseconds kPauseAfterError = seconds(1);
constexpr int64_t kDefaultIntervalMinutes = 5;

Action FromProto(admin::v1::Action action) {
  switch (action) {
    case admin::v1::ACTION_NOTHING:
      return Action::kNothing;
    case admin::v1::ACTION_DIGEST:
      return Action::kDigest;
    default:
      return Action::kFull;
  }
}

PresenceActions FromProto(const admin::v1::PresenceActions& proto) {
  PresenceActions actions;
  actions.chat = FromProto(proto.chat());
  actions.online = FromProto(proto.online());
  actions.away = FromProto(proto.away());
  actions.xa = FromProto(proto.xa());
  actions.dnd = FromProto(proto.dnd());
  actions.offline = FromProto(proto.offline());
  return actions;
}

AccountType FromProto(admin::v1::AccountType type) {
  if (type == admin::v1::ACCOUNT_TYPE_IMAP) return AccountType::kImap;
  if (type == admin::v1::ACCOUNT_TYPE_POP3) return AccountType::kPop3;
  return AccountType::kOther;
}

Security FromProto(admin::v1::Security security) {
  if (security == admin::v1::SECURITY_STARTTLS) return Security::kStartTls;
  if (security == admin::v1::SECURITY_NONE) return Security::kNone;
  return Security::kTls;
}

// What admin refused can't come. Should it all the same, mail is fetched as without it.
std::shared_ptr<const Timetable> TimetableOf(const admin::v1::Account& proto) {
  const admin::v1::Watching& watching = proto.watching();
  auto timetable =
      Timetable::Make(watching.schedule(), watching.quiet_hours(), watching.time_zone());
  if (timetable.ok()) return *timetable;
  log::Error("an account's times can't be read",
             {{"account", proto.id()},
              {"error", timetable.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  return nullptr;
}

}  // namespace

Account FromProto(const admin::v1::Account& proto) {
  Account account;
  account.id = proto.id();
  account.owner = proto.owner();
  account.name = proto.name();
  account.type = FromProto(proto.type());
  account.enabled = proto.enabled();
  account.host = proto.host();
  account.port = static_cast<uint16_t>(proto.port());
  account.security = FromProto(proto.security());
  account.login = proto.login();
  account.sealed_password = proto.sealed_password();
  account.actions = FromProto(proto.actions());
  account.live_email_only = proto.live_email_only();
  const int64_t minutes =
      proto.interval_minutes() == 0 ? kDefaultIntervalMinutes : proto.interval_minutes();
  account.interval_seconds = minutes * 60;
  if (!proto.mailbox().empty()) account.mailbox = proto.mailbox();
  account.more_mailboxes.assign(proto.watching().more_mailboxes().begin(),
                                proto.watching().more_mailboxes().end());
  account.remove_after_days = proto.watching().remove_after_days();
  account.timetable = TimetableOf(proto);
  account.time_zone = proto.watching().time_zone();
  account.default_from = proto.default_from();
  account.default_account = proto.default_account();
  for (const admin::v1::Identity& identity : proto.sending().identities()) {
    account.identities.push_back(identity.from());
  }
  account.oauth2_provider = proto.oauth2_provider();
  account.settings_revision = proto.settings_revision();
  return account;
}

AccountFeed::AccountFeed(admin::v1::AdminService::StubInterface& admin, OnChange on_change,
                         OnRemoval on_removal, OnRemoval on_absence)
    : admin_(admin),
      on_change_(std::move(on_change)),
      on_removal_(std::move(on_removal)),
      on_absence_(std::move(on_absence)) {}

net::Task<void> AccountFeed::Run() {
  for (;;) {
    const auto heard = co_await Ask(kLongPoll);
    if (heard.ok()) continue;
    log::Debug("accounts not heard",
               {{"error", heard.status().ToString(absl::StatusToStringMode::kWithNoExtraData)}});
    co_await net::Sleep(kPauseAfterError);
  }
}

net::Task<absl::Status> AccountFeed::CatchUp() {
  for (;;) {
    const auto heard = co_await Ask(milliseconds(0));
    const bool all_heard = heard.ok() && *heard && !more_;
    if (all_heard || !heard.ok()) co_return heard.status();
  }
}

net::Task<absl::StatusOr<bool>> AccountFeed::Ask(milliseconds wait) {
  admin::v1::ListAccountChangesRequest request;
  request.set_since_revision(revision_);
  request.set_wait_ms(static_cast<uint32_t>(wait.count()));
  const uint64_t asked_since = revision_;
  auto answer = co_await rpc::Call(
      admin_.async(), &admin::v1::AdminService::StubInterface::async_interface::ListAccountChanges,
      std::move(request), wait + kGrace);
  if (!answer.ok()) co_return answer.status();
  if (asked_since != revision_) co_return false;
  Apply(*answer);
  co_return true;
}

void AccountFeed::Apply(const admin::v1::ListAccountChangesResponse& answer) {
  if (answer.snapshot()) {
    listing_ = true;
    listed_.clear();
  }
  const std::vector<std::string> gone(answer.removed_ids().begin(), answer.removed_ids().end());
  std::vector<std::string> absent;
  if (listing_) {
    for (const std::string& id : gone) listed_.erase(id);
    for (const admin::v1::Account& account : answer.changed()) listed_.insert(account.id());
  }
  // An account that is on no page yet may be on the next: only the whole listing
  // tells what is gone.
  const bool complete = listing_ && !answer.more();
  if (complete) {
    for (const std::string& id : gone) listed_.insert(id);  // named already
    for (const std::string& id : ids_) {
      if (!listed_.contains(id)) absent.push_back(id);
    }
    listing_ = false;
    listed_ = {};
  }
  for (const std::string& id : gone) {
    ids_.erase(id);
    on_removal_(id);
  }
  for (const std::string& id : absent) {
    ids_.erase(id);
    on_absence_(id);
  }
  for (const admin::v1::Account& account : answer.changed()) {
    ids_.insert(account.id());
    on_change_(FromProto(account));
  }
  revision_ = answer.revision();
  more_ = answer.more();
  if (!listing_) known_ = true;
}

}  // namespace postern::fetcher
