#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "lib/net/deadline.h"
#include "lib/net/task.h"
#include "lib/sasl/credentials.h"
#include "services/fetcher/account.h"
#include "services/fetcher/failure_sentence.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/password_rule.h"
#include "services/fetcher/pop3/session.h"

namespace postern::fetcher {

inline net::Task<absl::Status> Greet(imap::Session& session, bool tls_to_come) {
  co_return co_await session.Greet(tls_to_come);
}

inline net::Task<absl::Status> Greet(pop3::Session& session, bool) {
  co_return co_await session.Greet();
}

// Notes at which step, and with which of the server's words, the opening failed.
template <class Session>
absl::Status Blame(const Session& session, Step step, absl::Status status,
                   std::optional<Failure>& failure) {
  failure.emplace();
  failure->step = step;
  failure->status = status;
  failure->server_says = session.last_refusal();
  return status;
}

// How long to wait for a greeting; a port that wants TLS at once never sends one.
constexpr std::chrono::seconds kGreetingPatience{60};

// Greeting, TLS and login, in IMAP and POP3 alike.
template <class Session>
net::Task<absl::Status> OpenSession(Session& session, const Account& account,
                                    const sasl::Credentials& credentials, PasswordRule rule,
                                    std::optional<Failure>& failure,
                                    net::Duration patience = kGreetingPatience) {
  const bool upgrade = account.security == Security::kStartTls;
  absl::Status greeted = co_await net::WithDeadline(patience, Greet(session, upgrade));
  if (!greeted.ok()) co_return Blame(session, Step::kGreet, greeted, failure);
  if (upgrade) {
    absl::Status upgraded = co_await session.StartTls(account.host);
    if (!upgraded.ok()) co_return Blame(session, Step::kGreet, upgraded, failure);
  }
  absl::Status logged_in = co_await session.Login(credentials, rule);
  if (!logged_in.ok()) co_return Blame(session, Step::kLogin, logged_in, failure);
  co_return absl::OkStatus();
}

// The same for who logs in again and again: it remembers which mechanisms are of no use. When
// none of the others is any more, all are tried next time.
template <class Session>
net::Task<absl::Status> OpenSessionAgain(Session& session, const Account& account,
                                         const sasl::Credentials& credentials, PasswordRule rule,
                                         sasl::Mechanisms& unfit, std::optional<Failure>& failure) {
  session.Avoid(unfit);
  absl::Status opened = co_await OpenSession(session, account, credentials, rule, failure);
  if (opened.ok()) unfit = session.unfit();
  const bool refused = absl::IsUnauthenticated(opened) || absl::IsFailedPrecondition(opened);
  if (refused) unfit = sasl::Mechanisms();
  co_return opened;
}

}  // namespace postern::fetcher
