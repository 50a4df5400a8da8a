#include "services/admin/oauth2/consent_edit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/rpc/mail_codec.h"
#include "services/admin/health.h"

namespace postern::admin {
namespace {

absl::StatusOr<const v1::Account*> FindIn(const OwnerAccounts& owner, absl::string_view id) {
  for (const v1::Account& account : owner.accounts) {
    if (account.id() == id) return &account;
  }
  return absl::NotFoundError("there is no such account");
}

absl::Status ChangedMeanwhile() {
  return absl::FailedPreconditionError("the account was changed meanwhile");
}

OwnerEdit EditOf(const OwnerAccounts& owner, v1::Account after, const char* action,
                 absl::string_view detail) {
  OwnerEdit edit;
  edit.owner = owner.owner;
  edit.seen_revision = owner.revision;
  edit.audit = {owner.owner, action, absl::StrCat(after.owner(), "/", after.name()),
                std::string(detail)};
  edit.put.push_back(std::move(after));
  return edit;
}

}  // namespace

absl::StatusOr<OwnerEdit> PlanConsent(const OwnerAccounts& owner, absl::string_view id,
                                      absl::string_view provider, const std::string& sealed_token,
                                      int64_t now_unix) {
  auto before = FindIn(owner, id);
  if (!before.ok()) return before.status();
  if ((*before)->oauth2_provider() != provider) return ChangedMeanwhile();
  v1::Account after = **before;
  after.set_sealed_password(sealed_token);
  after.set_settings_revision(after.settings_revision() + 1);
  if (after.enabled()) *after.mutable_health() = UntriedHealth((*before)->health(), now_unix);
  return EditOf(owner, std::move(after), "give consent", provider);
}

absl::StatusOr<OwnerEdit> PlanRotation(const OwnerAccounts& owner, absl::string_view id,
                                       const std::string& before, const std::string& after) {
  auto account = FindIn(owner, id);
  if (!account.ok()) return account.status();
  if ((*account)->sealed_password() != before) return ChangedMeanwhile();
  v1::Account rotated = **account;
  rotated.set_sealed_password(after);
  rotated.clear_health();  // stays as it is
  OwnerEdit edit = EditOf(owner, std::move(rotated), "", "");
  edit.audit = {};
  return edit;
}

absl::StatusOr<OwnerEdit> PlanLoss(const OwnerAccounts& owner, absl::string_view id,
                                   const std::string& before, int64_t now_unix) {
  auto account = FindIn(owner, id);
  if (!account.ok()) return account.status();
  if ((*account)->sealed_password() != before) return ChangedMeanwhile();
  v1::Account after = **account;
  after.clear_sealed_password();
  after.set_settings_revision(after.settings_revision() + 1);
  if (after.enabled()) {
    v1::ReportHealthRequest report;
    report.set_state(v1::HEALTH_STATE_ASKING);
    report.set_error(words::English(ConsentGone()));
    *report.mutable_problem() = rpc::ToProto(ConsentGone());
    *after.mutable_health() = ReportedHealth((*account)->health(), report, now_unix);
  }
  OwnerEdit edit = EditOf(owner, std::move(after), "lose consent", (*account)->oauth2_provider());
  edit.audit.actor = "provider";
  return edit;
}

words::Wording ConsentGone() {
  return words::Word("The mail provider does not accept your consent any more.");
}

}  // namespace postern::admin
