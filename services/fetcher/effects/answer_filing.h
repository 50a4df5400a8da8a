#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "services/fetcher/mailbox_visit.h"

namespace postern::fetcher {

// Puts an automatic answer into a folder of the account, as read (RFC 8580). One that is there
// already, by its Message-ID, is not put there again.
//
// kFailedPrecondition: the server refuses it for good, with a wording. Other errors may yet work.
net::Task<absl::Status> FileAnswer(MailboxVisit& visit, std::string mailbox, std::string message_id,
                                   std::string mail);

}  // namespace postern::fetcher
