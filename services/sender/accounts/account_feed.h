#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "services/sender/accounts/account_directory.h"

namespace postern::sender {

// True for those that mail leaves by.
bool Sends(const admin::v1::Account& account);
Account ToAccount(const admin::v1::Account& proto);

// Keeps the directory up to date by asking admin what changed.
class AccountFeed {
 public:
  using OnChange = std::function<void(const AccountDirectory::Changes&)>;

  // Of all accounts, before those that send are taken out of it.
  using OnAnswer = std::function<void(const admin::v1::ListAccountChangesResponse&)>;

  AccountFeed(admin::v1::AdminService::StubInterface& admin, AccountDirectory& accounts,
              OnChange on_change, OnAnswer on_answer = nullptr)
      : admin_(admin),
        accounts_(accounts),
        on_change_(std::move(on_change)),
        on_answer_(std::move(on_answer)) {}

  // For ever; mends itself when admin goes away.
  net::Task<void> Run();
  // Asks without waiting for a change: what admin knows by now, we know too.
  net::Task<absl::Status> CatchUp();

 private:
  // False: another answer came first, and this one would set accounts back.
  net::Task<absl::StatusOr<bool>> Ask(std::chrono::milliseconds wait);
  void Apply(const admin::v1::ListAccountChangesResponse& answer);

  admin::v1::AdminService::StubInterface& admin_;
  AccountDirectory& accounts_;
  OnChange on_change_;
  OnAnswer on_answer_;
  uint64_t revision_ = 0;
  bool more_ = false;  // the next page is there already
  bool listing_ = false;
  std::vector<Account> listed_;  // by the pages of a listing so far
};

}  // namespace postern::sender
