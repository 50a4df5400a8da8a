#include "lib/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "lib/words/wording.h"

namespace postern::rpc {

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status carried(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (!status.error_details().empty()) {
    carried.SetPayload(words::kPayload, absl::Cord(status.error_details()));
  }
  return carried;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto wording = status.GetPayload(words::kPayload);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      wording ? std::string(*wording) : std::string());
}

}  // namespace postern::rpc
