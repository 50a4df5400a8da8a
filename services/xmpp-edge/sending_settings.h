#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Stores how an account sends: admin checks it. What is stored holds here at once. Errors as
// AdminService.SetSending.
net::Task<absl::StatusOr<admin::v1::Account>> StoreSending(FeatureContext context, std::string user,
                                                           AccountDirectory::Account account,
                                                           admin::v1::Sending sending);

// "sending out undo 10": what is to be changed, by chat.
struct SendingChange {
  std::string account;  // as written; empty: not named
  std::string setting;  // "signature", "identity", "undo", "zone", "form", "folder"
  std::string value;    // of a signature its lines; "none" is ""
};

// Reads what follows the word "sending"; nothing when it is no change: at most the name of an
// account. A value may be missing: then it is told how it is written.
std::optional<SendingChange> ReadSendingChange(absl::string_view text);

// kInvalidArgument, with a wording: the value is none.
absl::Status ApplyChange(const SendingChange& change, admin::v1::Sending& sending);

// Changes an account of the user, and answers what they are told.
net::Task<std::string> ChangeSending(FeatureContext context, std::string user, SendingChange change,
                                     const Words& words);

}  // namespace postern::xmpp_edge
