#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postern::sender::mx {

// What a domain asks of those that send it mail: MTA-STS, RFC 8461.
struct StsPolicy {
  enum class Mode { kNone, kTesting, kEnforce } mode = Mode::kNone;
  std::vector<std::string> hosts;  // patterns: "mx.example.org", "*.example.org"; lower case
  std::chrono::seconds max_age{0};
  bool operator==(const StsPolicy&) const = default;
};

// The policy's id in the TXT records of _mta-sts.DOMAIN (section 3.1); nothing: there is no
// policy, or more than one record says so.
std::optional<std::string> ReadStsId(const std::vector<std::string>& records);

// A policy file (section 3.2), of which 100 hosts count. kInvalidArgument says what is wrong.
absl::StatusOr<StsPolicy> ReadStsPolicy(absl::string_view text);

// Section 4.1: a "*" stands for one label.
bool IsHostOf(const StsPolicy& policy, absl::string_view host);

}  // namespace postern::sender::mx
