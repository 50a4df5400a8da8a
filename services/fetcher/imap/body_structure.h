#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/fetcher/imap/response.h"

namespace postern::fetcher::imap {

using Parameters = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// One node of a BODYSTRUCTURE, values as the server copied them from the mail:
// not decoded, not to be trusted. RFC 3501 section 7.4.2.
struct BodyPart {
  std::string section;        // "1.2", to fetch it by; empty for a multipart
  std::string type, subtype;  // lower case: "text", "plain"
  Parameters parameters;
  std::string encoding;     // lower case: "base64"
  uint64_t octets = 0;      // as encoded
  std::string disposition;  // lower case: "attachment"; empty when absent
  Parameters disposition_parameters;
  std::string subject;          // of an attached message/rfc822, still encoded
  std::vector<BodyPart> parts;  // of a multipart

  bool IsMultipart() const { return type == "multipart"; }
};

// kDataLoss when the structure lacks what the RFC has always required; missing
// extension data is fine.
absl::StatusOr<BodyPart> ParseBodyStructure(const Value& structure);

}  // namespace postern::fetcher::imap
