#pragma once

#include <grpcpp/impl/codegen/status.h>

#include "absl/status/status.h"

namespace postern::rpc {

// The codes are the same on both sides; a wording (lib/words) travels along.
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace postern::rpc
