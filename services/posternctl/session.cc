#include "services/posternctl/session.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postern::posternctl {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectLimit = 5s;
constexpr auto kCallLimit = 20s;  // longer than admin waits for the service that it asks for us

// True once the channel is up; false as soon as a first attempt has failed.
bool IsReachable(grpc::Channel& channel) {
  const auto deadline = std::chrono::system_clock::now() + kConnectLimit;
  grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
    state = channel.GetState(true);
  }
  return true;
}

}  // namespace

absl::Status Session::Connect() {
  if (stub_) return absl::OkStatus();
  auto channel = rpc::MakeChannel(addr, tls);
  if (!channel.ok()) return channel.status();
  if (!IsReachable(**channel))
    return absl::UnavailableError(
        absl::StrCat("nobody answers at ", addr, tls.empty() ? "" : " (with TLS)",
                     "; does postern-admin run there? --addr or POSTERN_ADDR names another place"));
  stub_ = admin::v1::AdminService::NewStub(*channel);
  return absl::OkStatus();
}

void Session::SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kCallLimit);
}

absl::Status Session::PrintJson(const google::protobuf::Message& message) {
  out_ << ToJson(message);
  return absl::OkStatus();
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string printed;
  (void)google::protobuf::util::MessageToJsonString(message, &printed, options);
  // A secret's key has a line of its own, and never the last of its object.
  std::string json;
  for (absl::string_view line : absl::StrSplit(printed, '\n', absl::SkipEmpty()))
    if (!absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "\"sealed_password\":"))
      absl::StrAppend(&json, line, "\n");
  return json;
}

}  // namespace postern::posternctl
