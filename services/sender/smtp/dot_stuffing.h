#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace postern::sender::smtp {

// Turns a message into what goes over the wire after DATA: a dot before each
// line that begins with one (RFC 5321 section 4.5.2). Whatever comes in, no CR
// and no LF goes out alone: servers differ in what they take for a line end, and
// mail could be smuggled through the difference. Works piece by piece.
class DotStuffer {
 public:
  std::string Add(absl::string_view piece);
  // What ends the message: a line end when there is none yet, and the dot.
  std::string End();

 private:
  bool line_start_ = true;
  bool after_cr_ = false;  // the CRLF for this CR is written; an LF may follow
};

}  // namespace postern::sender::smtp
