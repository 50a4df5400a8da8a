#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/words/wording.h"
#include "services/admin/account_store.h"

// What consent, and its loss, does to an account. Pure. All: kNotFound when there is no such
// account, kFailedPrecondition when it is not what it was.
namespace postern::admin {

// Consent is given to this provider: the account has this refresh token now.
absl::StatusOr<OwnerEdit> PlanConsent(const OwnerAccounts& owner, absl::string_view id,
                                      absl::string_view provider, const std::string& sealed_token,
                                      int64_t now_unix);

// The provider has given another refresh token in the place of `before`. The settings'
// revision stays: nobody need connect anew.
absl::StatusOr<OwnerEdit> PlanRotation(const OwnerAccounts& owner, absl::string_view id,
                                       const std::string& before, const std::string& after);

// The refresh token `before` is of no use any more: the owner has to be asked.
absl::StatusOr<OwnerEdit> PlanLoss(const OwnerAccounts& owner, absl::string_view id,
                                   const std::string& before, int64_t now_unix);

// Why an account waits for its owner once more.
words::Wording ConsentGone();

}  // namespace postern::admin
