#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/net/task.h"

namespace postern::net {

// Looks names up. getaddrinfo blocks, so it has threads of its own: enough of them
// that a few silent name servers hold up only the names that they serve.
class Resolver {
 public:
  Resolver();
  ~Resolver();

  // At most four addresses; a literal address stands for itself. kUnavailable: no such
  // name, or not to be found just now. A caller that is cancelled goes at once; its
  // lookup, if it was still queued, is not made.
  Task<absl::StatusOr<std::vector<boost::asio::ip::address>>> Resolve(std::string host);

 private:
  boost::asio::thread_pool threads_;
};

}  // namespace postern::net
