#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/expressions.h"
#include "services/rules/jsmail/program_builder.h"

namespace postern::rules::jsmail {
namespace {

constexpr size_t kMaxUserBytes = 2047;  // RFC 7622: two parts of 1023 bytes and "@"

struct Entry {
  Line line;
  absl::string_view text;
  absl::string_view user;
};

// RFC 7622 section 3.3: what a local part can't hold, and blanks.
bool IsUser(absl::string_view user) {
  const size_t at = user.find('@');
  const absl::string_view local = user.substr(0, at);
  const bool good_domain =
      at == user.npos || (at + 1 < user.size() && user.find_first_of("@/ \t", at + 1) == user.npos);
  return good_domain && !local.empty() && user.size() <= kMaxUserBytes &&
         local.find_first_of("\"&'/:<>@ \t") == local.npos;
}

// A user without a domain is of the domain of the mailbox's owner.
Text JidOf(absl::string_view user) {
  Text jid = Text::Literal(user);
  if (absl::StrContains(user, '@')) return jid;
  TextPiece& domain = jid.pieces.emplace_back();
  domain.kind = Piece::kFact;
  domain.text = kOwnersDomain;
  return jid;
}

class SubjectCompiler {
 public:
  SubjectCompiler(absl::string_view source, const CompileOptions& options)
      : source_(source, options.file_name), expressions_(source_) {}

  Compiled Run() {
    const auto read = [this](const Line& line) { return ReadEntry(line); };
    return CompileLines(source_, expressions_, read, [this] { return Build(); });
  }

 private:
  // False: there are too many.
  bool ReadEntry(const Line& line) {
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(line.text);
    const size_t colon = rest.find(':');
    const absl::string_view user = absl::StripAsciiWhitespace(rest.substr(0, colon));
    if (colon == rest.npos) {
      source_.Fail(line, rest, "an entry is USER:EXPRESSION, and there is no colon");
    } else if (!IsUser(user)) {
      source_.Fail(line, rest,
                   "a user's name must come before the colon, like ann or "
                   "ann@example.org");
    } else if (entries_.size() == kMaxRules) {
      source_.Fail(line, line.text, absl::StrCat("more than ", kMaxRules, " entries in one file"));
      return false;
    } else if (expressions_.Add(line, rest.substr(colon + 1))) {
      entries_.push_back({line, rest, user});
    }
    return true;
  }

  ProgramPtr Build() {
    ProgramBuilder builder(source_, "jsmail-subject");
    for (size_t i = 0; i < entries_.size(); ++i) {
      builder.BeginRule(entries_[i].line, entries_[i].text);
      HeaderTest test;
      test.names = {Text::Literal("subject")};
      test.match = RegexMatch();
      test.keys = RegexKeys(expressions_.at(i));
      builder.If(std::move(test));
      builder.Do(Deliver{DeliveryForm::kFull, {JidOf(entries_[i].user)}});
      builder.Stop();
      builder.EndRule();
    }
    return builder.Finish();
  }

  Source source_;
  Expressions expressions_;
  std::vector<Entry> entries_;  // one for each expression
};

}  // namespace

Compiled CompileSubject(absl::string_view source, const CompileOptions& options) {
  return SubjectCompiler(source, options).Run();
}

}  // namespace postern::rules::jsmail
