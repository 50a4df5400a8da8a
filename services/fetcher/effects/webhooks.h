#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/http/client.h"
#include "lib/net/host_policy.h"
#include "lib/net/resolver.h"
#include "lib/net/task.h"
#include "lib/net/task_group.h"

namespace postern::fetcher {

// JSON for web servers that users name in their rules ("notify https:…"). By HTTPS to public
// addresses alone (lib/http/judged_addresses.h), redirections are not followed, and what the
// server answers is of no interest but for its status. Three attempts within half a minute,
// beside everything else: no mail waits for it, and what is under way is lost with the process.
class Webhooks {
 public:
  static constexpr size_t kMostInAll = 64;         // under way
  static constexpr size_t kMostOfOne = 8;          // of a user
  static constexpr size_t kMostBytes = 16 * 1024;  // of JSON

  Webhooks(boost::asio::any_io_executor executor, std::string extra_ca_file,
           net::HostPolicy policy);

  // kInvalidArgument: no https URL. kResourceExhausted: too many are under way. Never waits.
  absl::Status Post(const std::string& user, const std::string& url, std::string json);
  net::Task<void> Stop() { return tasks_.Stop(); }

 private:
  // Made when they are needed first: names are looked up by threads.
  struct Line {
    Line(boost::asio::any_io_executor executor, const std::string& ca_file)
        : client(executor, ca_file) {}
    net::Resolver resolver;
    http::Client client;
  };
  net::Task<void> PostAgain(std::string user, std::string url, std::string json);
  net::Task<absl::Status> PostOnce(std::string url, std::string json);

  const boost::asio::any_io_executor executor_;
  const std::string ca_file_;
  const net::HostPolicy policy_;
  std::unique_ptr<Line> line_;
  absl::flat_hash_map<std::string, size_t> under_way_;  // by user
  net::TaskGroup tasks_;
};

}  // namespace postern::fetcher
