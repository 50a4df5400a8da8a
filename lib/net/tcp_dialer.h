#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/address_dialer.h"
#include "lib/net/dialer.h"
#include "lib/net/host_policy.h"
#include "lib/net/resolver.h"
#include "lib/net/tls.h"

namespace postern::net {

struct DialerOptions {
  std::vector<std::string> allow_hosts;  // see HostPolicy::Parse
  std::string tls_ca_file;               // extra CAs; empty for none
  size_t line_bytes = 64 * 1024;         // longest line a peer may send
  std::string source;                    // the local IP address to connect from; empty: any
};

// Dials for real: resolves, checks every address against the policy, tries those
// that pass in turn (15 s each), then TLS (15 s).
class TcpDialer : public Dialer, public AddressDialer {
 public:
  // kInvalidArgument: an entry of allow_hosts, the CA file or `source` can't be read.
  static absl::StatusOr<std::unique_ptr<TcpDialer>> Create(boost::asio::any_io_executor executor,
                                                           const DialerOptions& options);
  Task<absl::StatusOr<std::unique_ptr<ByteStream>>> Dial(Endpoint endpoint) override;
  Task<absl::StatusOr<std::unique_ptr<ByteStream>>> DialAddress(Target target) override;

 private:
  TcpDialer(HostPolicy policy, TlsContext tls, const DialerOptions& options,
            std::optional<boost::asio::ip::address> source);
  Task<absl::StatusOr<std::unique_ptr<ByteStream>>> Connect(
      boost::asio::ip::address address, Endpoint endpoint, std::shared_ptr<const TlsChecks> checks);

  HostPolicy policy_;
  TlsContext tls_;
  size_t line_bytes_;
  std::optional<boost::asio::ip::address> source_;
  Resolver resolver_;
};

}  // namespace postern::net
