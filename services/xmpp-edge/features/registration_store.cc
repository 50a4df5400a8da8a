#include "services/xmpp-edge/features/registration_store.h"

#include <chrono>

#include "lib/process/log.h"
#include "services/xmpp-edge/consent_link.h"
#include "services/xmpp-edge/features/registration_answers.h"
#include "services/xmpp-edge/password_call.h"
#include "services/xmpp-edge/password_handover.h"
#include "services/xmpp-edge/texts/consent.h"
#include "services/xmpp-edge/texts/registration.h"

namespace postern::xmpp_edge {
namespace {

using AdminCalls = admin::v1::AdminService::StubInterface::async_interface;

constexpr auto kAdminDeadline = std::chrono::seconds(10);
constexpr std::chrono::seconds kOnItsWay(25), kUntilUsed(2);

std::string WelcomeText(const FeatureContext& context, const Words& words) {
  const std::string& of_site = context.site.current().welcome();
  return of_site.empty() ? texts::Welcome(words, context.domain) : of_site;
}

}  // namespace

net::Task<absl::Status> RegistrationStore::Put(Registration registration, std::string password_from,
                                               Words words) {
  admin::v1::PutAccountRequest request;
  *request.mutable_account() = std::move(registration.account);
  request.set_copy_password_from(password_from);
  // Services hear of the account as soon as admin has it, and miss the password.
  const admin::v1::Account& account = request.account();
  if (!account.store_password() && !registration.password.empty()) {
    context_.given.Expect(account.owner(), kOnItsWay);
  }
  auto stored =
      co_await CallWithPassword(context_.admin.async(), &AdminCalls::PutAccount, std::move(request),
                                registration.password, kAdminDeadline);
  if (!stored.ok()) co_return stored.status();
  context_.tasks.Spawn(
      "after registration",
      AfterPut(*std::move(stored), std::move(registration.password), std::move(words)));
  co_return absl::OkStatus();
}

net::Task<void> RegistrationStore::AfterPut(admin::v1::PutAccountResponse stored,
                                            crypto::Secret password, Words words) {
  co_await AfterAnswer(context_);
  const std::string user = stored.account().owner();
  const std::string id = stored.account().id(), name = stored.account().name();
  context_.directory.Apply(std::move(*stored.mutable_account()));
  std::string news =
      stored.created() ? texts::AccountCreated(words, name) : texts::AccountUpdated(words, name);
  const AccountDirectory::Account stored_account = context_.directory.FindById(id);
  if (stored_account != nullptr && AwaitsConsent(*stored_account)) {
    news = texts::ConsentComes(words, news);
  }
  co_await Tell(context_, user, std::move(news));
  if (stored.first_of_user()) {
    std::string welcome = WelcomeText(context_, words);
    co_await Tell(context_, user, std::move(welcome));
  }
  const AccountDirectory::Account account = context_.directory.FindById(id);
  if (password.empty() || account == nullptr || account->store_password()) co_return;
  const absl::Status handed = co_await HandOverPassword(context_, account, std::move(password));
  context_.given.Expect(user, kUntilUsed);
  // Then its user is asked for it.
  if (!handed.ok()) log::Info("password not handed over", {{"error", handed.message()}});
}

}  // namespace postern::xmpp_edge
