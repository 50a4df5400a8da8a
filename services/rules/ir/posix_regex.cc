#include "services/rules/ir/posix_regex.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"

namespace postern::rules {
namespace {

constexpr int kMostRepeats = 255;  // POSIX's RE_DUP_MAX
constexpr size_t kDeepestGroup = 50;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// RE2 reads "\" and a punctuation mark as that mark, in brackets too.
std::string Quote(absl::string_view code_point) {
  const auto c = static_cast<unsigned char>(code_point[0]);
  const bool mark = c < 0x80 && absl::ascii_ispunct(c) && c != '_';
  return mark ? absl::StrCat("\\", code_point) : std::string(code_point);
}

//   re     = branch { "|" branch }
//   branch = piece { piece }          piece = atom { "*" | "+" | "?" | bound }
//   atom   = "(" re ")" | bracket | "." | "^" | "$" | "\" mark | ordinary
// without recursion: the "(" that are open are counted.
class Translator {
 public:
  explicit Translator(absl::string_view pattern) : pattern_(pattern) {}

  absl::StatusOr<std::string> Run() {
    if (pattern_.size() > kMaxPosixRegexBytes)
      return Wrong(absl::StrCat("it is longer than ", kMaxPosixRegexBytes, " bytes"));
    if (!mail::IsUtf8(pattern_)) return Wrong("it is not UTF-8");
    while (at_ < pattern_.size() && error_.empty()) ReadPiece();
    if (error_.empty() && !opens_.empty()) error_ = "a \"(\" has no \")\"";
    if (!error_.empty()) return Wrong(error_);
    return std::move(re2_);
  }

 private:
  void ReadPiece() {
    switch (pattern_[at_]) {
      case '(':
        return Open();
      case ')':
        return Close();
      case '|':
      case '^':
        return TakeMark(false);
      case '$':
      case '.':
        return TakeMark(true);
      case '[':
        return ReadBracket();
      case '\\':
        return ReadEscape();
      case '*':
      case '+':
      case '?':
        return Repeat(1);
      case '{':
        return ReadBound();
      default:
        break;
    }
    const absl::string_view code_point = CodePointAt(at_);
    AddAtom(Quote(code_point), code_point.size());
  }

  void AddAtom(absl::string_view re2, size_t length) {
    atom_ = re2_.size();
    absl::StrAppend(&re2_, re2);
    at_ += length;
    repeatable_ = true;
    repeated_ = false;
  }
  void TakeMark(bool repeatable) {
    AddAtom(pattern_.substr(at_, 1), 1);
    repeatable_ = repeatable;
  }

  void Open() {
    if (opens_.size() == kDeepestGroup) return Fail("groups are nested too deep");
    opens_.push_back(re2_.size());
    TakeMark(false);
  }
  void Close() {
    if (opens_.empty()) return Fail("a \")\" has no \"(\"; write \\\\) for the character");
    TakeMark(true);
    atom_ = opens_.back();
    opens_.pop_back();
  }

  void ReadEscape() {
    const absl::string_view escaped = CodePointAt(at_ + 1);
    if (escaped.empty()) return Fail("a lone backslash stands at the end");
    if (IsDigit(escaped[0]) && escaped[0] != '0')
      return Fail("back-references such as \\1 are not supported");
    AddAtom(Quote(escaped), 1 + escaped.size());
  }

  // Of several in a row each holds for all before it; RE2 would read a*? as "as few as possible".
  void Repeat(size_t length) {
    const absl::string_view mark = pattern_.substr(at_, length);
    if (!repeatable_)
      return Fail(absl::StrCat("nothing stands before \"", mark, "\" that it could repeat"));
    if (std::exchange(repeated_, true))
      re2_ = absl::StrCat(re2_.substr(0, atom_), "(?:", re2_.substr(atom_), ")");
    absl::StrAppend(&re2_, mark);
    at_ += length;
  }

  void ReadBound() {
    const size_t close = pattern_.find('}', at_);
    const absl::string_view inside =
        close == absl::string_view::npos ? "" : pattern_.substr(at_ + 1, close - at_ - 1);
    int least = 0, most = kMostRepeats;
    size_t i = 0;
    bool good = ReadCount(inside, i, least);
    if (i == inside.size()) {
      most = least;
    } else {
      good = good && inside[i++] == ',';
      if (i < inside.size()) good = ReadCount(inside, i, most) && good;
    }
    if (!good || i != inside.size())
      return Fail("\"{\" needs one or two numbers and a \"}\" after it, as in {2,5}");
    if (least > kMostRepeats || most > kMostRepeats)
      return Fail(absl::StrCat("nothing is repeated more than ", kMostRepeats, " times"));
    if (most < least) return Fail("the numbers in \"{}\" run backwards");
    Repeat(close - at_ + 1);
  }

