#include "lib/mail/flowed_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/quoted_line.h"

namespace postern::mail {
namespace {

constexpr size_t kColumns = 76;
constexpr absl::string_view kSignatureMark = "-- ";

bool NeedsStuffing(absl::string_view piece) {
  return absl::StartsWith(piece, " ") || absl::StartsWith(piece, ">") ||
         absl::StartsWith(piece, "From ");
}

// Where a line of at most `columns` characters ends, behind its white space: at a word that is
// longer, behind that. npos when nothing is left to break.
size_t BreakOf(absl::string_view line, size_t columns) {
  if (line.size() <= columns) return line.npos;
  size_t column = 0, end = line.npos;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (starts_character && ++column > columns && end != line.npos) return end;
    const bool ends_blanks = line[i] == ' ' && i + 1 < line.size() && line[i + 1] != ' ';
    // Such a piece of its own would be taken for the mark of a signature.
    if (ends_blanks && line.substr(0, i + 1) != kSignatureMark) end = i + 1;
  }
  return column > columns ? end : line.npos;
}

void AppendPiece(const std::string& marks, absl::string_view piece, std::string& out) {
  out += marks;
  if (marks.empty() ? NeedsStuffing(piece) : !piece.empty()) out.push_back(' ');
  out.append(piece.data(), piece.size()).push_back('\n');
}

}  // namespace

std::string WrapFlowed(absl::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 16);
  absl::ConsumeSuffix(&text, "\n");
  if (text.empty()) return out;
  std::string marks;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const QuotedLine quoted = SplitQuote(line);
    absl::string_view rest = quoted.content;
    marks.assign(quoted.depth, '>');
    if (rest != kSignatureMark) {
      while (absl::ConsumeSuffix(&rest, " ")) {
      }
      const size_t columns = kColumns - quoted.depth - 1;
      for (size_t end = 0; (end = BreakOf(rest, columns)) != rest.npos; rest.remove_prefix(end))
        AppendPiece(marks, rest.substr(0, end), out);
    }
    AppendPiece(marks, rest, out);
  }
  return out;
}

std::string UnwrapFlowed(absl::string_view text, bool del_sp) {
  std::string out;
  out.reserve(text.size());
  bool open = false;  // the line before flows into this one
  size_t open_depth = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t depth = std::min(line.find_first_not_of('>'), line.size());
    line.remove_prefix(depth);
    absl::ConsumePrefix(&line, " ");  // section 4.4: space-stuffing
    const bool signature = line == "-- ";
    if (open && (depth != open_depth || signature)) {
      out.push_back('\n');
      open = false;
    }
    if (!open && depth > 0) out.append(depth, '>').push_back(' ');

    open = !signature && absl::EndsWith(line, " ");
    open_depth = depth;
    if (open && del_sp) line.remove_suffix(1);
    out.append(line.data(), line.size());
    if (!open) out.push_back('\n');
  }
  if (absl::EndsWith(out, "\n")) out.pop_back();
  return out;
}

}  // namespace postern::mail
