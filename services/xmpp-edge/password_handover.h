#pragma once

#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/xmpp-edge/feature_context.h"

namespace postern::xmpp_edge {

// Gives a password that is not to be stored to the service that uses it: the fetcher
// for a mailbox, the sender for SMTP. Tries for a few seconds, for a new account may not
// be known there yet. The copies made for the call are wiped.
// GivenPasswords learns of it, so that it is never mailed.
net::Task<absl::Status> HandOverPassword(FeatureContext context, AccountDirectory::Account account,
                                         crypto::Secret password);

}  // namespace postern::xmpp_edge
