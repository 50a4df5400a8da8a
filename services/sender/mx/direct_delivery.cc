#include "services/sender/mx/direct_delivery.h"

#include <utility>

#include "lib/http/client.h"
#include "lib/net/host_policy.h"
#include "lib/net/tcp_dialer.h"
#include "services/sender/mx/mx_carrier.h"
#include "services/sender/mx/sts_fetcher.h"
#include "services/sender/mx/sts_lookup.h"
#include "services/sender/mx/sts_store.h"
#include "services/sender/mx/unbound_dns.h"

namespace postern::sender::mx {
namespace {

// What reaches out of the process.
struct Reach {
  std::unique_ptr<Dns> dns;
  std::unique_ptr<net::TcpDialer> dialer;
  net::HostPolicy policy;
};

MxOptions ToMx(const DirectOptions& options) {
  MxOptions mx;
  mx.our_name = options.helo_name;
  mx.port = static_cast<uint16_t>(options.mx_port);
  return mx;
}

class Everything final : public DirectDelivery {
 public:
  Everything(boost::asio::any_io_executor executor, store::RedisClient& redis,
             const DirectSettings& settings, Reach reach)
      : reach_(std::move(reach)),
        web_(executor, settings.tls_ca_file),
        fetcher_(*reach_.dns, web_, reach_.policy,
                 static_cast<uint16_t>(settings.options.mta_sts_port)),
        store_(redis),
        policies_(*reach_.dns, fetcher_, store_),
        carrier_(executor, MxParts{*reach_.dns, policies_, *reach_.dialer},
                 ToMx(settings.options)) {}

  Carrier& carrier() override { return carrier_; }
  net::Task<void> Stop() override { return carrier_.Stop(); }

 private:
  const Reach reach_;
  http::Client web_;
  StsFetcher fetcher_;
  StsStore store_;
  StsLookup policies_;
  MxCarrier carrier_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DirectDelivery>> DirectDelivery::Create(
    boost::asio::any_io_executor executor, store::RedisClient& redis,
    const DirectSettings& settings) {
  Reach reach;
  auto dns = MakeUnboundDns(executor, settings.options.dns);
  if (!dns.ok()) return dns.status();
  reach.dns = *std::move(dns);
  net::DialerOptions dialling;
  dialling.allow_hosts = settings.allow_hosts;
  dialling.tls_ca_file = settings.tls_ca_file;
  auto dialer = net::TcpDialer::Create(executor, dialling);
  if (!dialer.ok()) return dialer.status();
  reach.dialer = *std::move(dialer);
  auto policy = net::HostPolicy::Parse(settings.allow_hosts);
  if (!policy.ok()) return policy.status();
  reach.policy = *std::move(policy);
  std::unique_ptr<DirectDelivery> direct =
      std::make_unique<Everything>(executor, redis, settings, std::move(reach));
  return direct;
}

}  // namespace postern::sender::mx
