#include "lib/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"

namespace postern::rpc {

namespace {

// gRPC refuses trailers of more than 8 KiB, and the caller would learn nothing. A
// message grows threefold on the wire where it is not ASCII, a wording by a third.
constexpr size_t kMaxMessageBytes = 1536;
constexpr size_t kMaxWordingBytes = 2048;

}  // namespace

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
  const bool carried = wording && wording->size() <= kMaxWordingBytes;
  const absl::string_view message = mail::CutUtf8(status.message(), kMaxMessageBytes);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(message),
                      carried ? std::string(*wording) : std::string());
}

}  // namespace postern::rpc
