#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/account_store.h"

// When, and which mailboxes of an account are looked into, as its user wants it. Pure.
namespace postern::admin {

inline constexpr size_t kMostMoreMailboxes = 20;
inline constexpr uint32_t kMostRemoveAfterDays = 3650;

// The stored form: checked, without what says nothing. kInvalidArgument "field: reason", of a
// schedule "schedule: line:column: reason", with a wording.
absl::StatusOr<v1::Watching> CheckedWatching(const v1::Account& account,
                                             const v1::Watching& wanted);

// What of it still means something when the account's mailbox is another one.
v1::Watching KeptWatching(const v1::Account& before, const v1::Account& after);

// Replaces it; an edit without writes when it is so already. `actor`: a bare JID, or
// "operator". kNotFound when there is no such account.
absl::StatusOr<OwnerEdit> PlanSetWatching(const OwnerAccounts& owner, const std::string& id,
                                          const v1::Watching& wanted, const std::string& actor);

}  // namespace postern::admin
