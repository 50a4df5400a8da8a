#include "services/rules/managesieve/command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::rules::managesieve {
namespace {

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// RFC 5804 section 4, ATOM-CHAR; letters, digits and a little more are all that names have.
bool IsAtomChar(char c) {
  return c > 0x20 && c < 0x7F && c != '(' && c != ')' && c != '{' && c != '"' && c != '\\';
}

// number = (NZDIGIT *DIGIT) / "0", 32 bits.
std::optional<uint32_t> ReadNumber(absl::string_view digits) {
  uint32_t number = 0;
  const bool plain = !digits.empty() && digits.size() <= 10 &&
                     std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
                     (digits.size() == 1 || digits.front() != '0');
  if (!plain || !absl::SimpleAtoi(digits, &number)) return std::nullopt;
  return number;
}

}  // namespace

class CommandReader::Scanner {
 public:
  explicit Scanner(absl::string_view line) : rest_(line) {}

  bool empty() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool Skip(char c) {
    if (Peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  absl::string_view Atom() {
    size_t end = 0;
    while (end < rest_.size() && IsAtomChar(rest_[end])) ++end;
    const absl::string_view atom = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return atom;
  }

  // Behind the opening quote.
  absl::StatusOr<crypto::Secret> Quoted() {
    std::string text;
    text.reserve(rest_.size());
    while (!rest_.empty() && rest_.front() != '"') {
      if (Skip('\\') && Peek() != '"' && Peek() != '\\')
        return Wrong("a backslash is followed by a quote or another backslash");
      if (rest_.empty()) break;
      text.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    if (!Skip('"')) return Wrong("a quoted string has no end");
    const bool clean = text.find('\0') == text.npos && text.find('\r') == text.npos;
    if (!clean || !mail::IsUtf8(text)) return Wrong("a quoted string is not UTF-8");
    crypto::Secret quoted(text);
    crypto::Wipe(text);
    return quoted;
  }

  // "{17+}" at the end of a line.
  absl::StatusOr<uint32_t> LiteralSize() {
    absl::string_view text = rest_;
    rest_ = {};
    if (!absl::ConsumePrefix(&text, "{") || !absl::ConsumeSuffix(&text, "+}"))
      return Wrong("a literal begins with {SIZE+} at the end of a line");
    const auto size = ReadNumber(text);
    if (!size) return Wrong("the size of a literal is a number");
    return *size;
  }

 private:
  absl::string_view rest_;
};

absl::Status CommandReader::TakeLine(absl::string_view line) {
  absl::Status scanned = Scan(line);
  if (scanned.ok() || absl::IsDataLoss(scanned)) return scanned;
  // What follows might be the bytes of a literal: nobody shall take them for commands.
  if (!absl::EndsWith(line, "}")) return scanned;
  return absl::DataLossError(scanned.message());
}

absl::Status CommandReader::Scan(absl::string_view line) {
  Scanner scanner(line);
  const bool first = !std::exchange(begun_, true);
  if (first && mode_ == Mode::kCommand) {
    command_.name = absl::AsciiStrToUpper(scanner.Atom());
    if (command_.name.empty()) return Wrong("a command begins with its name");
  }
  bool space_due = !first || mode_ == Mode::kCommand;
  while (!scanner.empty() || !space_due) {
    if (space_due && !scanner.Skip(' ')) return Wrong("one space stands between arguments");
    space_due = true;
    if (command_.arguments.size() == kMostArguments) return Wrong("there are too many arguments");
    if (scanner.Peek() == '{') return BeginLiteral(scanner);
    Argument argument;
    if (scanner.Skip('"')) {
      auto text = scanner.Quoted();
      if (!text.ok()) return text.status();
      argument.text = *std::move(text);
    } else {
      argument.number = ReadNumber(scanner.Atom());
      if (!argument.number) return Wrong("an argument is a quoted string, a literal or a number");
    }
    command_.arguments.push_back(std::move(argument));
  }
  whole_ = true;
  return absl::OkStatus();
}

absl::Status CommandReader::BeginLiteral(Scanner& scanner) {
  const auto size = scanner.LiteralSize();
  if (!size.ok()) return size.status();
  dropping_ = *size > room_;
  if (dropping_ && *size > kMostDropped)
    return absl::DataLossError(absl::StrCat("a literal of ", *size, " bytes is too large"));
  dropped_ = dropped_ || dropping_;
  if (!dropping_) room_ -= *size;
  literal_.reserve(dropping_ ? 0 : *size);  // growing would leave its beginning behind
  due_ = *size;
  if (*size == 0) TakeLiteral("");
  return absl::OkStatus();
}

void CommandReader::TakeLiteral(absl::string_view bytes) {
  if (!dropping_) literal_.append(bytes.data(), bytes.size());
  *due_ -= bytes.size();
  if (*due_ > 0) return;
  due_.reset();
  command_.arguments.push_back({crypto::Secret(literal_), std::nullopt});
  crypto::Wipe(literal_);
  literal_.shrink_to_fit();
}

absl::StatusOr<Command> CommandReader::Finish() {
  if (dropped_) return absl::ResourceExhaustedError("a string is too large");
  return std::move(command_);
}

}  // namespace postern::rules::managesieve
