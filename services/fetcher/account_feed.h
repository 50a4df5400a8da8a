#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// The accounts, as admin tells their changes by long poll. While admin is away,
// what it said last holds.
class AccountFeed {
 public:
  using OnChange = std::function<void(Account)>;
  using OnRemoval = std::function<void(const std::string& account_id)>;
  // `on_removal`: admin says that the account was removed. `on_absence`: a whole
  // listing does not have it; that says less, for admin may have lost what it knew.
  AccountFeed(admin::v1::AdminService::StubInterface& admin, OnChange on_change,
              OnRemoval on_removal, OnRemoval on_absence);

  net::Task<void> Run();
  // Asks without waiting for a change: what admin knows by now, we know too.
  net::Task<absl::Status> CatchUp();
  // True once all accounts are here.
  bool known() const { return known_; }

 private:
  // False: another answer came first, and this one would set accounts back.
  net::Task<absl::StatusOr<bool>> Ask(std::chrono::milliseconds wait);
  void Apply(const admin::v1::ListAccountChangesResponse& answer);

  admin::v1::AdminService::StubInterface& admin_;
  const OnChange on_change_;
  const OnRemoval on_removal_, on_absence_;
  absl::flat_hash_set<std::string> ids_;
  absl::flat_hash_set<std::string> listed_;  // by the pages of a listing so far
  bool listing_ = false;
  uint64_t revision_ = 0;
  bool known_ = false;
  bool more_ = false;  // the next page is there already
};

// The plain form of an account, with the defaults of what is not set.
Account FromProto(const admin::v1::Account& proto);

}  // namespace postern::fetcher
