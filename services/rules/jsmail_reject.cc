#include "services/rules/jsmail_reject.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/crypto/digest.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/rules/code_points.h"
#include "services/rules/jsmail/regex.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxReported = 20;

std::optional<Field> FieldNamed(absl::string_view key) {
  const std::string name = absl::AsciiStrToLower(key);
  if (name == "source") return Field::kSource;
  if (name == "destination") return Field::kDestination;
  if (name == "subject") return Field::kSubject;
  if (name == "received") return Field::kReceived;
  return std::nullopt;
}

bool EndsAnchored(absl::string_view expression) {
  return absl::EndsWith(expression, "$") && !absl::EndsWith(expression, "\\$");
}

// A "." that is not escaped, in a bracket or repeated: in an address usually meant as a dot.
std::optional<size_t> FindBareDot(absl::string_view expression) {
  for (size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '\\') {
      ++i;
    } else if (expression[i] == '[') {
      return std::nullopt;  // whoever writes brackets knows the dialect
    } else if (expression[i] == '.' && !(i + 1 < expression.size() &&
                                         absl::StrContains("*+?", expression.substr(i + 1, 1)))) {
      return i;
    }
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(absl::string_view file_name) { file_.program.file_name = std::string(file_name); }

  absl::StatusOr<RejectFile> Read(absl::string_view source) {
    file_.program.hash = crypto::Sha256Hex(source);
    std::string converted;
    absl::ConsumePrefix(&source, "\xEF\xBB\xBF");
    if (!mail::IsUtf8(source)) {
      converted = mail::ToUtf8(source, "windows-1252");
      source = converted;
      file_.warnings.push_back(absl::StrCat(
          file_.program.file_name, ":1:1: not UTF-8, so it is read as Latin-1 (windows-1252)"));
    }
    for (absl::string_view line : absl::StrSplit(source, '\n')) {
      absl::ConsumeSuffix(&line, "\r");
      ++line_number_;
      line_ = line;
      ReadLine();
    }
    if (!errors_.empty()) return Refusal();
    if (absl::Status s = CompileAll(); !s.ok()) return s;
    return std::move(file_);
  }

 private:
  void ReadLine() {
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(line_);
    if (rest.empty() || rest[0] == '#') return;
    if (const size_t control = FindControl(); control != absl::string_view::npos)
      return Fail(control, "a control character");
    Rule rule;
    rule.line = line_number_;
    rule.text = std::string(rest);
    const bool mark_before = absl::ConsumePrefix(&rest, "!");
    const size_t colon = rest.find(':');
    const auto field = FieldNamed(rest.substr(0, colon));
    if (colon == absl::string_view::npos || !field)
      return Fail(OffsetOf(rest),
                  "a rule begins with source:, destination:, subject: or received:");
    rule.when.field = *field;
    rest.remove_prefix(colon + 1);
    if (absl::StartsWith(rest, "!")) {
      if (mark_before)
        return Fail(OffsetOf(rest), "one \"!\" is enough; write \\! for one in the expression");
      rest.remove_prefix(1);
      rule.then = Effect::kAccept;
    }
    if (mark_before) rule.then = Effect::kAccept;
    Translate(rest, std::move(rule));
  }

  void Translate(absl::string_view expression, Rule rule) {
    const size_t start = OffsetOf(expression);
    jsmail::TranslatedRegex translated = jsmail::TranslateRegex(expression);
    if (translated.error) return Fail(start + translated.error->offset, translated.error->text);
    for (const jsmail::RegexNote& note : translated.warnings) Warn(start + note.offset, note.text);
    WarnOfTraps(expression, start, rule);
    if (rules_read_++ == kMaxRules)
      return Fail(0, absl::StrCat("more than ", kMaxRules, " rules in one file"));
    if (rules_read_ > kMaxRules) return;
    pending_.push_back({std::move(translated.re2), start, line_});
    file_.program.rules.push_back(std::move(rule));
  }

  // What is legal and hardly ever meant.
  void WarnOfTraps(absl::string_view expression, size_t start, const Rule& rule) {
    if (absl::ascii_isspace(static_cast<unsigned char>(expression.front())))
      Warn(start, "the blank behind the colon is part of the expression");
    if (expression.size() > 1 && absl::ascii_isspace(static_cast<unsigned char>(expression.back())))
      Warn(start + expression.size() - 1, "the blank at the end is part of the expression");
    const bool address =
        rule.when.field == Field::kSource || rule.when.field == Field::kDestination;
    if (rule.then != Effect::kAccept || !address) return;
    if (expression[0] != '^' && expression[0] != '@')
      Warn(start,
           "not anchored: it also accepts longer addresses that end like this, such as "
           "alfred@ for fred@; begin with ^");
    if (!EndsAnchored(expression) && absl::StrContains(expression, "@") && expression.back() != '@')
      Warn(start + expression.size(),
           "not anchored: it also accepts longer domains that begin like this; end with $");
    if (const auto dot = FindBareDot(expression))
      Warn(start + *dot, "\".\" stands for any character; write \\. for a dot");
  }

  // Once the number of rules is known, and with it the memory for each.
  absl::Status CompileAll() {
    const int64_t memory = PatternMemory(pending_.size());
    for (size_t i = 0; i < pending_.size(); ++i) {
      Rule& rule = file_.program.rules[i];
      line_number_ = rule.line;
      line_ = pending_[i].line;
      auto pattern = CompilePattern(pending_[i].re2, memory);
      if (!pattern.ok()) {
        Fail(pending_[i].start, std::string(pattern.status().message()));
        continue;
      }
      if (RE2::PartialMatch("", **pattern) && RE2::PartialMatch("a b@c.d", **pattern))
        Warn(pending_[i].start, "this matches every mail");
      rule.when.pattern = *std::move(pattern);
    }
    return errors_.empty() ? absl::OkStatus() : Refusal();
  }

  size_t FindControl() const {
    const auto found = std::find_if(line_.begin(), line_.end(), [](char c) {
      return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
    });
    return found == line_.end() ? absl::string_view::npos : found - line_.begin();
  }

  size_t OffsetOf(absl::string_view part) const { return part.data() - line_.data(); }

  std::string At(size_t offset, absl::string_view what) const {
    return absl::StrCat(file_.program.file_name, ":", line_number_, ":",
                        1 + CountCodePoints(line_.substr(0, offset)), ": ", what);
  }
  void Warn(size_t offset, absl::string_view what) {
    if (file_.warnings.size() < kMaxReported) file_.warnings.push_back(At(offset, what));
  }
  void Fail(size_t offset, absl::string_view reason) {
    if (errors_.size() < kMaxReported) errors_.push_back(At(offset, reason));
  }
  absl::Status Refusal() const { return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n")); }

  struct Pending {
    std::string re2;
    size_t start;  // of the expression in its line
    absl::string_view line;
  };

  RejectFile file_;
  std::vector<std::string> errors_;
  std::vector<Pending> pending_;  // one for each rule of file_.program
  size_t rules_read_ = 0;
  int line_number_ = 0;
  absl::string_view line_;
};

}  // namespace

absl::StatusOr<RejectFile> ParseRejectFile(absl::string_view source, absl::string_view file_name) {
  if (source.size() > kMaxSourceBytes)
    return absl::InvalidArgumentError(
        absl::StrCat(file_name, ":1:1: the file is larger than ", kMaxSourceBytes / 1024, " KiB"));
  return Reader(file_name).Read(source);
}

}  // namespace postern::rules
