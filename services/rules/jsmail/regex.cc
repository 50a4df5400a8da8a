#include "services/rules/jsmail/regex.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/code_points.h"

namespace postern::rules::jsmail {
namespace {

bool IsQuantifier(char c) { return c == '*' || c == '+' || c == '?'; }

// RE2 reads "\" and a punctuation mark as that mark, in brackets too.
std::string Quote(absl::string_view code_point) {
  const char c = code_point[0];
  const bool plain = code_point.size() > 1 || absl::ascii_isalnum(c) || c == '_' ||
                     static_cast<unsigned char>(c) >= 0x80;
  return plain ? std::string(code_point) : absl::StrCat("\\", code_point);
}

class Translator {
 public:
  Translator(absl::string_view pattern, RegexDialect dialect)
      : pattern_(pattern), has_groups_(dialect == RegexDialect::kContentFilter) {}

  TranslatedRegex Run() {
    if (pattern_.empty()) Fail(0, "the expression is empty: it would match every mail");
    if (pattern_.size() > kMaxPatternBytes)
      Fail(kMaxPatternBytes,
           absl::StrCat("the expression is longer than ", kMaxPatternBytes, " bytes"));
    while (!result_.error && at_ < pattern_.size()) ReadPiece();
    if (!open_.empty())
      Fail(open_.back(), "this \"(\" has no \")\"; write \\( for the character itself");
    return std::move(result_);
  }

 private:
  void ReadPiece() {
    const char c = pattern_[at_];
    if (c == '^' || c == '$') {
      result_.re2 += c;
      ++at_;
      return;
    }
    if (has_groups_ && ReadStructure(c)) return;
    if (c == '.') {
      result_.re2 += c;
      ++at_;
    } else if (c == '\\') {
      ReadEscape();
    } else if (c == '[') {
      ReadBracket();
    } else {
      ReadOrdinary();
    }
    if (!result_.error) ReadQuantifiers();
  }

  // Of the content filter's dialect: groups, alternatives, ends of words. False: it is none.
  bool ReadStructure(char c) {
    if (c == '|') {
      result_.re2 += c;
    } else if (c == '(') {
      result_.re2 += c;
      open_.push_back(at_);
      ++result_.groups;
    } else if (c == ')' && !open_.empty()) {
      result_.re2 += c;
      open_.pop_back();
    } else if (c == '<' || c == '>') {
      Warn(at_, absl::StrCat("\"", pattern_.substr(at_, 1), "\" is the ",
                             c == '<' ? "beginning" : "end", " of a word here; write [",
                             pattern_.substr(at_, 1), "] for the character itself"));
      result_.re2 += "\\b";
    } else {
      return false;
    }
    ++at_;
    if (c == ')') ReadQuantifiers();
    return true;
  }

  void ReadEscape() {
    const absl::string_view escaped = CodePointAt(at_ + 1);
    if (escaped.empty())
      return Fail(at_, "the expression ends in a lone backslash; write \\\\ for a backslash");
    if (absl::StrContains("bBdDsSwW", escaped))
      Warn(at_, absl::StrCat("\\", escaped, " is the letter ", escaped, " here, not a class"));
    if (has_groups_ && absl::ascii_isdigit(static_cast<unsigned char>(escaped[0])))
      Warn(at_, absl::StrCat("\\", escaped, " is the digit ", escaped,
                             " here: an expression "
                             "can't ask for what a group of it matched"));
    const bool word_end = has_groups_ && (escaped == "<" || escaped == ">");
    result_.re2 += word_end ? "\\b" : Quote(escaped);
    at_ += 1 + escaped.size();
  }

  void ReadOrdinary() {
    const absl::string_view code_point = CodePointAt(at_);
    const char c = code_point[0];
    if (IsQuantifier(c))
      Warn(at_, absl::StrCat("nothing stands before \"", code_point,
                             "\": it is taken as the character itself"));
    const bool repeats = c == '{' && at_ + 1 < pattern_.size() &&
                         absl::ascii_isdigit(static_cast<unsigned char>(pattern_[at_ + 1]));
    if (c == '|' || repeats)
      Warn(at_, absl::StrCat("\"", code_point, "\" is an ordinary character here, not ",
                             c == '|' ? "an alternative" : "a repetition"));
    result_.re2 += Quote(code_point);
    at_ += code_point.size();
  }

