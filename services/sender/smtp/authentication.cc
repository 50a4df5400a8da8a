#include "services/sender/smtp/authentication.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_words.h"
#include "lib/net/dial_error.h"
#include "lib/sasl/exchange.h"
#include "lib/words/wording.h"

namespace postern::sender::smtp {
namespace {

using Kind = sasl::Credentials::Kind;

absl::Status LostItsWay(const std::string& host) {
  return words::Error(
      absl::StatusCode::kDataLoss,
      words::Word("$0 asked for something unknown while this gateway signed in", host));
}

absl::Status Unsendable() {
  return words::Error(absl::StatusCode::kInvalidArgument,
                      words::Word("the user name or the password holds a line break or another "
                                  "character that can't be sent"));
}

// What the answer to the last word of an AUTH exchange means. RFC 4954 section 6.
absl::Status Meaning(const std::string& host, const Reply& reply, Kind kind) {
  if (reply.Accepted()) return absl::OkStatus();
  if (reply.RefusedForNow()) {
    return words::Error(
        absl::StatusCode::kUnavailable,
        words::Word("$0 can't check the password just now: $1", host, reply.Text()));
  }
  if (!reply.RefusedForGood()) return LostItsWay(host);
  if (reply.code == 538 || reply.code == 530) {
    const words::Wording wording =
        words::Word("$0 takes no password on such a connection ($1); choose TLS or STARTTLS", host,
                    reply.Text());
    return net::DialError(absl::StatusCode::kFailedPrecondition, wording, net::Suspect::kSecurity);
  }
  const words::Wording wording =
      kind == Kind::kAccessToken
          ? words::Word("$0 refused the login by its provider ($1)", host, reply.Text())
          : words::Word("$0 refused the login or the password ($1); check them", host,
                        reply.Text());
  return words::Error(absl::StatusCode::kUnauthenticated, wording);
}

// The mechanism is refused, and not what was said in it: RFC 4954 section 4, RFC 5321 section
// 4.2.4. Not 500, by which some servers refuse a password.
bool RefusesMechanism(const Reply& reply) { return reply.code == 504; }

absl::Status NoWayIn(const std::string& host, const std::vector<std::string>& offered, Kind kind) {
  constexpr auto kCode = absl::StatusCode::kFailedPrecondition;
  if (offered.empty()) {
    return net::DialError(kCode,
                          words::Word("$0 offers no way to sign in on this port; check the port, "
                                      "and how the connection is to be encrypted",
                                      host),
                          net::Suspect::kPort);
  }
  if (kind == Kind::kAccessToken) {
    return words::Error(kCode,
                        words::Word("the mail server takes no login by its provider (OAuth2)"));
  }
  sasl::Mechanisms known;
  for (const std::string& name : offered) known.AddNamed(name);
  if (!known.empty() && !sasl::Choose(known, Kind::kPassword, /*encrypted=*/true)) {
    return words::Error(
        kCode, words::Word("the mail server takes no password, only a login by its provider "
                           "(OAuth2), which this gateway is not set up for"));
  }
  return words::Error(kCode, words::Word("$0 offers no way to sign in that this gateway can use, "
                                         "only $1",
                                         host, absl::StrJoin(offered, " ")));
}

// One AUTH command. The login may be answered step by step; what can't be answered is cancelled
// by "*". RFC 4954 section 4.
class Attempt {
 public:
  Attempt(Conversation& server, sasl::Mechanism mechanism, sasl::Exchange& exchange)
      : server_(server), mechanism_(mechanism), exchange_(exchange) {}

  // The last answer. kUnimplemented: this mechanism won't do here; kDataLoss without a wording:
  // a challenge made no sense.
  net::Task<absl::StatusOr<Reply>> Run();

 private:
  net::Task<absl::StatusOr<Reply>> Begin();
  absl::StatusOr<crypto::Secret> Respond(const Reply& challenge);

  Conversation& server_;
  const sasl::Mechanism mechanism_;
  sasl::Exchange& exchange_;
  crypto::Secret initial_;  // for servers that overlook it
};

net::Task<absl::StatusOr<Reply>> Attempt::Begin() {
  const std::string command = absl::StrCat("AUTH ", sasl::NameOf(mechanism_));
  if (!exchange_.SpeaksFirst()) co_return co_await server_.Ask(command);
  auto response = exchange_.Respond("");
  if (!response.ok()) co_return response.status();
  if (exchange_.spent()) server_.AlsoMask(response->Reveal());
  const crypto::Secret line = crypto::Join({command, " ", response->Reveal(), "\r\n"});
  if (mechanism_ == sasl::Mechanism::kPlain) initial_ = *std::move(response);
  co_return co_await server_.AskSecretly(line.Reveal());
}

absl::StatusOr<crypto::Secret> Attempt::Respond(const Reply& challenge) {
  if (!initial_.empty()) return std::exchange(initial_, crypto::Secret());
  auto response = exchange_.Respond(challenge.lines.back());
  if (response.ok() && exchange_.spent()) server_.AlsoMask(response->Reveal());
  return response;
}

net::Task<absl::StatusOr<Reply>> Attempt::Run() {
  auto reply = co_await Begin();
  while (reply.ok() && reply->code == 334) {
    auto response = Respond(*reply);
    if (!response.ok()) {
      auto cancelled = co_await server_.Ask("*");
      if (!cancelled.ok()) co_return cancelled.status();
      co_return response.status();
    }
    const crypto::Secret line = crypto::Join({response->Reveal(), "\r\n"});
    reply = co_await server_.AskSecretly(line.Reveal());
  }
  co_return reply;
}

net::Task<absl::Status> SignIn(Conversation& server, const std::vector<std::string>& offered,
                               const sasl::Credentials& credentials) {
  sasl::Mechanisms left;
  for (const std::string& name : offered) left.AddNamed(name);
  // Beneath TLS it hides nothing, and makes servers keep passwords in the clear.
  if (server.IsEncrypted()) left.Remove(sasl::Mechanism::kCramMd5);
  std::optional<absl::Status> refused;  // before the secret was of any account
  while (const auto mechanism = sasl::Choose(left, credentials.kind, server.IsEncrypted())) {
    left.Remove(*mechanism);
    auto exchange = sasl::Exchange::Begin(*mechanism, credentials);
    if (absl::IsUnimplemented(exchange.status())) continue;
    if (!exchange.ok()) co_return Unsendable();
    Attempt attempt(server, *mechanism, **exchange);
    auto reply = co_await attempt.Run();
    if (absl::IsUnimplemented(reply.status())) continue;
    if (!reply.ok() && !words::WordingOf(reply.status())) co_return LostItsWay(server.host());
    if (!reply.ok()) co_return reply.status();
    if (reply->Accepted()) co_return (*exchange)->Finish();
    absl::Status meaning = Meaning(server.host(), *reply, credentials.kind);
    const bool conclusive = (*exchange)->spent() && !RefusesMechanism(*reply);
    if (conclusive || !reply->RefusedForGood()) co_return meaning;
    refused = std::move(meaning);
  }
  co_return refused ? *refused : NoWayIn(server.host(), offered, credentials.kind);
}

}  // namespace

net::Task<absl::Status> Authenticate(Conversation& server, const std::vector<std::string>& offered,
                                     const sasl::Credentials& credentials) {
  server.Mask(crypto::PasswordMask(credentials.login, credentials.secret.Reveal()));
  absl::Status signed_in = co_await SignIn(server, offered, credentials);
  server.MaskNothing();
  co_return signed_in;
}

}  // namespace postern::sender::smtp
