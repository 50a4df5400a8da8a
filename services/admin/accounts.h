#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.pb.h"
#include "services/admin/account_edit.h"
#include "services/admin/account_store.h"
#include "services/admin/change_feed.h"
#include "services/admin/departures.h"
#include "services/admin/relay_rules.h"

namespace postern::admin {

// What may be done with users and their accounts. Each change is planned on what
// was read and planned anew when another change came between.
class Accounts {
 public:
  static constexpr size_t kMostOfUser = 20;

  Accounts(AccountStore& store, ChangeFeed& feed, Departures& departures, crypto::SecretBox box,
           RelayRules relay, OAuth2Providers oauth2 = {})
      : store_(store),
        feed_(feed),
        departures_(departures),
        box_(std::move(box)),
        relay_(std::move(relay)),
        oauth2_(std::move(oauth2)) {}

  // The contracts are those of admin.proto. Answers carry no password, not even a sealed one.
  net::Task<absl::StatusOr<v1::PutAccountResponse>> Put(v1::Account wanted, crypto::Secret password,
                                                        std::string copy_password_from);
  net::Task<absl::Status> SetPreferences(v1::SetPreferencesRequest request);
  net::Task<absl::StatusOr<v1::Account>> SetWatching(v1::SetWatchingRequest request);
  net::Task<absl::StatusOr<v1::Account>> SetSending(v1::SetSendingRequest request);
  net::Task<absl::StatusOr<v1::Account>> SetRoute(v1::SetRouteRequest request);
  net::Task<absl::Status> Remove(std::string id);
  net::Task<absl::StatusOr<uint32_t>> RemoveUser(std::string user);
  net::Task<absl::StatusOr<v1::Account>> SetEnabled(std::string id, bool enabled);
  net::Task<absl::Status> ReportHealth(v1::ReportHealthRequest report);

  // account_lists.cc.
  net::Task<absl::StatusOr<std::vector<v1::Account>>> List(v1::ListAccountsRequest request);
  net::Task<absl::StatusOr<std::vector<v1::User>>> ListUsers();

 private:
  // One attempt each; kAborted: again.
  net::Task<absl::StatusOr<v1::PutAccountResponse>> TryPut(PutWish wish);
  net::Task<absl::Status> TrySetPreferences(const std::string& user,
                                            const v1::Preferences& preferences);
  net::Task<absl::Status> TryRemove(const std::string& id);
  // A change of one account. `owner`: who asks, a bare JID; empty: the operator.
  using Plan = std::function<absl::StatusOr<OwnerEdit>(const OwnerAccounts& owner,
                                                       const std::string& actor)>;
  net::Task<absl::StatusOr<v1::Account>> Change(std::string id, std::string owner, Plan plan);
  net::Task<absl::StatusOr<v1::Account>> TryChange(const std::string& id, const std::string& owner,
                                                   const Plan& plan);
  net::Task<absl::StatusOr<v1::Account>> TrySetEnabled(const std::string& id, bool enabled);
  net::Task<absl::Status> TryReportHealth(const v1::ReportHealthRequest& report);

  // All accounts of the user who owns that one. kNotFound.
  net::Task<absl::StatusOr<OwnerAccounts>> ReadOwnerOf(std::string id);
  net::Task<absl::Status> Commit(OwnerEdit edit);
  net::Task<absl::StatusOr<std::vector<v1::Account>>> ReadAll();

  AccountStore& store_;
  ChangeFeed& feed_;
  Departures& departures_;
  crypto::SecretBox box_;
  RelayRules relay_;
  OAuth2Providers oauth2_;
};

}  // namespace postern::admin
