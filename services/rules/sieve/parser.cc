#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/sieve/compile.h"
#include "services/rules/sieve/lexer.h"

namespace postern::rules::sieve {
namespace {

constexpr size_t kMaxArguments = 32;  // of one command; none of ours has more than 12

// RFC 5228 section 8.2, one function for each rule of the grammar. A function answers false when it
// could not go on; the command it stands in is left then, at a place where the next may begin.
class Parser {
 public:
  Parser(absl::string_view source, const CompileOptions& options, Problems& problems)
      : lexer_(source, options.limits.string_bytes, problems),
        problems_(problems),
        most_nested_(options.limits.nesting) {
    Take();
  }

  Script Run() {
    Script script;
    while (next_.kind != TokenKind::kEnd && !problems_.full()) {
      if (next_.IsMark('}')) {
        problems_.Error(next_.at, "this \"}\" closes nothing; delete it");
        Take();
        continue;
      }
      ReadCommand(script.commands, 0);
    }
    script.comments = std::move(comments_);
    return script;
  }

 private:
  // The next token becomes the current one's successor; comments before it wait for a command.
  Token Take() {
    Token token = std::move(next_);
    next_ = lexer_.Next();
    size_t begin = 0;
    std::vector<std::string> comments = lexer_.TakeComments(begin);
    if (comments_.empty() && !comments.empty()) comments_begin_ = begin;
    for (std::string& line : comments) comments_.push_back(std::move(line));
    end_ = token.end;
    return token;
  }

  void ReadCommand(std::vector<Command>& list, size_t depth) {
    if (next_.kind != TokenKind::kIdentifier) {
      problems_.Error(next_.at, absl::StrCat("a command is expected here, not ", Described(next_)));
      Recover();
      list.emplace_back().broken = true;
      return;
    }
    Command command;
    command.at = next_.at;
    command.begin = comments_.empty() ? next_.begin : comments_begin_;
    command.comments = std::move(comments_);
    comments_.clear();
    command.name = Take().text;
    command.broken = !ReadArguments(command.name, command.arguments, command.tests, 0) ||
                     !ReadCommandEnd(command, depth);
    if (command.broken) Recover();
    command.end = end_;
    list.push_back(std::move(command));
  }

  bool ReadCommandEnd(Command& command, size_t depth) {
    if (next_.IsMark(';')) {
      Take();
      return true;
    }
    if (!next_.IsMark('{')) {
      problems_.Error(next_.at, absl::StrCat("missing semicolon after the ", command.name,
                                             " command, before ", Described(next_)));
      return false;
    }
    command.has_block = true;
    if (depth >= most_nested_) return TooDeep("blocks");
    const Position opening = Take().at;
    while (!next_.IsMark('}')) {
      if (next_.kind == TokenKind::kEnd) {
        problems_.Error(opening, "this \"{\" has no \"}\"");
        return true;
      }
      if (problems_.full()) return true;
      ReadCommand(command.block, depth + 1);
    }
    Take();
    return true;
  }

  // arguments = *argument [ test / test-list ]
  bool ReadArguments(const std::string& name, std::vector<Argument>& arguments,
                     std::vector<TestNode>& tests, size_t depth) {
    while (true) {
      if (next_.kind == TokenKind::kIdentifier) {
        tests.emplace_back();
        return ReadTest(tests.back(), depth + 1);
      }
      if (next_.IsMark('(')) return ReadTestList(name, tests, depth + 1);
      if (next_.kind == TokenKind::kMark && !next_.IsMark('[')) return true;
      if (next_.kind == TokenKind::kEnd) return true;
      if (arguments.size() == kMaxArguments) {
        problems_.Error(next_.at,
                        absl::StrCat(name, " has more than ", kMaxArguments, " arguments"));
        return false;
      }
      arguments.emplace_back();
      if (!ReadArgument(arguments.back())) return false;
    }
  }

  bool ReadArgument(Argument& argument) {
    argument.at = next_.at;
    if (next_.IsMark('[')) return ReadStrings(argument);
    Token token = Take();
    if (token.kind == TokenKind::kTag) {
      argument.tag = std::move(token.text);
    } else if (token.kind == TokenKind::kNumber) {
      argument.kind = Argument::Kind::kNumber;
      argument.number = token.number;
    } else {
      argument.kind = Argument::Kind::kString;
      argument.strings.push_back({token.at, std::move(token.text)});
    }
    return true;
  }

