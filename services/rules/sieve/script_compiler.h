#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/sieve/scope.h"
#include "services/rules/sieve/signature.h"
#include "services/rules/sieve/syntax.h"

namespace postern::rules::sieve {

// The commands of one script, one after the other, into the code of its scope. What a command means
// is in the tables (commands.h, tests.h); here is what jumps.
class ScriptCompiler {
 public:
  // `source` is what the rules are cut out of, for people; empty: this is an included script.
  ScriptCompiler(Compilation& all, Scope& scope, absl::string_view source)
      : all_(all), scope_(scope), source_(source) {}

  void Run(const Script& script) {
    CompileBlock(script.commands, 0);
    scope_.CheckRequired();
  }

 private:
  // What is known where a test was true.
  struct Truth {
    // "ihave" is settled when a script is compiled, and with it what depends on it alone: code that
    // never runs is not looked at (RFC 5463).
    enum class Known { kNo, kTrue, kFalse } known = Known::kNo;
    std::vector<TextPiece> vouched;  // in a list
    bool captured = false;           // a match was made
    bool clean = false;              // of nothing that the mail says
  };

  void CompileBlock(const std::vector<Command>& commands, size_t depth);
  size_t CompileIf(const std::vector<Command>& commands, size_t first, size_t depth);
  bool CheckClause(const Command& clause);
  void CompileCommand(const Command& command, size_t depth);
  bool CheckPlain(const Command& command);
  void CompileRequire(const Command& command, size_t depth);
  void CompileRow(const Command& command);
  void CompileForeign(const Command& command, size_t depth);
  void AddRule(const Command& first, const Command& last, uint32_t begin);

  // loops_and_units.cc
  void CompileLoop(const Command& command, size_t depth);
  void TaintLoop(const std::vector<Command>& block);
  void TaintTests(const std::vector<TestNode>& tests);
  void CompileBreak(const Command& command);
  void CompileInclude(const Command& command);
  std::optional<uint32_t> FindUnit(const std::string& name, const Arguments& arguments);
  bool MayFindMore(uint32_t unit);
  uint32_t CompileUnit(const std::string& name, bool personal, const std::string& source);
  void CompileGlobal(const Command& command);
  std::optional<Arguments> BindCommand(const Signature& signature, const Command& command);

  // test_compiler.cc
  Truth EmitTest(const TestNode& test);
  Truth EmitList(const TestNode& test, bool all);
  Truth EmitNot(const TestNode& test);
  Truth EmitIHave(const TestNode& test);
  Truth EmitRow(const TestNode& test);
  Truth EmitForeign(const TestNode& test);
  void EmitAll(std::vector<Test> tests, Position at, Truth& truth);
  bool CheckTestArguments(const TestNode& test, size_t least, size_t most);
  bool IsForeign(const std::string& name) const;
  ForeignCall MakeForeign(const std::string& name, const std::vector<Argument>& arguments);
  Truth Bad(Position at);

  Compilation& all_;
  Scope& scope_;
  absl::string_view source_;
  bool requires_over_ = false;
};

// How many expressions a script has, to share the memory among them (PatternMemory).
size_t CountPatterns(const Script& script);

}  // namespace postern::rules::sieve
