#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"
#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::posternctl {

// One run of the command: what was asked for on the command line, the way to the
// admin service, and where the answer goes.
class Session {
 public:
  using Stub = admin::v1::AdminService::Stub;

  explicit Session(std::ostream& out) : out_(out) {}

  std::string addr = "127.0.0.1:7001";
  rpc::TlsFiles tls;
  bool json = false;

  std::ostream& out() { return out_; }
  // One JSON document: the message with the field names of the proto files, every
  // field present, 64-bit numbers as strings. Sealed secrets are left out.
  absl::Status PrintJson(const google::protobuf::Message& message);

  // Calls the admin service and waits for its answer. The message of an error is
  // what the service says; kUnavailable names the address when nobody answers there.
  template <class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    if (absl::Status s = Connect(); !s.ok()) return s;
    grpc::ClientContext context;
    SetDeadline(context);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

 private:
  absl::Status Connect();
  static void SetDeadline(grpc::ClientContext& context);

  std::ostream& out_;
  std::unique_ptr<Stub> stub_;
};

// The message as JSON, as PrintJson writes it.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace postern::posternctl
