#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "services/sender/smtp/conversation.h"

namespace postern::sender::smtp {

// Signs in by the strongest mechanism that both sides know (RFC 4954, lib/sasl), and by the
// next one only where the refusal can't mean that the password is wrong.
// kUnauthenticated: the server refuses login, password or token; kFailedPrecondition: it offers
// no mechanism for such credentials, insists on TLS, or did not prove that it knows the
// password; kInvalidArgument: they hold what can't be sent; kUnavailable: not now.
net::Task<absl::Status> Authenticate(Conversation& server, const std::vector<std::string>& offered,
                                     const sasl::Credentials& credentials);

}  // namespace postern::sender::smtp
