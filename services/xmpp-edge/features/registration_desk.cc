#include "services/xmpp-edge/features/registration_desk.h"

#include <utility>

#include "services/xmpp-edge/features/account_types.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {

FormSubject RegistrationDesk::SubjectAt(const Place& place, const std::string& user,
                                        const Words& words) const {
  FormSubject subject;
  subject.type = place.type;
  subject.existing = place.account;
  // One of those that send is the default, always.
  for (const AccountDirectory::Account& account : context_.directory.Of(user)) {
    subject.has_default_sender |= !IsReceiving(account->type());
  }
  const admin::v1::GetSiteResponse& site = context_.site.current();
  *subject.site.mutable_oauth2_providers() = site.oauth2_providers();
  if (site.relay_offered()) subject.relay_label = RelayLabel(site, words);
  return subject;
}

net::Task<std::optional<RegistrationProblem>> RegistrationDesk::Take(std::string user,
                                                                     FormSubject subject,
                                                                     Registration registration,
                                                                     Words words) {
  registration.account.set_owner(user);
  const std::string name = registration.account.name();
  const bool taken = subject.existing == nullptr && context_.directory.Find(user, name) != nullptr;
  if (taken) co_return ProblemOf(words, absl::AlreadyExistsError("name"), name);
  if (NeedsTrial(subject, registration)) {
    absl::Status tried;
    if (registration.store_untested) {
      tried = trials_.PassUntested(user);
    } else {
      tried = co_await Try(subject, registration);
    }
    if (!tried.ok()) co_return TrialProblem(words, tried);
  }
  // A trial takes long: what was stored meanwhile is not undone in silence.
  if (const auto& read = subject.existing; read != nullptr) {
    const auto now = context_.directory.FindById(read->id());
    if (now != nullptr && now->settings_revision() != read->settings_revision()) {
      co_return RegistrationProblem{"modify", "not-acceptable", texts::ChangedMeanwhile(words)};
    }
  }
  std::string copied_from;
  if (registration.uses_password_of_like) copied_from = subject.like->id();
  absl::Status stored = co_await store_.Put(std::move(registration), std::move(copied_from), words);
  if (!stored.ok()) co_return ProblemOf(words, stored, name);
  co_return std::nullopt;
}

// A password that is not given is that of an account the services know by its id.
net::Task<absl::Status> RegistrationDesk::Try(const FormSubject& subject,
                                              const Registration& registration) {
  admin::v1::Account account = registration.account;
  if (registration.uses_password_of_like) account.set_id(subject.like->id());
  crypto::Secret password = registration.password;
  co_return co_await trials_.Try(std::move(account), std::move(password));
}

}  // namespace postern::xmpp_edge
