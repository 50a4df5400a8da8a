#include "services/rules/filter/condition.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/rules/code_points.h"
#include "services/rules/filter/about.h"
#include "services/rules/filter/macro_text.h"
#include "services/rules/filter/questions.h"
#include "services/rules/filter/words.h"

namespace postern::rules::filter {
namespace {

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

class Asker {
 public:
  Asker(const ConditionLine& line, const Rule& rule, Gathered& gathered, Source& source)
      : line_(line), rule_(rule), gathered_(gathered), source_(source) {}

  Condition Run() {
    op_ = ReadOperator(line_.op);
    if (op_.how == Comparing::kUnknown) {
      Refuse(absl::StrCat("\"", Shorten(line_.op, 40), "\" is no comparison that is known here"));
      return std::move(condition_);
    }
    about_ = AboutWhat(line_.what, op_.how);
    Ask();
    return std::move(condition_);
  }

 private:
  void Refuse(std::string why) { condition_.problem = std::move(why); }

  void Ask() {
    switch (about_) {
      case About::kAll:
        condition_.clauses.emplace_back();
        if (op_.negated) Refuse("no message is none of all messages");
        return;
      case About::kSize:
        return AskSize();
      case About::kAttachment:
        return AskAttachment();
      case About::kInfected:
        return AskFlag(InfectedTest());
      case About::kSigned:
        gathered_.program.needs_message = true;
        return AskFlag(SignedTest());
      case About::kExitCode:
        return AskExitCode();
      case About::kHeader:
      case About::kBody:
      case About::kFile:
      case About::kSenderGroup:
      case About::kRecipientGroup:
        return AskValues();
    }
  }

  // A condition with one question.
  void One(Test test, bool negated) { condition_.clauses.push_back({{std::move(test), negated}}); }

  // "is digitally signed", "is not", "|is|AND|No|"
  void AskFlag(Test test) {
    const bool no = IsNo(absl::StripAsciiWhitespace(line_.values));
    One(std::move(test), op_.negated != no);
  }

  void AskAttachment() {
    const absl::string_view value = absl::StripAsciiWhitespace(line_.values);
    gathered_.program.needs_message = true;
    if (value.empty() || IsYes(value) || IsNo(value)) return AskFlag(AttachmentTest{});
    about_ = About::kFile;
    AskValues();
  }

  void AskSize() {
    const auto bytes = ReadSize(line_.values);
    if (!bytes) {
      return source_.Fail(line_.line, line_.values, "a size is a number of kilobytes, like 10");
    }
    if (op_.how != Comparing::kMore && op_.how != Comparing::kLess) {
      return Refuse("sizes are greater than, or less than, a number of kilobytes");
    }
    SizeTest test;
    test.over = op_.how == Comparing::kMore;
    test.bytes = *bytes;
    One(test, op_.negated);
  }

  // Of the program that was run last, if one was, and ended by itself: one that could not be run
  // says nothing, neither so nor otherwise.
  void AskExitCode() {
    const absl::string_view value = absl::StripAsciiWhitespace(line_.values);
    int64_t code = 0;
    if (!absl::SimpleAtoi(value, &code)) {
      return source_.Fail(line_.line, line_.values, "an exit code is a number, like 0");
    }
    if (op_.how != Comparing::kIs && op_.how != Comparing::kContains) {
      return Refuse("exit codes are equal to a number, or not equal to it");
    }
    if (gathered_.runs.empty()) return Refuse("no rule before this one runs a program");
    condition_.clauses = ExitCodeClauses(code, op_.negated, gathered_);
  }

  // --- conditions with texts -------------------------------------------------------

  void AskValues() {
    std::vector<absl::string_view> values;
    if (op_.how == Comparing::kMatches) {
      values = {line_.values};  // it may have bars itself
    } else {
      values = absl::StrSplit(line_.values, '|');
    }
    if (op_.how == Comparing::kExists) values.resize(1);
    const size_t errors_before = source_.errors();
    Clause all;
    for (const absl::string_view value : values) {
      Clause asked;
      AskValue(value, asked);
      if (!condition_.problem.empty() || source_.errors() > errors_before) return;
      if (line_.any) {
        condition_.clauses.push_back(std::move(asked));
      } else {
        std::move(asked.begin(), asked.end(), std::back_inserter(all));
      }
    }
    if (!line_.any) condition_.clauses.push_back(std::move(all));
  }

  void AskValue(absl::string_view value, Clause& asked) {
    if (about_ == About::kSenderGroup || about_ == About::kRecipientGroup) {
      return AskGroup(value, asked);
    }
    if (about_ == About::kFile) return AskFile(value, asked);
    name_ = FieldName(line_.what);
    if (about_ == About::kHeader && name_.empty()) {
      return Refuse(absl::StrCat("\"", Shorten(line_.what, 40),
                                 "\" is neither a header field nor anything else that is known"));
    }
    if (op_.how == Comparing::kExists && about_ == About::kHeader) {
      ExistsTest test;
      test.names = {Text::Literal(name_)};
      asked.push_back({std::move(test), op_.negated});
      return;
    }
    AskText(value, asked);
  }

