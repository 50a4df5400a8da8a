#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"
#include "services/sender/delivery/carrier.h"
#include "services/sender/mx/direct_options.h"

namespace postern::sender::mx {

struct DirectSettings {
  DirectOptions options;  // checked
  std::vector<std::string> allow_hosts;
  std::string tls_ca_file;
};

// Direct delivery (--relay mx) with all that it needs.
class DirectDelivery {
 public:
  // `redis` outlives it. kInvalidArgument: settings that can't be used.
  static absl::StatusOr<std::unique_ptr<DirectDelivery>> Create(
      boost::asio::any_io_executor executor, store::RedisClient& redis,
      const DirectSettings& settings);
  virtual ~DirectDelivery() = default;

  virtual Carrier& carrier() = 0;
  virtual net::Task<void> Stop() = 0;
};

}  // namespace postern::sender::mx
