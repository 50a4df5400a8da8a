#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/store/redis_client.h"

namespace postern::process {

// What a process lends its services. All of it outlives them.
struct Runtime {
  boost::asio::io_context& io;  // one thread runs it; every handler and coroutine is on it
  store::RedisClient& redis;
};

// Ways to the other services: a TCP channel each, or in-process ones in the
// all-in-one. A service uses those that it has options for.
struct Peers {
  std::shared_ptr<grpc::Channel> admin, edge, fetcher, rules, sender;
  std::shared_ptr<grpc::Channel> runner;  // in the all-in-one alone; others name it by an option
};

// One of the services, as a process runs it. Constructed, then Rpc() is registered
// with the gRPC server, then Start() is called (before the io_context runs, so
// no handler can come before it), at the end Stop().
class Service {
 public:
  virtual ~Service() = default;
  virtual std::string Name() const = 0;  // "fetcher"
  virtual grpc::Service& Rpc() = 0;
  virtual absl::Status Start(const Peers& peers) = 0;
  // Hands over and ends; within 5 s, then the process goes all the same.
  virtual net::Task<void> Stop() = 0;
  // "" when ready to serve, else why not, in words for an operator.
  virtual std::string NotReadyBecause() const = 0;
};

}  // namespace postern::process
