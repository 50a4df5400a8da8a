#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/rules/ir/program.h"
#include "services/rules/sieve/compile.h"
#include "services/rules/sieve/problems.h"
#include "services/rules/sieve/taint.h"

namespace postern::rules::sieve {

// What a script and those that it includes share while they are compiled.
struct Compilation {
  const CompileOptions& options;
  Problems problems = {};
  Program program = {};
  std::vector<std::vector<Instruction>> unit_code = {};         // of Program::units, not placed yet
  std::map<std::pair<bool, std::string>, uint32_t> units = {};  // personal, name
  std::vector<std::pair<bool, std::string>> open_units =
      {};  // that are being compiled, the outermost first
  std::map<std::string, uint32_t> globals = {};
  Taint taint = {};
  std::vector<Taint> unit_entry = {}, unit_end = {};  // of each unit, as it was compiled
  size_t part_loops = 0;                              // open around the place
  size_t captured_tests = 0;  // ${n} may read what the tests before this one matched
  size_t patterns = 0;        // that the scripts have so far, as counted beforehand
  size_t made_patterns = 0;   // and as compiled
  std::string sources =
      {};  // of the included scripts: they belong to what the program's hash is of
};

// One script being compiled: what it requires, its variables, its code.
class Scope {
 public:
  Scope(Compilation& all, std::string file) : all_(all), file_(std::move(file)) {}

  Compilation& all() { return all_; }
  Program& program() { return all_.program; }
  Taint& taint() { return all_.taint; }
  const std::string& file() const { return file_; }

  std::nullopt_t Error(Position at, std::string text);
  void Warn(Position at, std::string text);

  bool Has(absl::string_view extension) const {
    return any_required_ || required_.count(std::string(extension)) > 0;
  }
  // A problem when it isn't required; `what` is what needs it.
  bool Needs(absl::string_view extension, absl::string_view what, Position at);
  void Require(absl::string_view extension, Position at);
  // A require that can't be read may have named any.
  void RequireAny() { any_required_ = true; }
  // What an extension that is required requires itself. To be asked when the script is over.
  void CheckRequired();

  // A string with its ${…} (RFC 5228 section 2.4.2.4, RFC 5229 section 3). Nothing after a
  // problem.
  std::optional<Text> MakeText(const String& written);
  std::optional<std::vector<Text>> MakeTexts(const Argument& argument);
  // A text of the script that no variable may stand in: "comparator". Nothing after a problem.
  std::optional<std::string> MakeConstant(const Argument& argument, absl::string_view what);
  // The slot of a variable of the script; a problem when it has no name that may be set.
  std::optional<uint32_t> Slot(const std::string& name, Position at);
  // RFC 6609 section 3.3. False after a problem.
  bool DeclareGlobal(const std::string& name, Position at);
  const std::vector<uint32_t>& own_variables() const { return own_; }

  uint32_t Emit(Op op, Position at, uint32_t operand = 0, uint8_t depth = 0);
  void EmitTest(Test test, Position at);
  void Do(Statement statement, Position at);
  // A jump that was emitted without its end leads here.
  void Land(uint32_t jump) { code_[jump].operand = Here(); }
  uint32_t Here() const { return static_cast<uint32_t>(code_.size()); }
  std::vector<Instruction> TakeCode() { return std::move(code_); }

  struct Loop {
    std::string name;
    std::vector<uint32_t> breaks;  // jumps to its end
    bool reads_match = false;
    std::optional<Taint> left = {};  // by these jumps
  };
  std::vector<Loop>& loops() { return loops_; }
  // The ways by which a unit is left before its end.
  std::optional<Taint>& returned() { return returned_; }

 private:
  friend class TextReader;
  void ReadsMatch();
  std::optional<uint32_t> NewSlot(const std::string& name, bool global, Position at);

  Compilation& all_;
  std::string file_;
  std::map<std::string, Position> required_;
  bool any_required_ = false;
  std::map<std::string, uint32_t> variables_;  // by their names, lower case; global ones too
  std::vector<uint32_t> own_;
  std::vector<Instruction> code_;
  std::vector<Loop> loops_;
  std::optional<Taint> returned_;
  bool told_of_variables_ = false;
};

}  // namespace postern::rules::sieve
