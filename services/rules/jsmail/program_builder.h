#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/rules/ir/program.h"
#include "services/rules/jsmail/source.h"

namespace postern::rules::jsmail {

// Puts a program together, rule by rule; a rule is what happens when its first test holds.
class ProgramBuilder {
 public:
  ProgramBuilder(const Source& source, std::string language);

  // `text` is the entry as its author wrote it.
  void BeginRule(const Line& line, absl::string_view text);
  // What follows, to the end of the rule, is done only when the test holds.
  void If(Test test);
  // The same, to EndIf only; several add up.
  void IfHere(Test test);
  void IfNotHere(Test test);
  void EndIf();
  void Do(Statement statement);
  void Stop();
  void EndRule();

  uint32_t AddVariable(std::string name);
  Program& program() { return program_; }
  ProgramPtr Finish();

 private:
  void Emit(Op op, uint32_t operand = 0);
  void Ask(Test test, Op past, std::vector<size_t>& jumps);
  void Land(std::vector<size_t>& jumps);

  Program program_;
  uint32_t line_ = 0;
  std::vector<size_t> to_end_, to_end_if_;  // jumps whose ends are not known yet
};

// How JSMail's expressions match: case matters.
Match RegexMatch();
Keys RegexKeys(std::shared_ptr<const RE2> pattern);

}  // namespace postern::rules::jsmail
