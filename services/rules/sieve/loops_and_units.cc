#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/sieve/script_compiler.h"
#include "services/rules/sieve/variable_name.h"

// foreverypart and break (RFC 5703 section 3); include, return and global (RFC 6609).
namespace postern::rules::sieve {
namespace {

constexpr size_t kMaxUnitName = 128;

bool SetsMatchValues(const TestNode& test) {
  return std::any_of(test.arguments.begin(), test.arguments.end(), [](const Argument& argument) {
    return argument.kind == Argument::Kind::kTag &&
           (argument.tag == "matches" || argument.tag == "regex");
  });
}

size_t CountPatterns(const std::vector<Argument>& arguments) {
  size_t strings = 0;
  bool regex = false;
  for (const Argument& argument : arguments) {
    regex = regex || argument.tag == "regex";
    strings += argument.strings.size();
  }
  return regex ? strings : 0;
}

size_t CountPatterns(const std::vector<TestNode>& tests) {
  size_t count = 0;
  for (const TestNode& test : tests)
    count += CountPatterns(test.arguments) + CountPatterns(test.tests);
  return count;
}

size_t CountPatterns(const std::vector<Command>& commands) {
  size_t count = 0;
  for (const Command& command : commands) {
    count += CountPatterns(command.arguments) + CountPatterns(command.tests) +
             CountPatterns(command.block);
    if (command.name == "replace_text") ++count;
  }
  return count;
}

// The name of the variable that a command may set to what a mail says; null: none.
const std::string* ChangedByMail(const Command& command) {
  const bool flags =
      command.name == "setflag" || command.name == "addflag" || command.name == "removeflag";
  if (!flags && command.name != "set" && command.name != "extracttext") return nullptr;
  std::vector<const Argument*> texts;
  bool constant = command.name != "extracttext";
  for (const Argument& argument : command.arguments) {
    if (argument.strings.empty()) continue;
    texts.push_back(&argument);
    for (const String& text : argument.strings)
      constant = constant && !absl::StrContains(text.text, "${");
  }
  if (constant || texts.size() < (flags ? 2u : 1u)) return nullptr;
  return &texts[0]->strings[0].text;
}

}  // namespace

size_t CountPatterns(const Script& script) { return CountPatterns(script.commands); }

void ScriptCompiler::CompileLoop(const Command& command, size_t depth) {
  static const Signature& signature =
      *new Signature{"foreverypart", "foreverypart", 0, {{"name", Shape::kString}}, {}};
  const auto arguments = BindCommand(signature, command);
  if (!command.tests.empty() || !command.has_block)
    scope_.Error(command.at, absl::StrCat("the foreverypart command ",
                                          command.has_block ? "takes no tests"
                                                            : "needs a block in { } after it"));
  std::optional<std::string> name = "";
  if (arguments && arguments->Has("name"))
    name = scope_.MakeConstant(*arguments->Value("name"), "the name of a foreverypart");
  if (all_.part_loops >= all_.options.limits.part_loops) {
    scope_.Error(command.at, absl::StrCat("foreverypart loops are nested deeper than ",
                                          all_.options.limits.part_loops));
    return;
  }
  scope_.program().needs_message = true;
  TaintLoop(command.block);
  const Taint entry = scope_.taint();
  const uint32_t begin = scope_.Emit(Op::kEachPart, command.at);
  scope_.loops().push_back({name.value_or(""), {}});
  ++all_.part_loops;
  CompileBlock(command.block, depth + 1);
  --all_.part_loops;
  const Scope::Loop loop = std::move(scope_.loops().back());
  scope_.loops().pop_back();
  scope_.Emit(Op::kNextPart, command.at, begin + 1);
  scope_.Land(begin);
  for (const uint32_t jump : loop.breaks) scope_.Land(jump);
  scope_.taint().Join(entry);  // a part may have none in it
  if (loop.left) scope_.taint().Join(*loop.left);
  // What its end matched, its beginning may read.
  if (loop.reads_match) all_.captured_tests = scope_.program().tests.size();
}

// The block runs again after its end: what is tainted there is so at its beginning.
void ScriptCompiler::TaintLoop(const std::vector<Command>& block) {
  for (const Command& command : block) {
    TaintLoop(command.block);
    TaintTests(command.tests);
    if (command.name == "include") {  // which may set any of them
      for (const auto& [name, slot] : all_.globals) scope_.taint().SetVariable(slot, true);
    }
    const std::string* const changed = ChangedByMail(command);
    if (changed == nullptr) continue;
    // What is no name is told where it is set.
    const std::string& name = *changed;
    const bool global = scope_.Has("include") && absl::StartsWithIgnoreCase(name, "global.") &&
                        JudgeVariableName(name) == VariableName::kInNamespace;
    if (JudgeVariableName(name) != VariableName::kPlain && !global) continue;
    const auto slot = scope_.Slot(name, command.at);
    if (slot) scope_.taint().SetVariable(*slot, true);
  }
}

void ScriptCompiler::TaintTests(const std::vector<TestNode>& tests) {
  for (const TestNode& test : tests) {
    if (SetsMatchValues(test)) scope_.taint().AddMatch(true);
    TaintTests(test.tests);
  }
}

void ScriptCompiler::CompileBreak(const Command& command) {
  static const Signature& signature =
      *new Signature{"break", "foreverypart", 0, {{"name", Shape::kString}}, {}};
  const auto arguments = BindCommand(signature, command);
  if (!arguments) return;
  std::vector<Scope::Loop>& loops = scope_.loops();
  const Argument* named = arguments->Value("name");
  std::optional<std::string> name = "";
  if (named != nullptr) name = scope_.MakeConstant(*named, "the name of a break");
  if (!name) return;
  for (size_t depth = 1; depth <= loops.size(); ++depth) {
    Scope::Loop& loop = loops[loops.size() - depth];
    if (named != nullptr && loop.name != *name) continue;
    Taint::AddWay(scope_.taint(), loop.left);
    loop.breaks.push_back(scope_.Emit(Op::kBreak, command.at, 0, static_cast<uint8_t>(depth)));
    return;
  }
  scope_.Error(command.at, named == nullptr
                               ? "break stands inside a foreverypart only"
                               : absl::StrCat("no foreverypart around this break is named \"",
                                              mail::CleanLine(*name), "\""));
}

void ScriptCompiler::CompileInclude(const Command& command) {
  constexpr absl::string_view kWhose = "location";
  static const Signature& signature = *new Signature{"include",
                                                     "include",
                                                     0,
                                                     {{"personal", Shape::kNothing, "", kWhose},
                                                      {"global", Shape::kNothing, "", kWhose},
                                                      {"once"},
                                                      {"optional"}},
                                                     {{Shape::kString, "script name"}}};
  const auto arguments = BindCommand(signature, command);
  if (!arguments) return;
  const auto name = scope_.MakeConstant(arguments->At(0), "the name of an included script");
  if (!name) return;
  if (name->empty() || name->size() > kMaxUnitName || mail::HasControls(*name) ||
      absl::StrContains(*name, "/")) {
    scope_.Error(arguments->At(0).at, absl::StrCat("\"", mail::CleanLine(mail::CutUtf8(*name, 100)),
                                                   "\" can't name a script: it has 1 to ",
                                                   kMaxUnitName, " bytes, without \"/\""));
    return;
  }
  const auto unit = FindUnit(*name, *arguments);
  if (unit) scope_.Emit(Op::kCall, command.at, *unit, arguments->Has("once") ? 1 : 0);
}

std::optional<uint32_t> ScriptCompiler::FindUnit(const std::string& name,
                                                 const Arguments& arguments) {
  const Limits& limits = all_.options.limits;
  const Position at = arguments.at;
  const bool personal = !arguments.Has("global");
  const auto key = std::make_pair(personal, name);
  const bool open =
      std::find(all_.open_units.begin(), all_.open_units.end(), key) != all_.open_units.end();
  // By ":once" it is not called again while it runs.
  if (open && !arguments.Has("once"))
    return scope_.Error(at, absl::StrCat("the script \"", name, "\" includes itself"));
  const auto known = all_.units.find(key);
  if (open) return known->second;
  if (known != all_.units.end() && !MayFindMore(known->second)) {
    scope_.taint().Join(all_.unit_end[known->second]);
    return known->second;
  }
  if (all_.open_units.size() >= limits.include_depth)
    return scope_.Error(
        at, absl::StrCat("scripts are included more than ", limits.include_depth, " deep"));
  if (all_.units.size() >= limits.includes)
    return scope_.Error(at, absl::StrCat("more than ", limits.includes, " scripts are included"));
  const auto source = all_.options.include ? all_.options.include(name, personal) : std::nullopt;
  if (!source && arguments.Has("optional")) return std::nullopt;
  if (!source)
    return scope_.Error(at,
                        absl::StrCat("there is no ", personal ? "" : "global ", "script \"", name,
                                     "\" to include; store it first, or write include :optional"));
  if (all_.sources.size() + source->size() > limits.included_bytes)
    return scope_.Error(at, absl::StrCat("the included scripts have more than ",
                                         limits.included_bytes, " bytes together"));
  const size_t errors = all_.problems.errors();
  const uint32_t unit = CompileUnit(name, personal, *source);
  if (all_.problems.errors() > errors)
    scope_.Error(at, absl::StrCat("the script \"", name, "\" that is included here has errors"));
  if (all_.units[key] == unit) return unit;
  // It was only looked at once more: what runs is what was there.
  const uint32_t first = all_.units[key];
  all_.unit_entry[first].Join(all_.unit_entry[unit]);
  all_.unit_end[first].Join(all_.unit_end[unit]);
  scope_.taint().Join(all_.unit_end[first]);
  return first;
}

// Whether what the mail says may be in global variables where it was not when that unit was
// compiled.
bool ScriptCompiler::MayFindMore(uint32_t unit) {
  std::vector<uint32_t> globals;
  for (const auto& [name, slot] : all_.globals) globals.push_back(slot);
  return scope_.taint().IsMoreThan(all_.unit_entry[unit], globals);
}

uint32_t ScriptCompiler::CompileUnit(const std::string& name, bool personal,
                                     const std::string& source) {
  const auto index = static_cast<uint32_t>(all_.program.units.size());
  all_.program.units.push_back({name, personal, 0, {}});
  all_.unit_code.emplace_back();
  all_.unit_entry.push_back(all_.taint);
  all_.unit_end.push_back(all_.taint);
  all_.units.emplace(std::make_pair(personal, name), index);
  absl::StrAppend(&all_.sources, source.size(), ":", source);

  CompileOptions options = all_.options;
  options.file_name = name;
  Parsed parsed = Parse(source, options);
  const bool readable = parsed.problems.empty();
  for (Problem& problem : parsed.problems) all_.problems.Add(std::move(problem));
  if (!readable) return index;
  all_.patterns += sieve::CountPatterns(parsed.script);
  all_.open_units.emplace_back(personal, name);
  Scope scope(all_, name);
  ScriptCompiler(all_, scope, "").Run(parsed.script);
  scope.Emit(Op::kReturn, {});
  if (scope.returned()) all_.taint.Join(*scope.returned());
  all_.unit_end[index] = all_.taint;
  all_.open_units.pop_back();
  all_.program.units[index].variables = scope.own_variables();
  all_.unit_code[index] = scope.TakeCode();
  return index;
}

void ScriptCompiler::CompileGlobal(const Command& command) {
  static const Signature& signature =
      *new Signature{"global", "include", 0, {}, {{Shape::kStrings, "variable names"}}};
  if (!scope_.Needs("variables", "the global command", command.at)) return;
  const auto arguments = BindCommand(signature, command);
  if (!arguments) return;
  for (const String& name : arguments->At(0).strings) scope_.DeclareGlobal(name.text, name.at);
}

}  // namespace postern::rules::sieve
