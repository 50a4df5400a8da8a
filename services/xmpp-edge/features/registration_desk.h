#pragma once

#include <optional>
#include <string>

#include "lib/net/task.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_answers.h"
#include "services/xmpp-edge/features/registration_form.h"
#include "services/xmpp-edge/features/registration_store.h"
#include "services/xmpp-edge/features/registration_trial.h"

namespace postern::xmpp_edge {

// Registers accounts and changes them, whichever way that is asked for: in-band (XEP-0077)
// or by a command (XEP-0050). There is one, for the limits of trials are for both.
class RegistrationDesk {
 public:
  explicit RegistrationDesk(FeatureContext context)
      : context_(context), trials_(context), store_(context) {}

  // The form that belongs to a place: of the gateway, a type or an account.
  FormSubject SubjectAt(const Place& place, const std::string& user, const Words& words) const;

  // Tries a registration of that form where it needs it, and has it stored: within 35 s.
  // Its user is told by chat, by and by. nullopt: it is stored.
  net::Task<std::optional<RegistrationProblem>> Take(std::string user, FormSubject subject,
                                                     Registration registration, Words words);

 private:
  net::Task<absl::Status> Try(const FormSubject& subject, const Registration& registration);

  FeatureContext context_;
  AccountTrials trials_;
  RegistrationStore store_;
};

}  // namespace postern::xmpp_edge
