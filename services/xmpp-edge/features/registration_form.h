#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Which of the registration forms: whose fields it has, and what is in them.
struct FormSubject {
  // UNSPECIFIED: the form of the gateway itself, all fields in one and the type as the
  // first, for clients that know no type nodes.
  admin::v1::AccountType type = admin::v1::ACCOUNT_TYPE_UNSPECIFIED;
  // Pre-filled with this one, which is to be changed.
  std::shared_ptr<const admin::v1::Account> existing;
  // A new one, pre-filled with the settings of this one but for the name, and for
  // `mailbox`. An empty password is then that of `like`.
  std::shared_ptr<const admin::v1::Account> like;
  std::string mailbox;
  bool has_default_sender = false;
  // The operator's relay may be chosen, under this name; empty: it is not offered.
  std::string relay_label;
  // The site's providers that want consent in place of a password.
  admin::v1::GetSiteResponse site;
};

// The registration form, field for field as JMC had it (XMPP reference 1.3). Pure.
// The password is never in it.
DataForm RegistrationForm(const FormSubject& subject, const Words& words);

// Asks for the type alone; its field "type" as in the form of the gateway itself.
DataForm TypeForm(const FormSubject& subject, const Words& words);

struct Registration {
  admin::v1::Account account;  // without owner
  crypto::Secret password;     // empty: unchanged, not stored, or that of `like`
  bool uses_password_of_like = false;
  bool store_untested = false;  // as the user wishes
  bool awaits_consent = false;  // no password is needed: the owner gives consent afterwards
};

// Reads what was submitted to that form. A field that was not sent has its default, or
// is left as it is. kInvalidArgument as "field: reason", with a wording of the reason.
// What the values may be is otherwise for admin to say.
absl::StatusOr<Registration> ReadRegistration(Submission submission, const FormSubject& subject);

}  // namespace postern::xmpp_edge
