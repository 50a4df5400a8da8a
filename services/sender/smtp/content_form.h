#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace postern::sender::smtp {

// Turns a message into what may go over the wire. Whatever comes in, no CR and no LF goes out
// alone: servers differ in what they take for a line end, and mail could be smuggled through
// the difference (CVE-2023-51764). No NUL goes out either (RFC 5321 section 4.5.2), and no line
// over 998 bytes (section 4.5.3.1.6): it goes on in the next one behind a space, as a header
// field may. Works piece by piece, wherever they meet; what has this form keeps it.
class ContentForm {
 public:
  // kDoubled: as DATA wants it, a dot before each line that begins with one (RFC 5321 section
  // 4.5.2). kAsTheyAre: for BDAT (RFC 3030).
  enum class Dots { kDoubled, kAsTheyAre };
  explicit ContentForm(Dots dots) : dots_(dots) {}

  void Add(absl::string_view piece, std::string& out);
  // What the message lacks at its end: a line end, perhaps; with kDoubled the final dot.
  void End(std::string& out);

 private:
  void AddPlain(absl::string_view run, std::string& out);
  void AddAtTheEdge(char c, std::string& out);

  const Dots dots_;
  size_t column_ = 0;      // bytes of this line, without a dot that was added
  bool after_cr_ = false;  // the CRLF for this CR is written; an LF may follow
};

}  // namespace postern::sender::smtp
