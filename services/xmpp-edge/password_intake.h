#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"
#include "services/xmpp-edge/password_marks.h"

namespace postern::xmpp_edge {

// A password that its user has just given, by chat or by command.
struct TakenPassword {
  AccountDirectory::Account account;
  crypto::Secret password;
  PasswordMark before, given;  // before it was taken, and since
};

// Takes a password: from then on it is known, should it come twice, and what is written
// to the contact is not taken for one more. kFailedPrecondition: its user is not seen
// online; kAborted: another one is being handed on; kResourceExhausted: too many did not
// work (FailedTrials); others: not now.
net::Task<absl::StatusOr<TakenPassword>> TakePassword(FeatureContext context,
                                                      AccountDirectory::Account account,
                                                      crypto::Secret password);
// Hands it on; when that fails, all is as before, so that it can be given again.
net::Task<absl::Status> HandOnPassword(FeatureContext context, TakenPassword taken);

// Why TakePassword refused, for the user.
std::string WhyNotTaken(const absl::Status& refused, const std::string& account,
                        const Words& words);

}  // namespace postern::xmpp_edge
