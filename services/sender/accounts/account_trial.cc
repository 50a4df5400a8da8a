#include "services/sender/accounts/account_trial.h"

#include <chrono>
#include <utility>

#include "lib/mail/address.h"
#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "lib/process/log.h"
#include "services/sender/accounts/account_feed.h"
#include "services/sender/compose/addressing.h"
#include "services/sender/outcomes/sentences.h"

namespace postern::sender {
namespace {

// Both together within what the caller was promised.
constexpr std::chrono::seconds kSignInLimit{15}, kSenderLimit{5};

TrialResult Problem(words::Wording problem, std::string field) {
  TrialResult result;
  result.problem = std::move(problem);
  result.field = std::move(field);
  return result;
}

std::string FieldOf(const Account& account, const absl::Status& status) {
  if (account.by_site_relay) return "";  // there is nothing that a user could change
  switch (net::SuspectOf(status)) {
    case net::Suspect::kHost:
      return "host";
    case net::Suspect::kPort:
      return "port";
    case net::Suspect::kSecurity:
      return account.security == Security::kStartTls ? "tls" : "ssl";
    case net::Suspect::kNone:
      break;
  }
  if (absl::IsUnauthenticated(status)) return UsesTokens(account) ? "" : "password";
  // Silence, or another protocol.
  if (absl::IsDeadlineExceeded(status) || absl::IsDataLoss(status)) return "port";
  return "";
}

// The session has a farewell of its own, that nobody waits for.
net::Task<void> SayGoodBye(std::unique_ptr<RelaySession> connection) {
  co_await connection->session.Quit();
}

}  // namespace

net::Task<absl::StatusOr<TrialResult>> AccountTrial::Try(admin::v1::Account settings,
                                                         crypto::Secret password) {
  if (!slots_.Free()) {
    co_return words::Error(
        absl::StatusCode::kResourceExhausted,
        words::Word("too many accounts are being tried at this moment; try again in a minute"));
  }
  Slots::Slot slot(slots_);
  const Account account = ToAccount(settings);
  if (!account.by_site_relay && account.host.empty()) {
    co_return Problem(words::Word("the host is missing"), "host");
  }
  if (!account.by_site_relay && (settings.port() == 0 || settings.port() > 65535)) {
    co_return Problem(words::Word("the port must be a number from 1 to 65535"), "port");
  }
  TrialResult result = co_await SignIn(account, std::move(password));
  log::Info("account tried", {{"owner", account.owner},
                              {"host", account.host},
                              {"field", result.field},
                              {"problem", words::English(result.problem)}});
  co_return result;
}

net::Task<TrialResult> AccountTrial::SignIn(Account account, crypto::Secret password) {
  if (!relay_.SignsIn(account)) co_return TrialResult();
  auto connection = co_await relay_.Try(account, std::move(password), kSignInLimit);
  if (!connection.ok()) {
    const absl::Status& why = connection.status();
    co_return Problem(SentenceOf(why), FieldOf(account, why));
  }
  absl::Status sender = co_await TrySender(account, (*connection)->session);
  if (farewells_.size() < kAtOnce) {
    farewells_.Spawn("good-bye", SayGoodBye(*std::move(connection)));
  }
  if (sender.ok()) co_return TrialResult();
  if (!absl::IsUnauthenticated(sender)) co_return Problem(SentenceOf(sender), "default_from");
  const absl::Status why = relay_.InWords(account, sender);
  co_return Problem(SentenceOf(why), account.by_site_relay ? "" : "login");
}

net::Task<absl::Status> AccountTrial::TrySender(const Account& account, smtp::Session& session) {
  if (account.default_from.empty()) co_return absl::OkStatus();
  auto from = mail::ParseAddress(account.default_from);
  if (!from.ok()) {
    co_return words::Error(absl::StatusCode::kInvalidArgument,
                           words::Word("'$0' is no mail address", account.default_from));
  }
  const auto form = Travelling(*from);
  if (!form.ok()) co_return form.status();
  const std::string address = form->Spec();
  absl::Status taken = co_await net::WithDeadline(kSenderLimit, session.TrySender(address));
  const bool refused = absl::IsPermissionDenied(taken) || absl::IsUnauthenticated(taken);
  if (refused) co_return taken;
  // The login works; what else is wrong just now says nothing about the settings.
  co_return absl::OkStatus();
}

}  // namespace postern::sender
