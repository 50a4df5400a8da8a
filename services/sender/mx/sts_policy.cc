#include "services/sender/mx/sts_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/sender/mx/dns_records.h"

namespace postern::sender::mx {
namespace {

constexpr size_t kMostHosts = 100, kMaxId = 32;
constexpr uint32_t kMaxAge = 31'557'600;  // a year

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

// "v=STSv1; id=…;": the pairs, in order; nothing when it is another record.
std::optional<std::string> IdOf(absl::string_view record) {
  bool first = true;
  std::optional<std::string> id;
  for (const absl::string_view part : absl::StrSplit(record, ';')) {
    const absl::string_view pair = absl::StripAsciiWhitespace(part);
    if (std::exchange(first, false)) {
      if (pair != "v=STSv1") return std::nullopt;
      continue;
    }
    if (absl::StartsWith(pair, "id=") && !id) id = std::string(pair.substr(3));
  }
  if (!id || id->empty() || id->size() > kMaxId) return std::nullopt;
  if (!std::all_of(id->begin(), id->end(), absl::ascii_isalnum)) return std::nullopt;
  return id;
}

bool IsPattern(absl::string_view text) {
  absl::ConsumePrefix(&text, "*.");
  return ReadName(text).has_value();
}

absl::Status ReadLine(absl::string_view key, absl::string_view value, StsPolicy& policy,
                      bool& has_mode, bool& has_age) {
  if (key == "mx" && policy.hosts.size() < kMostHosts) {
    if (!IsPattern(value)) return Wrong("mx: no host name");
    policy.hosts.push_back(absl::AsciiStrToLower(absl::StripSuffix(value, ".")));
  }
  if (key == "mode" && !std::exchange(has_mode, true)) {
    if (value == "enforce") {
      policy.mode = StsPolicy::Mode::kEnforce;
    } else if (value == "testing") {
      policy.mode = StsPolicy::Mode::kTesting;
    } else if (value != "none") {
      return Wrong("mode: none of enforce, testing, none");
    }
  }
  if (key == "max_age" && !std::exchange(has_age, true)) {
    uint32_t seconds = 0;
    if (!absl::SimpleAtoi(value, &seconds)) return Wrong("max_age: no number");
    policy.max_age = std::chrono::seconds(std::min(seconds, kMaxAge));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<std::string> ReadStsId(const std::vector<std::string>& records) {
  const std::string* only = nullptr;
  for (const std::string& record : records) {
    if (!absl::StartsWith(record, "v=STSv1;")) continue;
    if (only != nullptr) return std::nullopt;
    only = &record;
  }
  return only != nullptr ? IdOf(*only) : std::nullopt;
}

absl::StatusOr<StsPolicy> ReadStsPolicy(absl::string_view text) {
  StsPolicy policy;
  bool has_version = false, has_mode = false, has_age = false;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view key = absl::StripAsciiWhitespace(pair.first);
    const absl::string_view value = absl::StripAsciiWhitespace(pair.second);
    if (key.empty()) continue;
    if (key == "version") has_version = value == "STSv1";
    absl::Status s = ReadLine(key, value, policy, has_mode, has_age);
    if (!s.ok()) return s;
  }
  if (!has_version) return Wrong("version: not STSv1");
  if (!has_mode) return Wrong("mode: missing");
  if (!has_age) return Wrong("max_age: missing");
  if (policy.hosts.empty() && policy.mode != StsPolicy::Mode::kNone) return Wrong("mx: missing");
  return policy;
}

bool IsHostOf(const StsPolicy& policy, absl::string_view host) {
  return std::any_of(policy.hosts.begin(), policy.hosts.end(), [&](absl::string_view pattern) {
    if (!absl::ConsumePrefix(&pattern, "*.")) return pattern == host;
    const size_t dot = host.find('.');
    return dot != absl::string_view::npos && dot > 0 && host.substr(dot + 1) == pattern;
  });
}

}  // namespace postern::sender::mx
