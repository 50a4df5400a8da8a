#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/account_store.h"
#include "services/admin/relay_rules.h"

// How an SMTP account sends, as its user wants it, and by which route, as the operator does. Pure.
namespace postern::admin {

inline constexpr size_t kMostIdentities = 10;
inline constexpr size_t kMaxSignatureBytes = 1024;
inline constexpr uint32_t kMostUndoSeconds = 120;
inline constexpr size_t kMaxRouteBytes = 64;

// The stored form: checked, without what says nothing; signatures with LF line ends and
// without the line "-- ", which goes before each anyhow (RFC 3676 section 4.3). Of an account
// that sends by the operator's relay each identity is one that `relay` lets the owner use.
// kInvalidArgument "field: reason", of an identity "identities: 2: reason", of a schedule
// "schedule: line:column: reason", with a wording.
absl::StatusOr<v1::Sending> CheckedSending(const OwnerAccounts& owner, const v1::Account& account,
                                           const v1::Sending& wanted, const RelayRules& relay);

// What of it still means something when the account's own address is another one.
v1::Sending KeptSending(const v1::Account& before, const v1::Account& after);

// Replaces it; an edit without writes when it is so already. `actor`: a bare JID, or
// "operator". kNotFound when there is no such account.
absl::StatusOr<OwnerEdit> PlanSetSending(const OwnerAccounts& owner, const std::string& id,
                                         const v1::Sending& wanted, const std::string& actor,
                                         const RelayRules& relay);

// The same of the route, a name or empty. kFailedPrecondition when the account sends nothing.
absl::StatusOr<OwnerEdit> PlanSetRoute(const OwnerAccounts& owner, const std::string& id,
                                       const std::string& route);

}  // namespace postern::admin
