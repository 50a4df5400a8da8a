#pragma once

#include "absl/strings/string_view.h"
#include "postern/admin/v1/admin.pb.h"

namespace postern::xmpp_edge {

// True for an account whose password its user doesn't want stored: it is asked for at
// each login, and kept in memory. The operator's relay has none.
inline bool IsPasswordGivenByHand(const admin::v1::Account& account) {
  return !account.store_password() && account.enabled() &&
         account.type() != admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP;
}

// What a form with a password in it says that it is, and how its field is called.
inline constexpr absl::string_view kPasswordForm = "postern#password";
inline constexpr absl::string_view kPasswordField = "password";

}  // namespace postern::xmpp_edge
