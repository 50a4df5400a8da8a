#include "services/xmpp-edge/password_handover.h"

#include <chrono>
#include <utility>

#include "lib/net/deadline.h"
#include "services/xmpp-edge/given_passwords.h"
#include "services/xmpp-edge/password_call.h"

namespace postern::xmpp_edge {
namespace {

using FetcherCalls = fetcher::v1::FetcherService::StubInterface::async_interface;
using SenderCalls = sender::v1::SenderService::StubInterface::async_interface;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience(5);  // of one call
constexpr seconds kGiveUpAfter(12);
constexpr milliseconds kPause(500);

net::Task<absl::Status> HoldOnce(const FeatureContext& context, const admin::v1::Account& account,
                                 const crypto::Secret& password) {
  if (account.type() == admin::v1::ACCOUNT_TYPE_IMAP ||
      account.type() == admin::v1::ACCOUNT_TYPE_POP3) {
    fetcher::v1::HoldPasswordRequest request;
    request.set_account_id(account.id());
    auto held = co_await CallWithPassword(context.fetcher.async(), &FetcherCalls::HoldPassword,
                                          std::move(request), password, kPatience);
    co_return held.status();
  }
  sender::v1::HoldPasswordRequest request;
  request.set_account_id(account.id());
  auto held = co_await CallWithPassword(context.sender.async(), &SenderCalls::HoldPassword,
                                        std::move(request), password, kPatience);
  co_return held.status();
}

bool IsWorthAnother(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsUnavailable(status) ||
         absl::IsDeadlineExceeded(status);
}

}  // namespace

net::Task<absl::Status> HandOverPassword(FeatureContext context, AccountDirectory::Account account,
                                         crypto::Secret password) {
  // Whichever way it came: from now on it is no mail.
  context.given.Remember(*account, password.Reveal());
  const auto give_up = std::chrono::steady_clock::now() + kGiveUpAfter;
  absl::Status held = co_await HoldOnce(context, *account, password);
  while (IsWorthAnother(held) && std::chrono::steady_clock::now() < give_up) {
    co_await net::Sleep(kPause);
    held = co_await HoldOnce(context, *account, password);
  }
  co_return held;
}

}  // namespace postern::xmpp_edge
