#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/words/wording.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::sender {

enum class Health { kChecking, kOk, kError, kAsking };

// How an account fares. `problem`: what is wrong; beside kAsking, why the password
// given before was of no use.
struct Condition {
  Health health = Health::kChecking;
  words::Wording problem;
  bool operator==(const Condition&) const = default;
};

inline Condition Asking() {
  Condition condition;
  condition.health = Health::kAsking;
  return condition;
}

// After an attempt to sign in. `asking`: the password is not stored, and not known
// (any more).
Condition ConditionAfter(const absl::Status& sign_in, bool asking);

// Tells admin how accounts fare: each change once, the latest one when there were several.
class HealthReporter {
 public:
  HealthReporter(boost::asio::any_io_executor executor,
                 admin::v1::AdminService::StubInterface& admin)
      : admin_(admin), changed_(executor) {}

  // An account that asks goes on to say why, when it is merely found to ask still.
  void Report(const std::string& account_id, const Condition& condition);
  // What was said about the account counts no more: its settings are new, or it is gone.
  void Forget(const std::string& account_id);

  // For ever; mends itself when admin goes away.
  net::Task<void> Run();

 private:
  const Condition* LastSaid(const std::string& account_id) const;
  net::Task<absl::Status> Tell(std::string account_id, Condition condition);

  admin::v1::AdminService::StubInterface& admin_;
  net::Event changed_;
  absl::flat_hash_map<std::string, Condition> waiting_;  // to be told, by account
  absl::flat_hash_map<std::string, Condition> told_;
};

}  // namespace postern::sender
