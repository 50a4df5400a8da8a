#pragma once

#include <grpcpp/impl/codegen/status.h>

#include "absl/status/status.h"

namespace postern::rpc {

// The codes are the same on both sides; a wording (lib/words) travels along. A message is
// cut at 1.5 KiB, and a wording of more than 2 KiB is left out.
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace postern::rpc
