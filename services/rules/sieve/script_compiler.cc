#include "services/rules/sieve/script_compiler.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"
#include "services/rules/sieve/commands.h"
#include "services/rules/sieve/extensions.h"
#include "services/rules/sieve/tests.h"

namespace postern::rules::sieve {
namespace {

bool ContinuesIf(const Command& command) {
  return command.name == "elsif" || command.name == "else";
}

bool IsTestName(const std::string& name) {
  constexpr absl::string_view kControl[] = {"true", "false", "not", "allof", "anyof", "ihave"};
  return std::find(std::begin(kControl), std::end(kControl), name) != std::end(kControl) ||
         FindTestRow(name) != nullptr;
}

// "# rule:[Bills]", as Roundcube and others write it before a rule.
std::string RuleName(const std::vector<std::string>& comments) {
  for (auto line = comments.rbegin(); line != comments.rend(); ++line) {
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(*line);
    if (absl::ConsumePrefix(&rest, "rule:[") && absl::ConsumeSuffix(&rest, "]"))
      return mail::CleanLine(rest);
  }
  return "";
}

}  // namespace

void ScriptCompiler::CompileBlock(const std::vector<Command>& commands, size_t depth) {
  for (size_t i = 0; i < commands.size();) {
    const Command& command = commands[i];
    if (command.name == "if") {
      i = CompileIf(commands, i, depth);
    } else if (ContinuesIf(command)) {
      const bool told = i > 0 && commands[i - 1].broken;  // of an if that could not be read
      if (!told)
        scope_.Error(command.at, absl::StrCat("this ", command.name, " has no if before it"));
      // What goes on with it is not wrong once more; but nothing comes after an else.
      for (bool over = false; !over && i < commands.size() && ContinuesIf(commands[i]);)
        over = commands[i++].name == "else";
    } else {
      CompileCommand(command, depth);
      ++i;
    }
  }
}

// if, and the elsif and else after it; answers where to go on.
size_t ScriptCompiler::CompileIf(const std::vector<Command>& commands, size_t first, size_t depth) {
  requires_over_ = true;
  const uint32_t begin = scope_.Here();
  std::vector<uint32_t> ends;
  std::optional<Taint> after;  // all ways through it, joined
  bool settled = false;        // a clause is always taken: those after it never are
  size_t i = first;
  for (bool over = false; !over && i < commands.size() && (i == first || ContinuesIf(commands[i]));
       ++i) {
    const Command& clause = commands[i];
    over = clause.name == "else";
    if (settled || clause.broken || !CheckClause(clause)) continue;
    const Truth truth = over ? Truth{} : EmitTest(clause.tests.front());
    if (truth.known == Truth::Known::kFalse) continue;
    settled = over || truth.known == Truth::Known::kTrue;
    const std::optional<uint32_t> past =
        over ? std::nullopt : std::optional(scope_.Emit(Op::kJumpIfFalse, clause.at));
    const Taint entry = scope_.taint();
    if (truth.clean) scope_.taint().CleanMatch();
    for (const TextPiece& piece : truth.vouched) scope_.taint().Vouch(piece);
    CompileBlock(clause.block, depth + 1);
    Taint::AddWay(scope_.taint(), after);
    scope_.taint() = entry;
    if (i + 1 < commands.size() && ContinuesIf(commands[i + 1]) && !over)
      ends.push_back(scope_.Emit(Op::kJump, clause.at));
    if (past) scope_.Land(*past);
  }
  if (after) {
    if (!settled) after->Join(scope_.taint());
    scope_.taint() = *std::move(after);
  }
  for (const uint32_t end : ends) scope_.Land(end);
  if (depth == 0 && !source_.empty()) AddRule(commands[first], commands[i - 1], begin);
  return i;
}

void ScriptCompiler::AddRule(const Command& first, const Command& last, uint32_t begin) {
  Program& program = scope_.program();
  program.rules.push_back({begin, scope_.Here(), RuleName(first.comments), first.at.line});
  program.texts.emplace_back(source_.substr(first.begin, last.end - first.begin));
}

bool ScriptCompiler::CheckClause(const Command& clause) {
  const bool test = clause.name != "else";
  const auto fail = [&](Position at, absl::string_view why) {
    scope_.Error(at, absl::StrCat("the ", clause.name, " command ", why));
    return false;
  };
  if (!clause.arguments.empty())
    return fail(clause.arguments[0].at, "takes no arguments but its test");
  if (test && clause.tests.size() != 1)
    return fail(clause.at, clause.tests.empty() ? "needs a test after it"
                                                : "takes one test; join several by allof or anyof");
  if (!test && !clause.tests.empty())
    return fail(clause.tests[0].at, "takes no test; write elsif for another condition");
  if (!clause.has_block) return fail(clause.at, "needs a block in { } after it");
  return true;
}

bool ScriptCompiler::CheckPlain(const Command& command) {
  if (!command.tests.empty()) {
    const TestNode& test = command.tests[0];
    scope_.Error(test.at, IsTestName(test.name)
                              ? absl::StrCat("the ", command.name,
                                             " command accepts no sub-tests, but one is specified")
                              : absl::StrCat("missing semicolon after the ", command.name,
                                             " command, before \"", test.name, "\""));
    return false;
  }
  if (command.has_block) {
    scope_.Error(command.at, absl::StrCat("the ", command.name,
                                          " command takes no block; it ends with a semicolon"));
    return false;
  }
  return true;
}

void ScriptCompiler::CompileCommand(const Command& command, size_t depth) {
  if (command.broken) {  // that has been told
    if (command.name == "require") scope_.RequireAny();
    return;
  }
  if (command.name == "require") return CompileRequire(command, depth);
  if (IsForeign(command.name)) return CompileForeign(command, depth);
  requires_over_ = true;
  if (command.name == "foreverypart") return CompileLoop(command, depth);
  if (IsTestName(command.name)) {
    scope_.Error(command.at, absl::StrCat("you can't use test '", command.name,
                                          "' as a command; write if ", command.name, " … { … }"));
    return;
  }
  if (!CheckPlain(command)) return;
  if (command.name == "include") return CompileInclude(command);
  if (command.name == "global") return CompileGlobal(command);
  if (command.name == "break") return CompileBreak(command);
  CompileRow(command);
}

void ScriptCompiler::CompileRequire(const Command& command, size_t depth) {
  static const Signature& signature =
      *new Signature{"require", "", 0, {}, {{Shape::kStrings, "extensions"}}};
  if (depth > 0 || requires_over_) {
    scope_.Error(command.at, "require stands at the top of a script, before all other commands");
    return;
  }
  const bool plain = CheckPlain(command);
  const auto arguments = BindCommand(signature, command);
  if (!plain && !arguments) scope_.RequireAny();
  if (!arguments) return;
  for (const auto& [at, name] : arguments->At(0).strings) {
    const Extension* known = FindExtension(name);
    const bool foreign = !name.empty() && name == all_.options.foreign_extension;
    if (!foreign && known == nullptr) {
      scope_.Error(at,
                   absl::StrCat("unknown extension \"", mail::CleanLine(mail::CutUtf8(name, 100)),
                                "\": Postern does not support it"));
    } else if (!foreign && known->operator_only && !all_.options.operator_rule) {
      scope_.Error(at, absl::StrCat("the extension \"", name, "\" is for operators' rules only"));
      scope_.Require(name, at);  // said once, not at each command of it
    } else {
      scope_.Require(name, at);
    }
  }
}

std::optional<Arguments> ScriptCompiler::BindCommand(const Signature& signature,
                                                     const Command& command) {
  const std::string name = absl::StrCat(command.name, " command");
  if (!signature.extension.empty() &&
      !scope_.Needs(signature.extension, absl::StrCat("the ", name), command.at))
    return std::nullopt;
  return Bind(signature, name, command.at, command.arguments, scope_);
}

void ScriptCompiler::CompileRow(const Command& command) {
  struct Jump {
    Signature signature;
    Op op;
  };
  static const Jump& stop = *new Jump{{"stop"}, Op::kStop};
  static const Jump& leave = *new Jump{{"return", "include"}, Op::kReturn};
  for (const Jump* jump : {&stop, &leave}) {
    if (jump->signature.name != command.name) continue;
    if (!BindCommand(jump->signature, command)) return;
    if (jump->op == Op::kReturn) Taint::AddWay(scope_.taint(), scope_.returned());
    scope_.Emit(jump->op, command.at);
    return;
  }
  const CommandRow* row = FindCommandRow(command.name);
  if (row == nullptr) {
    scope_.Error(command.at, absl::StrCat("unknown command '", command.name, "'"));
    return;
  }
  if (const auto arguments = BindCommand(row->signature, command)) row->make(scope_, *arguments);
}

void ScriptCompiler::CompileForeign(const Command& command, size_t depth) {
  ForeignCall call = MakeForeign(command.name, command.arguments);
  if (!command.has_block) return scope_.Do(std::move(call), command.at);
  scope_.EmitTest(std::move(call), command.at);
  const uint32_t past = scope_.Emit(Op::kJumpIfFalse, command.at);
  CompileBlock(command.block, depth + 1);
  scope_.Land(past);
}

}  // namespace postern::rules::sieve
