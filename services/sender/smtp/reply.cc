#include "services/sender/smtp/reply.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postern::sender::smtp {
namespace {

// RFC 5321 sets no limit on a multi-line reply, so a hostile server could feed us lines for ever.
constexpr size_t kMaxLines = 200;
// Section 4.5.3.1.5 allows 512 bytes; what is beyond is of no use to anyone.
constexpr size_t kMaxLineBytes = 512;
// A challenge has to be whole; RFC 4954 section 4 allows more than any mechanism of ours needs.
constexpr size_t kMaxChallengeBytes = 4096;
constexpr size_t kMaxTextBytes = 400;

// The length of the UTF-8 sequence that begins at `at`; 0 when there is none. RFC 3629 section 4.
size_t SequenceLength(absl::string_view text, size_t at) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if (length == 3 &&
      ((lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xED && byte(at + 1) > 0x9F)))
    return 0;
  if (length == 4 &&
      ((lead == 0xF0 && byte(at + 1) < 0x90) || (lead == 0xF4 && byte(at + 1) > 0x8F)))
    return 0;
  if (length == 2 && lead == 0xC2 && byte(at + 1) < 0xA0) return 0;  // C1 controls
  return length;
}

// The server's words end up in a chat, in logs and on terminals.
std::string Printable(absl::string_view text, size_t most) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t length = SequenceLength(text, i);
    if (length == 0 || absl::ascii_iscntrl(text[i])) {
      out += '?';
      ++i;
      continue;
    }
    if (out.size() + length > most) break;
    out.append(text.data() + i, length);
    i += length;
  }
  return out;
}

// "5.1.1 no such user" -> "5.1.1", when it belongs to a code of that class.
std::string EnhancedCode(int code, absl::string_view text) {
  size_t end = text.find(' ');
  if (end == absl::string_view::npos) end = text.size();
  const absl::string_view word = text.substr(0, end);
  int dots = 0, digits = 0;
  for (char c : word) {
    if (c == '.') {
      if (digits == 0) return "";
      ++dots;
      digits = 0;
    } else if (!absl::ascii_isdigit(c) || ++digits > 3) {
      return "";
    }
  }
  if (dots != 2 || digits == 0 || word[1] != '.' || word[0] - '0' != code / 100) return "";
  return std::string(word);
}

}  // namespace

std::string Reply::Text() const {
  std::string text = absl::StrCat(code, " ", absl::StrJoin(lines, " / "));
  if (text.size() > kMaxTextBytes) {
    size_t end = kMaxTextBytes;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not in the middle of a code point
    text = absl::StrCat(text.substr(0, end), "...");
  }
  absl::StripTrailingAsciiWhitespace(&text);
  return text;
}

words::Wording Reply::InWords() const { return words::Wording{"$0", {Text()}}; }

absl::StatusOr<bool> ReplyAssembler::Add(absl::string_view line) {
  // What came is not repeated in the message: the peer may be no mail server at all.
  const auto nonsense = absl::DataLossError("did not answer like an SMTP server");
  if (line.size() < 3 || line[0] < '2' || line[0] > '5') return nonsense;
  if (!absl::ascii_isdigit(line[1]) || !absl::ascii_isdigit(line[2])) return nonsense;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return nonsense;
  if (reply_.lines.size() >= kMaxLines) return absl::DataLossError("sent a reply without end");

  // RFC 5321 section 4.2.1 wants the same code on each line; where a server differs, the last
  // line, the one that ends the reply, is its answer.
  reply_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const absl::string_view text = line.size() > 4 ? line.substr(4) : "";
  reply_.lines.push_back(Printable(text, reply_.code == 334 ? kMaxChallengeBytes : kMaxLineBytes));
  const bool last = line.size() == 3 || line[3] == ' ';
  if (last) reply_.enhanced = EnhancedCode(reply_.code, reply_.lines.front());
  return last;
}

Reply ReplyAssembler::Take() { return std::exchange(reply_, Reply()); }

}  // namespace postern::sender::smtp
