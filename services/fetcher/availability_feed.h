#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "lib/net/task.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "services/fetcher/account.h"

namespace postern::fetcher {

// Who is available, as the edge tells it by long poll. While the edge is away,
// what it said last holds: a mail handed on by mistake is answered with HELD.
class AvailabilityFeed {
 public:
  // `on_change` is told each user whose availability changed; "" means everybody.
  AvailabilityFeed(edge::v1::EdgeService::StubInterface& edge,
                   std::function<void(const std::string& user)> on_change);

  net::Task<void> Run();
  Availability Of(const std::string& user) const;
  bool known() const { return known_; }

 private:
  void Apply(const edge::v1::ListAvailabilityResponse& answer);
  void ForgetAllBut(const edge::v1::ListAvailabilityResponse& answer);

  edge::v1::EdgeService::StubInterface& edge_;
  const std::function<void(const std::string&)> on_change_;
  absl::flat_hash_map<std::string, Availability> users_;  // those who are not offline
  std::string epoch_;
  uint64_t revision_ = 0;
  bool known_ = false;
};

}  // namespace postern::fetcher
