#pragma once

#include <string>
#include <utility>

#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_answers.h"
#include "services/xmpp-edge/features/registration_form.h"

namespace postern::xmpp_edge {

// Has a registration stored by admin, answers it, and tells its user what comes of it: the
// news, and the welcome with the first account. A password that is not to be stored goes
// to the service that needs it.
class RegistrationStore {
 public:
  explicit RegistrationStore(FeatureContext context) : context_(std::move(context)) {}

  // `password_from`: id of the account whose stored password is taken over; may be empty.
  net::Task<Element> Put(Asked asked, Registration registration, std::string password_from);

 private:
  net::Task<void> AfterPut(Asked asked, admin::v1::PutAccountResponse stored,
                           crypto::Secret password);

  FeatureContext context_;
};

}  // namespace postern::xmpp_edge
