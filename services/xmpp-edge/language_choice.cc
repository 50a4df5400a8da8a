#include "services/xmpp-edge/language_choice.h"

#include <chrono>
#include <utility>

#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

absl::Status NoAccount() {
  return words::Error(absl::StatusCode::kNotFound,
                      words::Word("You have no account here yet. Register one first."));
}

}  // namespace

std::string ChosenLanguage(const FeatureContext& context, const std::string& user) {
  const auto accounts = context.directory.Of(user);
  return accounts.empty() ? "" : accounts.front()->preferences().language();
}

net::Task<absl::Status> ChooseLanguage(FeatureContext context, std::string user, std::string tag) {
  auto accounts = context.directory.Of(user);
  if (accounts.empty()) co_return NoAccount();
  admin::v1::SetPreferencesRequest request;
  request.set_user(user);
  *request.mutable_preferences() = accounts.front()->preferences();
  request.mutable_preferences()->set_language(tag);
  auto answer =
      co_await rpc::Call(context.admin.async(),
                         &admin::v1::AdminService::StubInterface::async_interface::SetPreferences,
                         std::move(request), kPatience);
  if (absl::IsNotFound(answer.status())) co_return NoAccount();
  if (!answer.ok()) co_return answer.status();
  // Ahead of the news from admin.
  for (const AccountDirectory::Account& account : context.directory.Of(user)) {
    admin::v1::Account changed = *account;
    changed.mutable_preferences()->set_language(tag);
    context.directory.Apply(std::move(changed));
  }
  co_return absl::OkStatus();
}

}  // namespace postern::xmpp_edge