  bool ReadStrings(Argument& argument) {
    argument.kind = Argument::Kind::kStrings;
    const Position opening = Take().at;
    while (true) {
      if (next_.kind != TokenKind::kString) {
        problems_.Error(next_.at, absl::StrCat("the list that begins in line ", opening.line,
                                               " needs a string here, not ", Described(next_)));
        return false;
      }
      Token token = Take();
      argument.strings.push_back({token.at, std::move(token.text)});
      if (next_.IsMark(']')) break;
      if (!next_.IsMark(',')) {
        problems_.Error(next_.at,
                        absl::StrCat("the list that begins in line ", opening.line,
                                     " needs \",\" or \"]\" here, not ", Described(next_)));
        return false;
      }
      Take();
    }
    Take();
    return true;
  }

  bool ReadTest(TestNode& test, size_t depth) {
    test.at = next_.at;
    if (depth > most_nested_) return TooDeep("tests");
    test.name = Take().text;
    return ReadArguments(test.name, test.arguments, test.tests, depth);
  }

  bool ReadTestList(const std::string& name, std::vector<TestNode>& tests, size_t depth) {
    Take();
    while (true) {
      if (next_.kind != TokenKind::kIdentifier) {
        problems_.Error(next_.at, absl::StrCat("a test is expected here, in the list of ", name,
                                               ", not ", Described(next_)));
        if (!next_.IsMark(')')) return false;
        break;
      }
      tests.emplace_back();
      if (!ReadTest(tests.back(), depth)) return false;
      if (next_.IsMark(')')) break;
      if (!next_.IsMark(',')) {
        problems_.Error(next_.at,
                        absl::StrCat("the tests of ", name, " need \",\" or \")\" here, not ",
                                     Described(next_)));
        return false;
      }
      Take();
    }
    Take();
    return true;
  }

  bool TooDeep(const char* what) {
    problems_.Error(next_.at, absl::StrCat(what, " are nested deeper than ", most_nested_,
                                           "; split the rule in two"));
    return false;
  }

  // To where a command may begin: past a ";", past a whole block, or before the "}" of the one that
  // the bad command stands in.
  void Recover() {
    size_t open = 0;
    while (next_.kind != TokenKind::kEnd) {
      if (next_.IsMark('}') && open == 0) return;
      const Token token = Take();
      if (token.IsMark('{')) ++open;
      if (token.IsMark('}') && --open == 0) return;
      if (token.IsMark(';') && open == 0) return;
    }
  }

  Lexer lexer_;
  Problems& problems_;
  const size_t most_nested_;
  Token next_;
  size_t end_ = 0;  // of the token that was taken last
  std::vector<std::string> comments_;
  size_t comments_begin_ = 0;
};

// Where a script can't be read at all.
bool IsReadable(absl::string_view source, const CompileOptions& options, Problems& problems) {
  if (source.size() > options.limits.script_bytes) {
    problems.Error({}, absl::StrCat("the script has ", source.size(), " bytes; at most ",
                                    options.limits.script_bytes, " are allowed"));
    return false;
  }
  Position at;
  absl::string_view rest = source;
  while (!rest.empty()) {
    const size_t feed = rest.find('\n');
    const absl::string_view line = rest.substr(0, feed);
    if (!mail::IsUtf8(line) || line.find('\0') != absl::string_view::npos) {
      problems.Error(at, mail::IsUtf8(line)
                             ? "this line holds a zero byte; delete it"
                             : "this line is not UTF-8; save the script in that encoding");
      return false;
    }
    rest.remove_prefix(feed == absl::string_view::npos ? rest.size() : feed + 1);
    ++at.line;
  }
  return true;
}

}  // namespace

Parsed Parse(absl::string_view source, const CompileOptions& options) {
  Problems problems;
  problems.set_file(options.file_name);
  Parsed parsed;
  if (IsReadable(source, options, problems))
    parsed.script = Parser(source, options, problems).Run();
  parsed.problems = problems.Take();
  return parsed;
}

}  // namespace postern::rules::sieve
