#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/data_form.h"

namespace postern::xmpp_edge {

// The registration form, field for field as JMC had it (XMPP reference 1.3). Pure.
//
// `type` unspecified: the form of the gateway itself, all fields in one and the
// type as the first, for clients that know no type nodes. `existing`: pre-filled
// to be changed; null for a new account. The password is never in it.
DataForm RegistrationForm(admin::v1::AccountType type, const admin::v1::Account* existing,
                          bool has_default_smtp);

struct Registration {
  admin::v1::Account account;  // without owner
  std::string password;        // empty: unchanged
};

// Reads what was submitted to that form. A field that was not sent has its
// default, or is left as it is in `existing`. kInvalidArgument as "field: reason";
// kUnimplemented for POP3. What the values may be is otherwise for admin to say.
absl::StatusOr<Registration> ReadRegistration(Submission submission, admin::v1::AccountType type,
                                              const admin::v1::Account* existing);

}  // namespace postern::xmpp_edge
