#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/net/byte_stream.h"
#include "lib/net/task.h"
#include "lib/net/tls_checks.h"

namespace postern::net {

// A server whose address is known, by a look-up that the caller trusts.
struct Target {
  std::string name;  // the host's, for the policy and for words
  boost::asio::ip::address address;
  uint16_t port = 0;
  // What StartTls is to check; null: as ByteStream says.
  std::shared_ptr<const TlsChecks> checks;
};

// Opens connections in the clear, for StartTls later. TcpDialer for real, a script in tests.
class AddressDialer {
 public:
  virtual ~AddressDialer() = default;
  // Errors are Dialer::Dial's.
  virtual Task<absl::StatusOr<std::unique_ptr<ByteStream>>> DialAddress(Target target) = 0;
};

}  // namespace postern::net
