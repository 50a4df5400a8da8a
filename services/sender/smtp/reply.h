#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/words/wording.h"

namespace postern::sender::smtp {

// What the server answers to a command. RFC 5321 section 4.2.
struct Reply {
  int code = 0;
  std::string enhanced;            // "5.1.1" (RFC 2034, RFC 3463); empty when not given
  std::vector<std::string> lines;  // without the code, printable UTF-8

  bool Accepted() const { return code / 100 == 2; }
  bool RefusedForNow() const { return code / 100 == 4; }
  bool RefusedForGood() const { return code / 100 == 5; }
  // "550 5.1.1 no such user": for people, on one line and of bounded length.
  std::string Text() const;
  // The same as a wording. There is nothing to translate in it.
  words::Wording InWords() const;
};

// Puts a reply together from its lines.
class ReplyAssembler {
 public:
  // Takes the next line (without CRLF). True when it was the last one of the reply.
  // kDataLoss when this is no SMTP reply, or one without end.
  absl::StatusOr<bool> Add(absl::string_view line);
  // The reply; the assembler is ready for the next one.
  Reply Take();

 private:
  Reply reply_;
};

}  // namespace postern::sender::smtp
