#include "services/rules/personal/syntax_parts.h"

namespace postern::rules::personal {
namespace {

using sieve::Argument;
using sieve::Command;
using sieve::TestNode;

TestNode Joined(absl::string_view name, std::vector<TestNode> tests, absl::string_view none) {
  if (tests.empty()) return MakeTest(none);
  if (tests.size() == 1) return std::move(tests.front());
  TestNode joined = MakeTest(name);
  joined.tests = std::move(tests);
  return joined;
}

}  // namespace

Argument Tag(absl::string_view name) {
  Argument argument;
  argument.tag = std::string(name);
  return argument;
}

Argument Number(uint64_t number) {
  Argument argument;
  argument.kind = Argument::Kind::kNumber;
  argument.number = number;
  return argument;
}

Argument Strings(const Texts& texts) {
  Argument argument;
  argument.kind = texts.size() == 1 ? Argument::Kind::kString : Argument::Kind::kStrings;
  for (const std::string& text : texts) argument.strings.push_back({{}, text});
  return argument;
}

TestNode MakeTest(absl::string_view name, Arguments arguments) {
  TestNode test;
  test.name = std::string(name);
  test.arguments = std::move(arguments);
  return test;
}

TestNode AllOf(std::vector<TestNode> tests) { return Joined("allof", std::move(tests), "true"); }
TestNode AnyOf(std::vector<TestNode> tests) { return Joined("anyof", std::move(tests), "false"); }

TestNode Not(TestNode test) {
  TestNode turned = MakeTest("not");
  turned.tests.push_back(std::move(test));
  return turned;
}

Command MakeCommand(absl::string_view name, Arguments arguments) {
  Command command;
  command.name = std::string(name);
  command.arguments = std::move(arguments);
  return command;
}

Command MakeIf(TestNode test, std::vector<Command> block) {
  Command command = MakeCommand("if");
  command.tests.push_back(std::move(test));
  command.block = std::move(block);
  command.has_block = true;
  return command;
}

}  // namespace postern::rules::personal
