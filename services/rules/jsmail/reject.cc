#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/rules/code_points.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/expressions.h"
#include "services/rules/jsmail/program_builder.h"

namespace postern::rules::jsmail {
namespace {

constexpr size_t kMaxShownCodePoints = 200;

enum class Field { kSource, kDestination, kSubject, kReceived };

struct Entry {
  Line line;
  absl::string_view text;  // without blanks before it
  Field field = Field::kSource;
  bool accept = false;
};

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

class RejectCompiler {
 public:
  RejectCompiler(absl::string_view source, const CompileOptions& options)
      : source_(source, options.file_name), expressions_(source_) {}

  Compiled Run() {
    const auto read = [this](const Line& line) { return ReadEntry(line); };
    return CompileLines(source_, expressions_, read, [this] { return Build(); });
  }

 private:
  // False: there are too many.
  bool ReadEntry(const Line& line) {
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(line.text);
    Entry entry{line, rest};
    const bool mark_before = absl::ConsumePrefix(&rest, "!");
    const size_t colon = rest.find(':');
    const auto field = FieldNamed(rest.substr(0, colon));
    if (colon == absl::string_view::npos || !field) {
      source_.Fail(line, rest, "a rule begins with source:, destination:, subject: or received:");
      return true;
    }
    entry.field = *field;
    rest.remove_prefix(colon + 1);
    const bool mark_behind = absl::StartsWith(rest, "!");
    if (mark_before && mark_behind) {
      source_.Fail(line, rest, "one \"!\" is enough; write \\! for one in the expression");
      return true;
    }
    if (mark_behind) rest.remove_prefix(1);
    entry.accept = mark_before || mark_behind;
    if (!expressions_.Add(line, rest)) return true;
    if (entries_.size() == kMaxRules) {
      source_.Fail(line, line.text, absl::StrCat("more than ", kMaxRules, " rules in one file"));
      return false;
    }
    WarnOfTraps(entry, rest);
    entries_.push_back(entry);
    return true;
  }

  // What is legal and hardly ever meant.
  void WarnOfTraps(const Entry& entry, absl::string_view expression) {
    const bool address = entry.field == Field::kSource || entry.field == Field::kDestination;
    if (!entry.accept || !address) return;
    if (expression[0] != '^' && expression[0] != '@') {
      source_.Warn(entry.line, expression,
                   "not anchored: it also accepts longer addresses that end like this, such as "
                   "alfred@ for fred@; begin with ^");
    }
    if (!EndsAnchored(expression) && absl::StrContains(expression, "@") &&
        expression.back() != '@') {
      source_.Warn(entry.line, expression.substr(expression.size()),
                   "not anchored: it also accepts longer domains that begin like this; end with $");
    }
    if (const auto dot = FindBareDot(expression)) {
      source_.Warn(entry.line, expression.substr(*dot),
                   "\".\" stands for any character; write \\. for a dot");
    }
  }

  // Accept lines say that they matched, the last of the file first, so that the first one has
  // the word; then the first reject line that matches rejects, when none did.
  ProgramPtr Build() {
    ProgramBuilder builder(source_, "jsmail-reject");
    builder.program().accept_overrides = true;
    const uint32_t accepted = builder.AddVariable("accepted");
    for (size_t i = entries_.size(); i-- > 0;) {
      if (!entries_[i].accept) continue;
      Begin(builder, i);
      builder.Do(SetVariable{accepted, Text::Literal(Describe(entries_[i])), {}});
      builder.EndRule();
    }
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].accept) continue;
      Begin(builder, i);
      builder.IfHere(NotAccepted(accepted));
      builder.Do(Reject{Text::Literal(Describe(entries_[i])), false});
      builder.Stop();
      builder.EndIf();
      Text overridden;
      overridden.pieces = {
          {Piece::kVariable, accepted, ""},
          {Piece::kLiteral, 0, absl::StrCat(" overrides ", Describe(entries_[i]))}};
      builder.Do(Note{std::move(overridden), ""});
      builder.Stop();
      builder.EndRule();
    }
    return builder.Finish();
  }

  void Begin(ProgramBuilder& builder, size_t i) {
    const Entry& entry = entries_[i];
    builder.BeginRule(entry.line, entry.text);
    if (entry.field == Field::kDestination) builder.program().for_each_recipient = true;
    Keys keys = RegexKeys(expressions_.at(i));
    switch (entry.field) {
      case Field::kSource:
      case Field::kDestination:
        return builder.If(
            CorrespondentTest{entry.field == Field::kSource, RegexMatch(), std::move(keys)});
      case Field::kSubject:
      case Field::kReceived:
        HeaderTest test;
        test.names = {Text::Literal(entry.field == Field::kSubject ? "subject" : "received")};
        test.match = RegexMatch();
        test.keys = std::move(keys);
        return builder.If(std::move(test));
    }
  }

  static Test NotAccepted(uint32_t variable) {
    StringTest test;
    test.sources.emplace_back().pieces = {{Piece::kVariable, variable, ""}};
    test.match.collation = Collation::kOctet;
    test.keys.texts.emplace_back();
    return test;
  }

  // "reject.txt:3: subject:\$\$\$"
  std::string Describe(const Entry& entry) const {
    return absl::StrCat(source_.file_name(), ":", entry.line.number, ": ",
                        Shorten(entry.text, kMaxShownCodePoints));
  }

  Source source_;
  Expressions expressions_;
  std::vector<Entry> entries_;  // one for each expression
};

}  // namespace

Compiled CompileReject(absl::string_view source, const CompileOptions& options) {
  return RejectCompiler(source, options).Run();
}

}  // namespace postern::rules::jsmail
