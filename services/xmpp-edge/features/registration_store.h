#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

// Has a registration stored by admin, and tells its user what comes of it: the news, and the
// welcome with the first account. A password that is not to be stored goes to the service
// that needs it.
class RegistrationStore {
 public:
  explicit RegistrationStore(FeatureContext context) : context_(std::move(context)) {}

  // `password_from`: id of the account whose stored password is taken over; may be empty.
  // Errors are admin's.
  net::Task<absl::Status> Put(Registration registration, std::string password_from, Words words);

 private:
  net::Task<void> AfterPut(admin::v1::PutAccountResponse stored, crypto::Secret password,
                           Words words);

  FeatureContext context_;
};

}  // namespace postern::xmpp_edge
