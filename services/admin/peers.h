#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/task.h"
#include "lib/process/service.h"
#include "lib/rpc/unary.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "postern/sender/v1/sender.grpc.pb.h"

namespace postern::admin {

// Another service, and what people call it.
template <class Service>
struct Peer {
  std::string name;  // "rules"
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<typename Service::StubInterface> stub;

  Peer(std::string called, std::shared_ptr<grpc::Channel> way)
      : name(std::move(called)), channel(std::move(way)) {
    if (channel) stub = Service::NewStub(channel);
  }
};

struct PeerServices {
  Peer<edge::v1::EdgeService> edge;
  Peer<fetcher::v1::FetcherService> fetcher;
  Peer<rules::v1::RulesService> rules;
  Peer<sender::v1::SenderService> sender;

  explicit PeerServices(const process::Peers& peers)
      : edge("edge", peers.edge),
        fetcher("fetcher", peers.fetcher),
        rules("rules", peers.rules),
        sender("sender", peers.sender) {}
};

// An operator waits no longer than this for a service that may be away.
constexpr std::chrono::seconds kForwardLimit(5);

// kUnavailable that names the service, when it is away or says itself that it can't
// answer now; every other answer of it as it is.
absl::Status NameWhoIsAway(const std::string& peer, const absl::Status& status);

// Hands a call on to the service that owns the matter.
template <class Service, class Request, class Response>
net::Task<absl::Status> Forward(const Peer<Service>& peer,
                                void (Service::StubInterface::async_interface::*method)(
                                    grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>),
                                Request request, Response& response) {
  if (!peer.stub)
    co_return NameWhoIsAway(peer.name, absl::UnavailableError("its address is not configured"));
  auto answer = co_await rpc::Call(peer.stub->async(), method, std::move(request), kForwardLimit);
  if (!answer.ok()) co_return NameWhoIsAway(peer.name, answer.status());
  response = *std::move(answer);
  co_return absl::OkStatus();
}

}  // namespace postern::admin
