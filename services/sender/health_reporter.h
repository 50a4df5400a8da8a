#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::sender {

// Tells admin how accounts fare: each change once, the latest one when there were several.
class HealthReporter {
 public:
  HealthReporter(boost::asio::any_io_executor executor,
                 admin::v1::AdminService::StubInterface& admin)
      : admin_(admin), changed_(executor) {}

  // OK: the server takes our mail; else the message says to the user why not.
  void Report(const std::string& account_id, const absl::Status& health);
  // What was said about the account counts no more: its settings are new, or it is gone.
  void Forget(const std::string& account_id);

  // For ever; mends itself when admin goes away.
  net::Task<void> Run();

 private:
  net::Task<absl::Status> Tell(std::string account_id, absl::Status health);

  admin::v1::AdminService::StubInterface& admin_;
  net::Event changed_;
  absl::flat_hash_map<std::string, absl::Status> waiting_;  // to be told, by account
  absl::flat_hash_map<std::string, absl::Status> told_;
};

}  // namespace postern::sender
