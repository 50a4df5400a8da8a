#include "services/sender/smtp/content_form.h"

#include <algorithm>

namespace postern::sender::smtp {
namespace {

constexpr size_t kLongestLine = 998;
constexpr size_t kLongestLetter = 4;  // of UTF-8, which is not cut

size_t LetterBytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

bool IsSpecial(char c) { return c == '\r' || c == '\n' || c == '\0'; }

}  // namespace

void ContentForm::Add(absl::string_view piece, std::string& out) {
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    const char c = *at;
    const bool belongs_to_cr = after_cr_ && c == '\n';
    if (c != '\0') after_cr_ = c == '\r';
    if (c == '\0' || belongs_to_cr) {
      ++at;
    } else if (IsSpecial(c)) {
      out += "\r\n";
      column_ = 0;
      ++at;
    } else {
      const char* const stop = std::find_if(at, end, IsSpecial);
      AddPlain(absl::string_view(at, static_cast<size_t>(stop - at)), out);
      at = stop;
    }
  }
}

void ContentForm::AddPlain(absl::string_view run, std::string& out) {
  if (column_ == 0 && run.front() == '.' && dots_ == Dots::kDoubled) out += '.';
  constexpr size_t kSafe = kLongestLine - kLongestLetter;
  while (!run.empty()) {
    if (column_ < kSafe) {
      const size_t count = std::min(run.size(), kSafe - column_);
      out.append(run.data(), count);
      column_ += count;
      run.remove_prefix(count);
    } else {
      AddAtTheEdge(run.front(), out);
      run.remove_prefix(1);
    }
  }
}

void ContentForm::AddAtTheEdge(char c, std::string& out) {
  if (column_ + LetterBytes(c) > kLongestLine) {
    out += "\r\n ";
    column_ = 1;
  }
  out += c;
  ++column_;
}

void ContentForm::End(std::string& out) {
  if (column_ > 0) out += "\r\n";
  if (dots_ == Dots::kDoubled) out += ".\r\n";
}

}  // namespace postern::sender::smtp
