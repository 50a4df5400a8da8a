#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/rules/sieve/compile.h"

namespace postern::rules::sieve {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// With the largest of K, M and G that leaves no rest.
std::string Number(uint64_t number) {
  constexpr char kUnits[] = {'K', 'M', 'G'};
  std::string unit;
  for (const char c : kUnits) {
    if (number == 0 || number % 1024 != 0) break;
    number /= 1024;
    unit = c;
  }
  return absl::StrCat(number, unit);
}

class Printer {
 public:
  std::string Run(const Script& script) {
    PrintCommands(script.commands, 0);
    PrintComments(script.comments, 0);
    return std::move(out_);
  }

 private:
  void PrintCommands(const std::vector<Command>& commands, size_t depth) {
    for (const Command& command : commands) {
      PrintComments(command.comments, depth);
      Indent(depth);
      PrintCall(command.name, command.arguments, command.tests, depth);
      if (!command.has_block) {
        out_ += ";\n";
        continue;
      }
      out_ += " {\n";
      PrintCommands(command.block, depth + 1);
      Indent(depth);
      out_ += "}\n";
    }
  }

  void PrintComments(const std::vector<std::string>& comments, size_t depth) {
    for (const std::string& line : comments) {
      Indent(depth);
      absl::StrAppend(&out_, "#", line, "\n");
    }
  }

  void PrintCall(const std::string& name, const std::vector<Argument>& arguments,
                 const std::vector<TestNode>& tests, size_t depth) {
    out_ += name;
    for (const Argument& argument : arguments) PrintArgument(argument);
    // A list of one test would be read as such a list again: allof and anyof keep theirs.
    const bool list = tests.size() > 1 || (!tests.empty() && (name == "allof" || name == "anyof"));
    if (!tests.empty()) out_ += list ? " (" : " ";
    for (size_t i = 0; i < tests.size(); ++i) {
      if (i > 0) {
        out_ += ",\n";
        Indent(depth + 2);
      }
      PrintCall(tests[i].name, tests[i].arguments, tests[i].tests, depth + (list ? 1 : 0));
    }
    if (list) out_ += ")";
  }

  void PrintArgument(const Argument& argument) {
    out_ += " ";
    switch (argument.kind) {
      case Argument::Kind::kTag:
        absl::StrAppend(&out_, ":", argument.tag);
        return;
      case Argument::Kind::kNumber:
        out_ += Number(argument.number);
        return;
      case Argument::Kind::kString:
        out_ += Quoted(argument.strings.front().text);
        return;
      case Argument::Kind::kStrings:
        break;
    }
    out_ += "[";
    for (size_t i = 0; i < argument.strings.size(); ++i)
      absl::StrAppend(&out_, i > 0 ? ", " : "", Quoted(argument.strings[i].text));
    out_ += "]";
  }

  void Indent(size_t depth) { out_.append(2 * depth, ' '); }

  std::string out_;
};

}  // namespace

std::string Print(const Script& script) { return Printer().Run(script); }

}  // namespace postern::rules::sieve
