#pragma once

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/features/registration_form.h"

namespace postern::xmpp_edge {

// True when a registration has settings that no mail server has accepted yet, and there is
// something to log in with. A folder that was just listed needs none: its account's
// settings work. A password that is not stored and not given is asked for later. Pure.
bool NeedsTrial(const FormSubject& subject, const Registration& registration);

// Tries accounts before they are stored: the fetcher or the sender logs in. Limited, so
// that nobody guesses passwords through us: a user tries one at a time, and none while too
// many did not work (FailedTrials); of all users 32 at a time.
class AccountTrials {
 public:
  static constexpr size_t kMostAtOnce = 32;

  explicit AccountTrials(FeatureContext context) : context_(std::move(context)) {}

  // OK: it works. kFailedPrecondition: it does not, and why, as "field: reason" where a
  // field is to blame. kResourceExhausted: over the limits. kUnavailable: it can't be tried
  // now. All with a wording. An empty password stands for that of the account's id.
  net::Task<absl::Status> Try(admin::v1::Account account, crypto::Secret password);

  // What is stored untested tells by its health whether a password was right, so it
  // counts as one that did not work. kResourceExhausted as above.
  absl::Status PassUntested(const std::string& user);

 private:
  absl::Status Admit(const std::string& user);
  net::Task<absl::Status> Ask(admin::v1::Account account, crypto::Secret password);

  FeatureContext context_;
  absl::flat_hash_set<std::string> trying_;
};

}  // namespace postern::xmpp_edge
