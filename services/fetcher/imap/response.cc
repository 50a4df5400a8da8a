#include "services/fetcher/imap/response.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postern::fetcher::imap {

namespace {

absl::Status Senseless(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("imap: the server's answer makes no sense: ", what));
}

bool IsStatusName(absl::string_view name) {
  return name == "OK" || name == "NO" || name == "BAD" || name == "BYE" || name == "PREAUTH";
}

// The next word, and the space after it taken off too.
absl::string_view TakeWord(absl::string_view& rest) {
  const size_t end = std::min(rest.find(' '), rest.size());
  absl::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// "{123}" at the end of a line; RFC 3501 section 4.3.
std::optional<absl::string_view> LiteralDigits(absl::string_view line) {
  if (!absl::ConsumeSuffix(&line, "}")) return std::nullopt;
  const size_t open = line.rfind('{');
  if (open == absl::string_view::npos) return std::nullopt;
  absl::string_view digits = line.substr(open + 1);
  if (digits.empty()) return std::nullopt;
  for (char c : digits) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
  }
  return digits;
}

// Only data carry literals: the words of a status response may end in "{5}" and mean nothing by it.
bool MayCarryLiteral(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "* ")) return false;
  return !IsStatusName(absl::AsciiStrToUpper(TakeWord(line)));
}

class ValueReader {
 public:
  explicit ValueReader(absl::string_view bytes) : rest_(bytes) {}

  // Values up to the end, or up to the ")" that closes the list at hand.
  absl::Status ReadAll(std::vector<Value>& into, int depth) {
    for (;;) {
      while (absl::ConsumePrefix(&rest_, " ")) {
      }
      if (rest_.empty()) {
        return depth == 0 ? absl::OkStatus() : Senseless("a parenthesis is never closed");
      }
      if (rest_.front() == ')') {
        if (depth == 0) return Senseless("a parenthesis was never opened");
        rest_.remove_prefix(1);
        return absl::OkStatus();
      }
      if (++count_ > kMaxValues) return Senseless("too many values");
      Value value;
      if (absl::Status s = ReadOne(value, depth); !s.ok()) return s;
      into.push_back(std::move(value));
    }
  }

 private:
  absl::Status ReadOne(Value& value, int depth) {
    absl::ConsumePrefix(&rest_, "~");  // literal8, RFC 3516
    if (absl::ConsumePrefix(&rest_, "(")) {
      if (depth >= kMaxNesting) return Senseless("nested too deep");
      value.kind = Value::Kind::kList;
      return ReadAll(value.items, depth + 1);
    }
    if (absl::ConsumePrefix(&rest_, "\"")) return ReadQuoted(value);
    if (absl::ConsumePrefix(&rest_, "{")) return ReadLiteral(value);
    return ReadAtom(value);
  }

  absl::Status ReadQuoted(Value& value) {
    value.kind = Value::Kind::kString;
    for (size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return absl::OkStatus();
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      value.text.push_back(rest_[i]);
    }
    return Senseless("a quoted string is never closed");
  }

  absl::Status ReadLiteral(Value& value) {
    const size_t close = rest_.find("}\r\n");
    size_t size = 0;
    if (close == absl::string_view::npos || !absl::SimpleAtoi(rest_.substr(0, close), &size) ||
        size > rest_.size() - close - 3) {
      return Senseless("a literal is cut off");
    }
    value.kind = Value::Kind::kString;
    value.text = std::string(rest_.substr(close + 3, size));
    rest_.remove_prefix(close + 3 + size);
    return absl::OkStatus();
  }

  // An atom, or the name of a FETCH item, whose brackets may hold spaces and
  // parentheses: BODY[HEADER.FIELDS (FROM)]<0>
  absl::Status ReadAtom(Value& value) {
    size_t end = 0;
    bool in_brackets = false;
    for (; end < rest_.size(); ++end) {
      const char c = rest_[end];
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (!in_brackets && (c == ' ' || c == '(' || c == ')' || c == '"')) break;
    }
    if (end == 0) return Senseless("an empty atom");
    value.text = std::string(rest_.substr(0, end));
    rest_.remove_prefix(end);
    const bool nil = absl::EqualsIgnoreCase(value.text, "NIL");
    value.kind = nil ? Value::Kind::kNil : Value::Kind::kAtom;
    if (nil) value.text.clear();
    return absl::OkStatus();
  }

