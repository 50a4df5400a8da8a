#include "services/sender/smtp/authentication.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/dial_error.h"
#include "lib/words/wording.h"

namespace postern::sender::smtp {
namespace {

absl::Status LostItsWay(const std::string& host) {
  return words::Error(
      absl::StatusCode::kDataLoss,
      words::Word("$0 asked for something unknown while this gateway signed in", host));
}

// What the answer to the last word of an AUTH exchange means. RFC 4954 section 6.
absl::Status Meaning(const std::string& host, const Reply& reply) {
  if (reply.Accepted()) return absl::OkStatus();
  if (reply.RefusedForNow()) {
    return words::Error(
        absl::StatusCode::kUnavailable,
        words::Word("$0 can't check the password just now: $1", host, reply.Text()));
  }
  if (reply.RefusedForGood()) {
    return words::Error(
        absl::StatusCode::kUnauthenticated,
        words::Word("$0 refused the login or the password ($1); check them", host, reply.Text()));
  }
  return LostItsWay(host);
}

// A challenge that nobody expected is answered with a cancel. RFC 4954 section 4.
net::Task<absl::Status> GiveUp(Conversation& server) {
  auto reply = co_await server.Ask("*");
  if (!reply.ok()) co_return reply.status();
  co_return LostItsWay(server.host());
}

net::Task<absl::Status> AuthPlain(Conversation& server, const Credentials& credentials) {
  const crypto::Secret word = crypto::SaslPlain(credentials.login, credentials.password.Reveal());
  const crypto::Secret command = crypto::Join({"AUTH PLAIN ", word.Reveal(), "\r\n"});
  auto reply = co_await server.AskSecretly(command.Reveal());
  // Some servers ignore the initial response and ask for it.
  if (reply.ok() && reply->code == 334) {
    const crypto::Secret line = crypto::Join({word.Reveal(), "\r\n"});
    reply = co_await server.AskSecretly(line.Reveal());
  }
  if (!reply.ok()) co_return reply.status();
  if (reply->code == 334) co_return co_await GiveUp(server);
  co_return Meaning(server.host(), *reply);
}

// draft-murchison-sasl-login-00: the prompts differ between servers, their order does not.
net::Task<absl::Status> AuthLogin(Conversation& server, const Credentials& credentials) {
  auto reply = co_await server.Ask("AUTH LOGIN");
  if (reply.ok() && reply->code == 334) {
    const crypto::Secret login = crypto::Base64(credentials.login);
    reply = co_await server.Ask(login.Reveal());
  }
  if (reply.ok() && reply->code == 334) {
    const crypto::Secret word = crypto::Base64(credentials.password.Reveal());
    const crypto::Secret line = crypto::Join({word.Reveal(), "\r\n"});
    reply = co_await server.AskSecretly(line.Reveal());
  }
  if (!reply.ok()) co_return reply.status();
  if (reply->code == 334) co_return co_await GiveUp(server);
  co_return Meaning(server.host(), *reply);
}

absl::Status NoWayIn(const std::string& host, const std::vector<std::string>& offered) {
  if (offered.empty()) {
    return net::DialError(absl::StatusCode::kFailedPrecondition,
                          words::Word("$0 offers no way to sign in on this port; check the port, "
                                      "and how the connection is to be encrypted",
                                      host),
                          net::Suspect::kPort);
  }
  return words::Error(absl::StatusCode::kFailedPrecondition,
                      words::Word("$0 offers no way to sign in that this gateway knows (PLAIN or "
                                  "LOGIN), only $1",
                                  host, absl::StrJoin(offered, " ")));
}

bool Offers(const std::vector<std::string>& offered, absl::string_view mechanism) {
  return std::find(offered.begin(), offered.end(), mechanism) != offered.end();
}

net::Task<absl::Status> SignIn(Conversation& server, const std::vector<std::string>& offered,
                               const Credentials& credentials) {
  if (Offers(offered, "PLAIN")) co_return co_await AuthPlain(server, credentials);
  if (Offers(offered, "LOGIN")) co_return co_await AuthLogin(server, credentials);
  co_return NoWayIn(server.host(), offered);
}

}  // namespace

net::Task<absl::Status> Authenticate(Conversation& server, const std::vector<std::string>& offered,
                                     const Credentials& credentials) {
  const std::string nul(1, '\0');
  if (absl::StrContains(credentials.login, nul) ||
      absl::StrContains(credentials.password.Reveal(), nul)) {
    co_return words::Error(absl::StatusCode::kUnauthenticated,
                           words::Word("the login or the password holds a NUL character"));
  }
  server.Mask(crypto::PasswordMask(credentials.login, credentials.password.Reveal()));
  absl::Status signed_in = co_await SignIn(server, offered, credentials);
  server.Mask(crypto::PasswordMask());
  co_return signed_in;
}

}  // namespace postern::sender::smtp
