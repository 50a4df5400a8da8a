#include "services/sender/smtp/dot_stuffing.h"

namespace postern::sender::smtp {

std::string DotStuffer::Add(absl::string_view piece) {
  std::string out;
  out.reserve(piece.size() + piece.size() / 32);
  for (char c : piece) {
    const bool belongs_to_cr = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (belongs_to_cr) continue;
    if (c == '\r' || c == '\n') {
      out += "\r\n";
      line_start_ = true;
      continue;
    }
    if (line_start_ && c == '.') out += '.';
    line_start_ = false;
    out += c;
  }
  return out;
}

std::string DotStuffer::End() { return line_start_ ? ".\r\n" : "\r\n.\r\n"; }

}  // namespace postern::sender::smtp
