#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "services/rules/sieve/commands.h"
#include "services/rules/sieve/extensions.h"
#include "services/rules/sieve/script_compiler.h"
#include "services/rules/sieve/tests.h"

// Tests into code that leaves the truth in the register.
namespace postern::rules::sieve {
namespace {

// What ${n} holds after the test comes out of the mail.
struct ReadsMail {
  const Taint& taint;

  bool operator()(const StringTest& test) const {
    return std::any_of(test.sources.begin(), test.sources.end(),
                       [this](const Text& text) { return taint.Holds(text); });
  }
  bool operator()(const EnvironmentTest&) const { return false; }
  bool operator()(const MailboxTest&) const { return false; }
  bool operator()(const NotifyTest&) const { return false; }
  bool operator()(const DateTest& test) const { return test.header.has_value(); }
  template <typename Other>
  bool operator()(const Other&) const {
    return true;
  }
};

// Null: it compares nothing.
const Match* MatchOf(const Test& test) {
  return std::visit(
      [](const auto& kind) -> const Match* {
        if constexpr (requires { kind.match; })
          return &kind.match;
        else
          return nullptr;
      },
      test);
}

bool SetsMatchValues(const Test& test) {
  const Match* match = MatchOf(test);
  return match != nullptr &&
         (match->type == MatchType::kMatches || match->type == MatchType::kRegex);
}

}  // namespace

ScriptCompiler::Truth ScriptCompiler::Bad(Position at) {
  scope_.Emit(Op::kFalse, at);
  return {};
}

ScriptCompiler::Truth ScriptCompiler::EmitTest(const TestNode& test) {
  if (test.name == "true" || test.name == "false") {
    if (!CheckTestArguments(test, 0, 0)) return Bad(test.at);
    scope_.Emit(test.name == "true" ? Op::kTrue : Op::kFalse, test.at);
    return {};
  }
  if (test.name == "not") return EmitNot(test);
  if (test.name == "allof") return EmitList(test, true);
  if (test.name == "anyof") return EmitList(test, false);
  if (test.name == "ihave") return EmitIHave(test);
  if (IsForeign(test.name)) return EmitForeign(test);
  return EmitRow(test);
}

bool ScriptCompiler::CheckTestArguments(const TestNode& test, size_t least, size_t most) {
  if (!test.arguments.empty()) {
    scope_.Error(test.arguments[0].at, absl::StrCat("the ", test.name, " test takes no arguments",
                                                    most > 0 ? " but tests" : ""));
    return false;
  }
  const size_t count = test.tests.size();
  if (count >= least && count <= most) return true;
  scope_.Error(count < least ? test.at : test.tests[0].at,
               count < least ? absl::StrCat("the ", test.name, " test needs ",
                                            most == 1 ? "a test after it" : "tests in ( ) after it")
               : most == 0   ? absl::StrCat("the ", test.name, " test accepts no sub-tests")
                             : absl::StrCat("the ", test.name, " test takes one test only"));
  return false;
}

ScriptCompiler::Truth ScriptCompiler::EmitNot(const TestNode& test) {
  if (!CheckTestArguments(test, 1, 1)) return Bad(test.at);
  const Truth inner = EmitTest(test.tests.front());
  scope_.Emit(Op::kNot, test.at);
  Truth truth;
  if (inner.known == Truth::Known::kTrue) truth.known = Truth::Known::kFalse;
  if (inner.known == Truth::Known::kFalse) truth.known = Truth::Known::kTrue;
  return truth;
}

ScriptCompiler::Truth ScriptCompiler::EmitList(const TestNode& test, bool all) {
  if (!CheckTestArguments(test, 1, SIZE_MAX)) return Bad(test.at);
  const auto deciding = all ? Truth::Known::kFalse : Truth::Known::kTrue;
  const auto other = all ? Truth::Known::kTrue : Truth::Known::kFalse;
  std::vector<uint32_t> ends;
  Truth truth;
  truth.known = other;
  for (size_t i = 0; i < test.tests.size(); ++i) {
    if (i > 0) ends.push_back(scope_.Emit(all ? Op::kJumpIfFalse : Op::kJumpIfTrue, test.at));
    const Truth one = EmitTest(test.tests[i]);
    if (one.known == deciding) {
      truth.known = deciding;
      break;
    }
    if (one.known != other) truth.known = Truth::Known::kNo;
    if (!all) continue;
    // All were true: what each of them vouches for holds, if no later one took it away.
    if (one.captured) {
      std::erase_if(truth.vouched,
                    [](const TextPiece& piece) { return piece.kind == Piece::kMatch; });
      truth.captured = true;
      truth.clean = one.clean;
    }
    truth.vouched.insert(truth.vouched.end(), one.vouched.begin(), one.vouched.end());
  }
  for (const uint32_t end : ends) scope_.Land(end);
  return truth;
}

// RFC 5463: what it is asked for is required from here on, when it is there.
ScriptCompiler::Truth ScriptCompiler::EmitIHave(const TestNode& test) {
  static const Signature& signature =
      *new Signature{"ihave", "ihave", 0, {}, {{Shape::kStrings, "capabilities"}}};
  if (!scope_.Needs("ihave", "the ihave test", test.at)) return Bad(test.at);
  const auto arguments = Bind(signature, "ihave test", test.at, test.arguments, scope_);
  if (!arguments) return Bad(test.at);
  bool all = true;
  for (const String& name : arguments->At(0).strings) {
    const Extension* known = FindExtension(name.text);
    // Those that change what a string means can't depend on it (RFC 5463 section 4).
    const bool late =
        !scope_.Has(name.text) && (name.text == "variables" || name.text == "encoded-character");
    all = all && !late && known != nullptr && (!known->operator_only || all_.options.operator_rule);
  }
  if (all)
    for (const String& name : arguments->At(0).strings) scope_.Require(name.text, name.at);
  scope_.Emit(all ? Op::kTrue : Op::kFalse, test.at);
  Truth truth;
  truth.known = all ? Truth::Known::kTrue : Truth::Known::kFalse;
  return truth;
}

ScriptCompiler::Truth ScriptCompiler::EmitRow(const TestNode& test) {
  const TestRow* row = FindTestRow(test.name);
  if (row == nullptr) {
    const bool command =
        FindCommandRow(test.name) != nullptr || test.name == "if" || test.name == "stop";
    scope_.Error(test.at, command
                              ? absl::StrCat("you can't use command '", test.name, "' as a test")
                              : absl::StrCat("unknown test '", test.name, "'"));
    return Bad(test.at);
  }
  const std::string name = absl::StrCat(test.name, " test");
  const Signature& signature = row->signature;
  if (!signature.extension.empty() &&
      !scope_.Needs(signature.extension, absl::StrCat("the ", name), test.at))
    return Bad(test.at);
  const auto arguments = Bind(signature, name, test.at, test.arguments, scope_);
  if (!test.tests.empty()) {
    const std::string& sub = test.tests[0].name;
    scope_.Error(test.tests[0].at,
                 HasTag(signature, sub)
                     ? absl::StrCat("missing colon before \"", sub, "\": it is a tag of the ", name)
                     : absl::StrCat("the ", name, " accepts no sub-tests, but one is specified"));
  }
  if (!arguments || !test.tests.empty()) return Bad(test.at);
  auto made = row->make(scope_, *arguments);
  if (!made) return Bad(test.at);
  Truth truth;
  EmitAll(*std::move(made), test.at, truth);
  return truth;
}

void ScriptCompiler::EmitAll(std::vector<Test> tests, Position at, Truth& truth) {
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < tests.size(); ++i) {
    if (i > 0) ends.push_back(scope_.Emit(Op::kJumpIfFalse, at));
    const Match* match = MatchOf(tests[i]);
    if (SetsMatchValues(tests[i])) {
      const bool tainted = std::visit(ReadsMail{scope_.taint()}, tests[i]);
      scope_.taint().AddMatch(tainted);
      truth.captured = true;
      truth.clean = !tainted;
    }
    const auto* string = std::get_if<StringTest>(&tests[i]);
    if (string != nullptr && match->type == MatchType::kList && string->sources.size() == 1 &&
        string->sources[0].pieces.size() == 1)
      truth.vouched.push_back(string->sources[0].pieces[0]);
    scope_.EmitTest(std::move(tests[i]), at);
  }
  for (const uint32_t end : ends) scope_.Land(end);
}

bool ScriptCompiler::IsForeign(const std::string& name) const {
  const CompileOptions& options = all_.options;
  return !options.foreign_extension.empty() && scope_.Has(options.foreign_extension) &&
         std::find(options.foreign_names.begin(), options.foreign_names.end(), name) !=
             options.foreign_names.end();
}

ForeignCall ScriptCompiler::MakeForeign(const std::string& name,
                                        const std::vector<Argument>& arguments) {
  ForeignCall call;
  call.name = name;
  for (const Argument& argument : arguments) {
    ForeignCall::Argument made;
    made.tag = argument.tag;
    made.number = argument.kind == Argument::Kind::kNumber;
    if (made.number) made.texts.push_back(Text::Literal(absl::StrCat(argument.number)));
    if (auto texts = scope_.MakeTexts(argument); texts && !argument.strings.empty())
      made.texts = *std::move(texts);
    call.arguments.push_back(std::move(made));
  }
  return call;
}

ScriptCompiler::Truth ScriptCompiler::EmitForeign(const TestNode& test) {
  scope_.EmitTest(MakeForeign(test.name, test.arguments), test.at);
  return {};
}

}  // namespace postern::rules::sieve
