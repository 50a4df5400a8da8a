#include "lib/mail/encoded_word.h"

#include <glib.h>

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "lib/mail/charset.h"
#include "lib/mail/header_fields.h"
#include "lib/mail/utf8.h"

namespace postern::mail {
namespace {

// "=?charset*language?encoding?text?=" taken apart; views into the field.
struct EncodedWord {
  absl::string_view charset;
  char encoding = 'q';
  absl::string_view text;
  size_t end = 0;  // position after "?="
};

bool IsHexPair(absl::string_view text) {
  return text.size() >= 2 && absl::ascii_isxdigit(text[0]) && absl::ascii_isxdigit(text[1]);
}

// Where the text that starts at `from` ends. In Q some mailers leave '?' bare,
// so in "what?=20now?=" the first "?=" is not the end.
size_t FindEnd(absl::string_view field, size_t from, char encoding) {
  size_t end = field.find("?=", from);
  while (encoding == 'q' && end != field.npos && IsHexPair(field.substr(end + 2))) {
    const size_t next = field.find("?=", end + 2);
    if (next == field.npos) break;
    const absl::string_view between = field.substr(end + 2, next - end - 2);
    if (between.find_first_of(" \t") != between.npos || absl::StrContains(between, "=?")) break;
    end = next;
  }
  return end;
}

// Reads the encoded word that "=?" at `at` begins; nothing when it is none.
std::optional<EncodedWord> ReadEncodedWord(absl::string_view field, size_t at) {
  constexpr size_t kMaxCharsetName = 80;
  const absl::string_view head = field.substr(at + 2, kMaxCharsetName);
  const size_t charset_end = head.find('?');
  if (charset_end == head.npos || charset_end == 0) return std::nullopt;
  const absl::string_view charset = head.substr(0, charset_end);
  if (charset.find_first_of(" \t=") != charset.npos) return std::nullopt;

  const size_t encoding_at = at + 2 + charset_end + 1;
  if (encoding_at + 1 >= field.size() || field[encoding_at + 1] != '?') return std::nullopt;
  EncodedWord word;
  word.encoding = absl::ascii_tolower(field[encoding_at]);
  if (word.encoding != 'q' && word.encoding != 'b') return std::nullopt;
  const size_t end = FindEnd(field, encoding_at + 2, word.encoding);
  if (end == field.npos) return std::nullopt;
  word.charset = charset.substr(0, charset.find('*'));  // RFC 2231 section 5: language
  word.text = field.substr(encoding_at + 2, end - encoding_at - 2);
  word.end = end + 2;
  return word;
}

// Collects the bytes of neighbouring encoded words of one charset before they
// are converted: mailers tear characters, and even base64 groups, between words.
class WordRun {
 public:
  void Add(const EncodedWord& word) {
    if (!charset_.empty() && !absl::EqualsIgnoreCase(charset_, word.charset)) Flush();
    charset_ = std::string(word.charset);
    word.encoding == 'q' ? AddQ(word.text) : AddBase64(word.text);
  }

  bool empty() const { return charset_.empty(); }

  // Appends the run to the decoded text and starts a new one.
  void Flush() {
    PadBase64();
    decoded_ += ToUtf8(bytes_, charset_);
    bytes_.clear();
    charset_.clear();
  }

  void AddPlain(absl::string_view raw) {
    if (!empty()) Flush();
    decoded_ += ToUtf8(raw, "");
  }

  std::string Take() {
    if (!empty()) Flush();
    return std::move(decoded_);
  }

 private:
  void AddQ(absl::string_view text) {
    PadBase64();
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '=' && IsHexPair(text.substr(i + 1))) {
        bytes_ += absl::HexStringToBytes(text.substr(i + 1, 2));
        i += 2;
      } else {
        bytes_.push_back(text[i] == '_' ? ' ' : text[i]);
      }
    }
  }

  void AddBase64(absl::string_view text) {
    std::string digits;
    for (char c : text) {
      if (absl::ascii_isalnum(c) || c == '+' || c == '/') digits.push_back(c);
    }
    base64_digits_ += digits.size();
    Step(digits);
    if (absl::EndsWith(text, "=")) PadBase64();
  }

  // Ends a base64 group that misses its padding.
  void PadBase64() {
    while (base64_digits_ % 4 != 0) {
      Step("=");
      ++base64_digits_;
    }
    base64_digits_ = 0;
    state_ = 0;
    save_ = 0;
  }

  void Step(absl::string_view digits) {
    const size_t before = bytes_.size();
    bytes_.resize(before + digits.size() * 3 / 4 + 3);
    const size_t added = g_base64_decode_step(
        digits.data(), digits.size(), reinterpret_cast<guchar*>(&bytes_[before]), &state_, &save_);
    bytes_.resize(before + added);
  }

  std::string decoded_;
  std::string charset_;  // of the run; empty when there is none
  std::string bytes_;
  size_t base64_digits_ = 0;  // of the group sequence that is not yet closed
  int state_ = 0;
  guint save_ = 0;
};

bool IsBlank(absl::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

}  // namespace

std::string DecodeHeaderText(absl::string_view folded) {
  const std::string unfolded = Unfold(folded);
  const absl::string_view raw = unfolded;
  if (!absl::StrContains(raw, "=?")) return CleanLine(ToUtf8(raw, ""));
  // Nothing is an encoded word past the last "?=": a flood of "=?" must not be searched again and
  // again.
  const size_t last_end = raw.rfind("?=");
  WordRun run;
  size_t plain = 0;  // start of the text not yet taken
  size_t at = raw.find("=?");
  while (at != raw.npos && last_end != raw.npos && at < last_end) {
    const std::optional<EncodedWord> word = ReadEncodedWord(raw, at);
    if (!word) {
      at = raw.find("=?", at + 2);
      continue;
    }
    const absl::string_view between = raw.substr(plain, at - plain);
    // RFC 2047 section 6.2: white space between two encoded words is not shown.
    if (!between.empty() && (run.empty() || !IsBlank(between))) run.AddPlain(between);
    run.Add(*word);
    plain = word->end;
    at = raw.find("=?", plain);
  }
  if (plain < raw.size()) run.AddPlain(raw.substr(plain));
  return CleanLine(run.Take());
}

}  // namespace postern::mail
