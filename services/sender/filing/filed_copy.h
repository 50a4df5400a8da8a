#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// A sent mail as it is filed. Pure.
namespace postern::sender {

// "Bcc: a@example.org, b@example.org" with its CRLF, folded: what the author wants to see among
// their sent mail, and nobody else. Empty when there are none.
std::string BccLine(const std::vector<std::string>& hidden);

// What is looked at to find a copy that the server filed by itself.
struct CopyMarks {
  std::string message_id;
  std::string subject;    // at most 200 bytes
  int64_t date_unix = 0;  // 0: unknown
};
// `beginning`: of the mail, with its header.
CopyMarks MarksOf(absl::string_view beginning);

}  // namespace postern::sender
