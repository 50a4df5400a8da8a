#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
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
  // lookup, if it was still queued and nobody else waits for it, is not made. Who asks for
  // a name that was looked up within the last seconds (kGoodFor), or is being looked up,
  // shares the answer: the accounts of one host come in thousands.
  Task<absl::StatusOr<std::vector<boost::asio::ip::address>>> Resolve(std::string host);

  static constexpr std::chrono::seconds kGoodFor{5};
  static constexpr std::chrono::seconds kFailureGoodFor{1};
  static constexpr size_t kMost = 1000;  // names remembered

 private:
  struct Question;
  std::shared_ptr<Question> Find(const std::string& host);
  void Remember(const std::string& host, std::shared_ptr<Question> question);

  absl::flat_hash_map<std::string, std::shared_ptr<Question>> questions_;
  boost::asio::thread_pool threads_;
};

}  // namespace postern::net