  absl::string_view rest_;
  int count_ = 0;
};

// "[UIDVALIDITY 3857529045] UIDs valid": the code and the words apart.
void ReadStatusText(absl::string_view rest, Response& response) {
  const size_t close = rest.find(']');
  if (!rest.empty() && rest.front() == '[' && close != absl::string_view::npos) {
    absl::string_view code = rest.substr(1, close - 1);
    response.code = absl::AsciiStrToUpper(TakeWord(code));
    response.code_text = std::string(code);
    rest = absl::StripLeadingAsciiWhitespace(rest.substr(close + 1));
  }
  response.text = std::string(rest);
}

absl::StatusOr<Response> ParseData(absl::string_view rest, Response response) {
  if (!rest.empty() && absl::ascii_isdigit(rest.front())) {
    if (!absl::SimpleAtoi(TakeWord(rest), &response.number)) return Senseless("a number too large");
  }
  response.name = absl::AsciiStrToUpper(TakeWord(rest));
  if (response.name.empty()) return Senseless("a response without a name");
  if (response.name != "FETCH") {
    response.text = std::string(rest);
    // One that makes no sense has no values: see ParseList.
    if (response.name == "LIST" && !ValueReader(rest).ReadAll(response.values, 0).ok()) {
      response.values.clear();
    }
    return response;
  }
  std::vector<Value> outer;
  if (absl::Status s = ValueReader(rest).ReadAll(outer, 0); !s.ok()) return s;
  if (outer.size() != 1 || !outer[0].IsList()) return Senseless("a FETCH that is no list");
  response.values = std::move(outer[0].items);
  return response;
}

}  // namespace

bool Response::IsStatus() const { return IsStatusName(name); }

absl::StatusOr<std::vector<Value>> ParseValues(absl::string_view bytes) {
  std::vector<Value> values;
  if (absl::Status s = ValueReader(bytes).ReadAll(values, 0); !s.ok()) return s;
  return values;
}

absl::StatusOr<Response> ParseResponse(absl::string_view bytes) {
  Response response;
  if (bytes == "+" || absl::StartsWith(bytes, "+ ")) {
    response.kind = Response::Kind::kContinuation;
    response.text = std::string(absl::StripPrefix(bytes.substr(1), " "));
    return response;
  }
  absl::string_view rest = bytes;
  const absl::string_view tag = TakeWord(rest);
  if (tag.empty()) return Senseless("a line without a tag");
  response.kind = tag == "*" ? Response::Kind::kUntagged : Response::Kind::kTagged;
  if (tag != "*") response.tag = std::string(tag);

  absl::string_view after_name = rest;
  const std::string name = absl::AsciiStrToUpper(TakeWord(after_name));
  if (IsStatusName(name)) {
    response.name = name;
    ReadStatusText(after_name, response);
    return response;
  }
  if (response.kind == Response::Kind::kTagged) return Senseless("a tagged line without a status");
  return ParseData(rest, std::move(response));
}

absl::StatusOr<std::optional<size_t>> ResponseAssembler::TakeLine(absl::string_view line) {
  if (bytes_.size() + line.size() > kMaxResponseBytes) return Senseless("a response too large");
  const bool data = !bytes_.empty() || MayCarryLiteral(line);
  bytes_.append(line.data(), line.size());
  const std::optional<absl::string_view> digits = LiteralDigits(line);
  if (!data || !digits) return std::nullopt;

  size_t size = 0;
  if (!absl::SimpleAtoi(*digits, &size) || size > kMaxLiteralBytes ||
      bytes_.size() + size > kMaxResponseBytes || ++literals_ > kMaxLiterals) {
    return Senseless("more literal data than was asked for");
  }
  bytes_.append("\r\n");
  due_ = size;
  return due_;
}

void ResponseAssembler::TakeLiteral(absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  due_.reset();
}

std::string ResponseAssembler::Finish() {
  literals_ = 0;
  due_.reset();
  return std::exchange(bytes_, std::string());
}

}  // namespace postern::fetcher::imap
