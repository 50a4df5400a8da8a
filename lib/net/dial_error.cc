#include "lib/net/dial_error.h"

#include <string>

#include "absl/strings/cord.h"

namespace postern::net {

namespace {

constexpr absl::string_view kSuspect = "postern/suspect";

}  // namespace

absl::Status DialError(absl::StatusCode code, const words::Wording& wording, Suspect suspect) {
  absl::Status status = words::Error(code, wording);
  const char digit = static_cast<char>('0' + static_cast<int>(suspect));
  status.SetPayload(kSuspect, absl::Cord(std::string(1, digit)));
  return status;
}

Suspect SuspectOf(const absl::Status& status) {
  const auto digit = status.GetPayload(kSuspect);
  if (!digit || digit->empty()) return Suspect::kNone;
  return static_cast<Suspect>((*digit)[0] - '0');
}

}  // namespace postern::net
