#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "services/admin/account_store.h"
#include "services/admin/change_feed.h"

namespace postern::admin {

// Writes to accounts what comes of consent (consent_edit.h): planned on what was read, and anew
// when another change came between.
class ConsentRecords {
 public:
  ConsentRecords(AccountStore& store, ChangeFeed& feed) : store_(store), feed_(feed) {}

  net::Task<absl::StatusOr<v1::Account>> Read(std::string id) { return store_.Read(std::move(id)); }

  using Plan = std::function<absl::StatusOr<OwnerEdit>(const OwnerAccounts&)>;
  // Errors are the plan's, or the store's.
  net::Task<absl::Status> Write(std::string id, Plan plan);

 private:
  AccountStore& store_;
  ChangeFeed& feed_;
};

}  // namespace postern::admin
