#include "services/admin/oauth2/consent_records.h"

#include <utility>

#include "lib/process/log.h"

namespace postern::admin {
namespace {

constexpr int kAttempts = 20;

}  // namespace

net::Task<absl::Status> ConsentRecords::Write(std::string id, Plan plan) {
  auto account = co_await store_.Read(std::move(id));
  if (!account.ok()) co_return account.status();
  for (int i = 0; i < kAttempts; ++i) {
    auto owner = co_await store_.ReadOwner(account->owner());
    if (!owner.ok()) co_return owner.status();
    auto edit = plan(*owner);
    if (!edit.ok()) co_return edit.status();
    const AuditEntry audit = edit->audit;
    auto revision = co_await store_.Commit(*std::move(edit));
    if (absl::IsAborted(revision.status())) continue;
    if (!revision.ok()) co_return revision.status();
    feed_.Saw(*revision);
    if (!audit.action.empty()) {
      log::Info("accounts changed",
                {{"actor", audit.actor}, {"action", audit.action}, {"subject", audit.subject}});
    }
    co_return absl::OkStatus();
  }
  co_return absl::UnavailableError("the account is being changed from elsewhere; try again");
}

}  // namespace postern::admin
