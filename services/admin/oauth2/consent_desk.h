#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"
#include "services/admin/oauth2/access_tokens.h"
#include "services/admin/oauth2/consent_records.h"
#include "services/admin/oauth2/consent_store.h"

namespace postern::admin {

// How an account's owner comes to give consent: by a link, which leads a browser to the provider
// and back, or by a code that is typed there.
class ConsentDesk {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    ConsentStore& store;
    ConsentRecords& records;
    AccessTokens& tokens;
    const ProviderCallers& callers;
    const crypto::SecretBox& box;
    std::string public_url;  // without a slash at its end
  };
  explicit ConsentDesk(Parts parts);

  // The contract is that of BeginConsent in admin.proto.
  net::Task<absl::StatusOr<v1::BeginConsentResponse>> Begin(std::string account_id);

  // --- the browser's way ------------------------------------------------------------
  // Whose mailbox a link is about, for the page that asks.
  struct Errand {
    v1::Account account;
    std::string provider;  // its label
  };
  // kNotFound: no such link, or it is over.
  net::Task<absl::StatusOr<Errand>> Find(std::string link);
  // The provider's page. `browser` is what the browser's cookie says: who comes back has to be
  // who went. kNotFound as above, kResourceExhausted when it was tried too often.
  net::Task<absl::StatusOr<std::string>> GoOn(std::string link, std::string browser);

  struct Return {
    std::string state, browser;
    crypto::Secret code;
    std::string error, description;  // when there is no code
  };
  // kNotFound: nobody was sent there, or came back before. kPermissionDenied: another browser
  // was. kFailedPrecondition: no consent, and why, with the provider's own words.
  // kUnavailable: the provider, or Redis, is away.
  net::Task<absl::StatusOr<Errand>> ComeBack(Return came);

  // --- the way by a code ------------------------------------------------------------
  // Background: asks providers whether codes were typed. Until cancelled.
  net::Task<void> PollDevices();
  net::Task<void> Stop() { return tasks_.Stop(); }

 private:
  net::Task<absl::StatusOr<Errand>> ErrandOf(std::string account_id, std::string provider);
  net::Task<absl::StatusOr<DeviceConsent>> DeviceFor(std::string account_id,
                                                     ProviderCaller& caller);
  net::Task<void> Poll(std::string account_id);
  net::Task<absl::Status> PollOnce(std::string account_id);
  // The refresh token that came goes into the account.
  net::Task<absl::Status> Give(std::string account_id, const OAuth2Provider& provider,
                               TokenAnswer answer);
  std::string RedirectUrl() const;

  Parts parts_;
  net::TaskGroup tasks_;
};

}  // namespace postern::admin