  static bool ReadCount(absl::string_view text, size_t& i, int& number) {
    const size_t begin = i;
    number = 0;
    for (; i < text.size() && IsDigit(text[i]) && i - begin < 5; ++i)
      number = number * 10 + (text[i] - '0');
    return i > begin;
  }

  // A backslash is an ordinary character in it.
  void ReadBracket() {
    std::string set = "[";
    size_t i = at_ + 1;
    if (i < pattern_.size() && pattern_[i] == '^') {
      set += '^';
      ++i;
    }
    bool first = true;
    for (; i < pattern_.size() && (first || pattern_[i] != ']'); first = false) {
      if (!ReadMember(i, set)) return;
    }
    if (i >= pattern_.size()) return Fail("a \"[\" has no \"]\"");
    AddAtom(absl::StrCat(set, "]"), i + 1 - at_);
  }

  // A class, a character, or a range.
  bool ReadMember(size_t& i, std::string& set) {
    if (absl::StartsWith(pattern_.substr(i), "[:")) return ReadClass(i, set);
    const std::string low = ReadEnd(i);
    if (low.empty()) return false;
    absl::StrAppend(&set, Quote(low));
    const bool range = i + 1 < pattern_.size() && pattern_[i] == '-' && pattern_[i + 1] != ']';
    if (!range) return true;
    ++i;
    const std::string high = ReadEnd(i);
    if (high.empty()) return false;
    if (high < low) {  // UTF-8 sorts as its code points do
      Fail(absl::StrCat("the range ", low, "-", high, " runs backwards"));
      return false;
    }
    absl::StrAppend(&set, "-", Quote(high));
    return true;
  }

  bool ReadClass(size_t& i, std::string& set) {
    const size_t close = pattern_.find(":]", i + 2);
    const absl::string_view name =
        close == absl::string_view::npos ? "" : pattern_.substr(i + 2, close - i - 2);
    constexpr absl::string_view kClasses[] = {"alnum", "alpha", "blank", "cntrl",
                                              "digit", "graph", "lower", "print",
                                              "punct", "space", "upper", "xdigit"};
    for (const absl::string_view known : kClasses) {
      if (known != name) continue;
      absl::StrAppend(&set, "[:", name, ":]");
      i = close + 2;
      return true;
    }
    Fail(absl::StrCat("there is no class \"[:", name, ":]\""));
    return false;
  }

  // One end of a range: a character, or [.x.] and [=x=], which mean that character.
  std::string ReadEnd(size_t& i) {
    const absl::string_view rest = pattern_.substr(i);
    if (absl::StartsWith(rest, "[.") || absl::StartsWith(rest, "[=")) {
      const absl::string_view element = CodePointAt(i + 2);
      const std::string closing = {rest[1], ']'};
      if (element.empty() || !absl::StartsWith(pattern_.substr(i + 2 + element.size()), closing)) {
        Fail(absl::StrCat("\"[", rest.substr(1, 1), "\" needs one character and \"", closing,
                          "\" after it"));
        return "";
      }
      i += 2 + element.size() + closing.size();
      return std::string(element);
    }
    const absl::string_view code_point = CodePointAt(i);
    i += code_point.size();
    if (code_point.empty()) Fail("a range has no end");
    return std::string(code_point);
  }

  absl::string_view CodePointAt(size_t i) const {
    if (i >= pattern_.size()) return "";
    return pattern_.substr(i, CodePointLength(pattern_.substr(i)));
  }
  void Fail(absl::string_view why) {
    if (error_.empty())
      error_ = absl::StrCat(why, " (character ", CountCodePoints(pattern_.substr(0, at_)) + 1, ")");
    at_ = pattern_.size();
  }
  static absl::Status Wrong(absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("the regular expression can't be used: ", why));
  }

  absl::string_view pattern_;
  size_t at_ = 0;
  std::vector<size_t> opens_;  // in re2_, of each "(" that is open
  std::string re2_ = "(?s)";   // "." is any character, a line end too
  std::string error_;
  size_t atom_ = 0;  // in re2_: what a repetition would repeat
  bool repeatable_ = false, repeated_ = false;
};

}  // namespace

absl::StatusOr<std::string> TranslatePosixRegex(absl::string_view pattern) {
  return Translator(pattern).Run();
}

}  // namespace postern::rules