  // Several in a row apply one after the other: (a+)? matches what a* does.
  void ReadQuantifiers() {
    char sum = 0;
    for (; at_ < pattern_.size() && IsQuantifier(pattern_[at_]); ++at_) {
      const char c = pattern_[at_];
      sum = sum == 0 || sum == c ? c : '*';
    }
    if (sum != 0) result_.re2 += sum;
  }

  void ReadBracket() {
    const size_t opening = at_;
    std::string set = "[";
    size_t i = opening + 1;
    if (i < pattern_.size() && pattern_[i] == '^') {
      set += '^';
      ++i;
    }
    bool first = true;
    while (i < pattern_.size() && (first || pattern_[i] != ']')) {
      if (!ReadItem(first, i, set)) return;
      first = false;
    }
    if (i >= pattern_.size()) {
      Warn(opening, "this \"[\" has no \"]\": it is taken as the character itself");
      result_.re2 += "\\[";
      at_ = opening + 1;
      return;
    }
    result_.re2 += absl::StrCat(set, "]");
    at_ = i + 1;
  }

  // One character or one range. False after an error.
  bool ReadItem(bool first, size_t& i, std::string& set) {
    const size_t start = i;
    const std::string low = ReadMember(i);
    if (result_.error) return false;
    absl::StrAppend(&set, Quote(low));
    // A dash at the end, "[a-]", is a dash.
    const bool range = i + 1 < pattern_.size() && pattern_[i] == '-' && pattern_[i + 1] != ']';
    if (!range) return true;
    ++i;
    const std::string high = ReadMember(i);
    if (result_.error) return false;
    if (high < low) {  // UTF-8 sorts as its code points do
      Fail(start, absl::StrCat("the range ", low, "-", high, " runs backwards"));
      return false;
    }
    absl::StrAppend(&set, "-", Quote(high));
    return true;
  }

  // A member of a bracket: a character, "\" before \ ] ^ -, or [.x.] and [=x=].
  std::string ReadMember(size_t& i) {
    const absl::string_view rest = pattern_.substr(i);
    if (rest[0] == '\\' && rest.size() > 1 && absl::StrContains("\\]^-", rest.substr(1, 1))) {
      i += 2;
      return std::string(rest.substr(1, 1));
    }
    if (rest[0] == '[' && rest.size() > 1) {
      const char kind = rest[1];
      if (kind == '.' || kind == '=') return ReadCollatingElement(kind, i);
      if (kind == ':')
        Warn(i, "classes such as [:alpha:] are unknown here: each character stands for itself");
    }
    const absl::string_view code_point = CodePointAt(i);
    i += code_point.size();
    return std::string(code_point);
  }

  std::string ReadCollatingElement(char kind, size_t& i) {
    const absl::string_view element = CodePointAt(i + 2);
    const std::string closing = {kind, ']'};
    if (element.empty() || !absl::StartsWith(pattern_.substr(i + 2 + element.size()), closing)) {
      // "[.,]" and the like: an ordinary "[" among the members.
      i += 1;
      return "[";
    }
    i += 2 + element.size() + closing.size();
    return std::string(element);
  }

  absl::string_view CodePointAt(size_t i) const {
    if (i >= pattern_.size()) return "";
    const absl::string_view rest = pattern_.substr(i);
    return rest.substr(0, CodePointLength(rest));
  }

  void Warn(size_t offset, std::string text) {
    result_.warnings.push_back({offset, std::move(text)});
  }
  void Fail(size_t offset, std::string text) {
    if (!result_.error) result_.error = RegexNote{offset, std::move(text)};
  }

  absl::string_view pattern_;
  const bool has_groups_;
  size_t at_ = 0;
  std::vector<size_t> open_;  // groups that have no end yet
  TranslatedRegex result_;
};

}  // namespace

TranslatedRegex TranslateRegex(absl::string_view pattern, RegexDialect dialect) {
  return Translator(pattern, dialect).Run();
}

}  // namespace postern::rules::jsmail
