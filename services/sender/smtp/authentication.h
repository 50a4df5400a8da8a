#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "services/sender/smtp/conversation.h"

namespace postern::sender::smtp {

struct Credentials {
  std::string login;  // empty: no AUTH
  crypto::Secret password;
};

// Signs in with the first of PLAIN (RFC 4616) and LOGIN that the server offers.
// kUnauthenticated: it refuses login or password; kFailedPrecondition: it offers
// neither mechanism; kUnavailable: not now.
net::Task<absl::Status> Authenticate(Conversation& server, const std::vector<std::string>& offered,
                                     const Credentials& credentials);

}  // namespace postern::sender::smtp
