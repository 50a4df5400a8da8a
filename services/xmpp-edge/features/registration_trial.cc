// Accounts are tried before they are stored.
#include "services/xmpp-edge/features/registration_trial.h"

#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "lib/rpc/mail_codec.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/address_map.h"
#include "services/xmpp-edge/features/registration_fields.h"
#include "services/xmpp-edge/password_call.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using admin::v1::Account;
using FetcherCalls = fetcher::v1::FetcherService::StubInterface::async_interface;
using SenderCalls = sender::v1::SenderService::StubInterface::async_interface;

constexpr std::chrono::seconds kDeadline(25);  // a trial takes at most 20 s

// An answer of the fetcher or of the sender; they say the same.
template <class Response>
absl::Status Verdict(const absl::StatusOr<Response>& answer) {
  if (!answer.ok()) {
    log::Warn("account can't be tried", {{"error", answer.status().message()}});
    const bool crowded = absl::IsResourceExhausted(answer.status());
    return words::Error(absl::StatusCode::kUnavailable,
                        crowded ? texts::TooManyTrials() : texts::TrialImpossible());
  }
  if (!answer->has_problem()) return absl::OkStatus();
  return words::Error(absl::StatusCode::kFailedPrecondition, rpc::FromProto(answer->problem()),
                      answer->field());
}

bool ServerSeesTheSame(const Account& before, const Account& after) {
  return before.host() == after.host() && before.port() == after.port() &&
         before.login() == after.login() && before.security() == after.security() &&
         before.mailbox() == after.mailbox();
}

}  // namespace

bool NeedsTrial(const FormSubject& subject, const Registration& registration) {
  const Account& after = registration.account;
  const bool is_new = subject.existing == nullptr && subject.like == nullptr;
  if (after.type() == admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP) return is_new;
  if (!registration.password.empty()) return true;
  if (registration.awaits_consent) return false;
  if (!is_new && ServerSeesTheSame(InitialAccount(subject), after)) return false;
  if (after.login().empty()) return true;
  if (subject.existing == nullptr) return registration.uses_password_of_like;
  return after.store_password() ||
         subject.existing->health().state() != admin::v1::HEALTH_STATE_ASKING;
}

net::Task<absl::Status> AccountTrials::Try(Account account, crypto::Secret password) {
  const std::string user = account.owner();
  if (absl::Status s = Admit(user); !s.ok()) co_return s;
  trying_.insert(user);
  absl::Status verdict = co_await Ask(std::move(account), std::move(password));
  trying_.erase(user);
  if (absl::IsFailedPrecondition(verdict)) context_.failed_trials.Count(user);
  co_return verdict;
}

absl::Status AccountTrials::PassUntested(const std::string& user) {
  if (absl::Status s = Admit(user); !s.ok()) return s;
  context_.failed_trials.Count(user);
  return absl::OkStatus();
}

net::Task<absl::Status> AccountTrials::Ask(Account account, crypto::Secret password) {
  if (IsReceiving(account.type())) {
    fetcher::v1::TryAccountRequest request;
    *request.mutable_account() = std::move(account);
    auto answer = co_await CallWithPassword(context_.fetcher.async(), &FetcherCalls::TryAccount,
                                            std::move(request), password, kDeadline);
    co_return Verdict(answer);
  }
  sender::v1::TryAccountRequest request;
  *request.mutable_account() = std::move(account);
  auto answer = co_await CallWithPassword(context_.sender.async(), &SenderCalls::TryAccount,
                                          std::move(request), password, kDeadline);
  co_return Verdict(answer);
}

absl::Status AccountTrials::Admit(const std::string& user) {
  constexpr auto kCode = absl::StatusCode::kResourceExhausted;
  if (context_.failed_trials.IsOver(user)) {
    return words::Error(kCode, texts::TooManyFailures(FailedTrials::kMost));
  }
  if (trying_.contains(user)) return words::Error(kCode, texts::TrialUnderWay());
  if (trying_.size() >= kMostAtOnce) return words::Error(kCode, texts::TooManyTrials());
  return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