  void AskText(absl::string_view value, Clause& asked) {
    Match match;
    Keys keys;
    if (!ReadMatch(match)) return;
    if (match.type == MatchType::kRegex) {
      auto pattern = ReadPattern(value, line_.line, /*any_case=*/true, about_ == About::kBody,
                                 gathered_, source_);
      if (!pattern) return;
      keys.texts.push_back(Text::Literal(pattern->pattern()));
      keys.patterns.push_back(std::move(pattern));
    } else {
      Text text = ReadText(value, line_.line, rule_, kInHeader, gathered_, source_);
      if (text.pieces.empty() && match.type != MatchType::kIs) {
        return Refuse("an empty text stands in every mail");
      }
      // One that comes out empty would be in every mail, too.
      if (!text.constant()) asked.push_back(IsEmpty(text));
      const bool plain = text.constant() && IsAscii(text.literal());
      match.collation = plain ? Collation::kAsciiCasemap : Collation::kUnicodeCasemap;
      keys.texts.push_back(std::move(text));
    }
    asked.push_back(
        {about_ == About::kBody ? Body(match, std::move(keys)) : Header(match, std::move(keys)),
         op_.negated});
  }

  bool ReadMatch(Match& match) {
    switch (op_.how) {
      case Comparing::kIs:
        match.type = MatchType::kIs;
        return true;
      case Comparing::kContains:
        match.type = MatchType::kContains;
        return true;
      case Comparing::kBegins:
        match.type = MatchType::kPrefix;
        return true;
      case Comparing::kEnds:
        match.type = MatchType::kSuffix;
        return true;
      case Comparing::kMatches:
        match.type = MatchType::kRegex;
        return true;
      default:
        Refuse(absl::StrCat("\"", Shorten(line_.op, 40), "\" can't be asked of ",
                            Shorten(line_.what, 40)));
        return false;
    }
  }

  static Question IsEmpty(const Text& text) {
    StringTest test;
    test.sources = {text};
    test.keys.texts.emplace_back();
    return {std::move(test), true};
  }

  Test Header(const Match& match, Keys keys) {
    HeaderTest test;
    test.names = {Text::Literal(name_)};
    test.match = match;
    test.keys = std::move(keys);
    return test;
  }

  Test Body(const Match& match, Keys keys) {
    gathered_.program.needs_body = true;
    BodyTest test;
    test.match = match;
    test.keys = std::move(keys);
    return test;
  }

  void AskFile(absl::string_view value, Clause& asked) {
    gathered_.program.needs_message = true;
    value = absl::StripAsciiWhitespace(value);
    if (value.empty()) return Refuse("the name of the file is missing");
    const bool part = op_.how == Comparing::kContains && value.find_first_of("*?") == value.npos;
    if (op_.how != Comparing::kIs && op_.how != Comparing::kContains &&
        op_.how != Comparing::kExists) {
      return Refuse("names of files are compared with * and ?, like *.exe");
    }
    // A backslash is a character like others here.
    const std::string quoted = absl::StrReplaceAll(value, {{"\\", "\\\\"}});
    const std::string wildcard = part ? absl::StrCat("*", quoted, "*") : quoted;
    AttachmentTest test;
    test.name = ReadText(wildcard, line_.line, rule_, kInHeader, gathered_, source_);
    if (!test.name->constant()) asked.push_back(IsEmpty(*test.name));
    asked.push_back({std::move(test), op_.negated});
  }

  // A list of addresses of ours, of that name.
  void AskGroup(absl::string_view value, Clause& asked) {
    const std::string name = GroupName(value);
    if (name.empty()) {
      return Refuse("a group is a list of addresses here: letters, digits and blanks name it");
    }
    Match match;
    match.type = MatchType::kList;
    Keys keys;
    keys.texts.push_back(Text::Literal(absl::StrCat("tag:postern,group:", name)));
    if (about_ == About::kSenderGroup) {
      AddressTest test;
      test.names = {Text::Literal("from")};
      test.match = match;
      test.keys = std::move(keys);
      asked.push_back({std::move(test), op_.negated});
    } else {
      EnvelopeTest test;
      test.fields = {Text::Literal("to")};
      test.match = match;
      test.keys = std::move(keys);
      asked.push_back({std::move(test), op_.negated});
    }
  }

  const ConditionLine& line_;
  const Rule& rule_;
  Gathered& gathered_;
  Source& source_;
  Operator op_;
  About about_ = About::kHeader;
  std::string name_;
  Condition condition_;
};

}  // namespace

Condition ReadCondition(const ConditionLine& line, const Rule& rule, Gathered& gathered,
                        Source& source) {
  return Asker(line, rule, gathered, source).Run();
}

}  // namespace postern::rules::filter
