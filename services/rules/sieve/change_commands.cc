#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/rules/sieve/commands.h"
#include "services/rules/sieve/constants.h"
#include "services/rules/sieve/matching.h"
#include "services/rules/sieve/reading.h"

// What changes variables, flags and the mail itself.
namespace postern::rules::sieve {
namespace {

// set [MODIFIER] <name> <value>
void MakeSet(Scope& scope, const Arguments& arguments) {
  const auto slot = scope.Slot(arguments.At(0).strings.front().text, arguments.At(0).at);
  auto value = TextAt(scope, arguments, 1);
  if (!slot || !value) return;
  std::vector<Modifier> modifiers = ReadModifiers(arguments);
  const bool number = !modifiers.empty() && modifiers.back() == Modifier::kLength;
  scope.taint().SetVariable(*slot, !number && scope.taint().Holds(*value));
  scope.Do(SetVariable{*slot, *std::move(value), std::move(modifiers)}, arguments.at);
}

// setflag, addflag, removeflag [<variable>] <flags>
void MakeFlagChange(Scope& scope, const Arguments& arguments, FlagChange change) {
  ChangeFlags flags;
  flags.change = change;
  auto texts = scope.MakeTexts(arguments.At(1));
  if (!texts || !CheckFlags(scope, *texts, arguments.At(1).at)) return;
  flags.flags = *std::move(texts);
  if (arguments.HasPlace(0)) {
    const Argument& name = arguments.At(0);
    if (!scope.Needs("variables", "the name of a variable", name.at)) return;
    flags.variable = scope.Slot(name.strings.front().text, name.at);
    if (!flags.variable) return;
    for (const Text& flag : flags.flags)
      if (scope.taint().Holds(flag)) scope.taint().SetVariable(*flags.variable, true);
  }
  scope.Do(std::move(flags), arguments.at);
}
void MakeSetFlag(Scope& scope, const Arguments& a) { MakeFlagChange(scope, a, FlagChange::kSet); }
void MakeAddFlag(Scope& scope, const Arguments& a) { MakeFlagChange(scope, a, FlagChange::kAdd); }
void MakeRemoveFlag(Scope& scope, const Arguments& a) {
  MakeFlagChange(scope, a, FlagChange::kRemove);
}

// addheader [:last] <name> <value>
void MakeAddHeader(Scope& scope, const Arguments& arguments) {
  auto name = TextAt(scope, arguments, 0);
  auto value = TextAt(scope, arguments, 1);
  if (!name || !value || !CheckHeaderNames(scope, {*name}, arguments.At(0).at)) return;
  const std::string literal = value->literal();
  if (const size_t zero = literal.find('\0'); zero != std::string::npos) {
    scope.Error(arguments.At(1).at,
                absl::StrCat("the header field value \"", mail::CleanLine(literal.substr(0, zero)),
                             "…\" is invalid: it holds a zero byte"));
    return;
  }
  scope.Do(AddHeader{*std::move(name), *std::move(value), arguments.Has("last")}, arguments.at);
}

// deleteheader [:index <n> [:last]] [COMPARATOR] [MATCH-TYPE] <name> [<value patterns>]
void MakeDeleteHeader(Scope& scope, const Arguments& arguments) {
  auto name = TextAt(scope, arguments, 0);
  const auto index = ReadIndex(scope, arguments);
  if (!name || !index || !CheckHeaderNames(scope, {*name}, arguments.At(0).at)) return;
  DeleteHeader header{*std::move(name), *index, {}, {}};
  if (arguments.HasPlace(1)) {
    auto matching = ReadMatching(scope, arguments, 1);
    if (!matching) return;
    header.match = matching->match;
    header.keys = std::move(matching->keys);
  } else if (!ReadMatch(scope, arguments)) {
    return;
  }
  scope.Do(std::move(header), arguments.at);
}

// extracttext [MODIFIER] [:first <n>] <variable>
void MakeExtractText(Scope& scope, const Arguments& arguments) {
  if (scope.loops().empty()) {
    scope.Error(arguments.at,
                "extracttext stands inside a foreverypart only: it takes that part's text");
    return;
  }
  const auto slot = scope.Slot(arguments.At(0).strings.front().text, arguments.At(0).at);
  if (!slot) return;
  const Argument* first = arguments.Value("first");
  scope.taint().SetVariable(*slot, true);
  scope.program().needs_message = scope.program().needs_body = true;
  scope.Do(ExtractText{*slot, ReadModifiers(arguments), first != nullptr ? first->number : 0},
           arguments.at);
}

// append_text <text>: ours
void MakeAppend(Scope& scope, const Arguments& arguments) {
  auto text = TextAt(scope, arguments, 0);
  if (text) scope.Do(ChangeBody{BodyChange::kAppend, *std::move(text), "", nullptr}, arguments.at);
}

// replace_text [:header <name>] [:casesensitive] <regex> <replacement>: ours
void MakeReplaceText(Scope& scope, const Arguments& arguments) {
  if (!scope.Needs("regex", "replace_text", arguments.at)) return;
  const auto posix = scope.MakeConstant(arguments.At(0), "what replace_text looks for");
  auto text = TextAt(scope, arguments, 1);
  if (!posix || !text) return;
  ChangeBody change{BodyChange::kReplaceText, *std::move(text), "", nullptr};
  if (const Argument* header = arguments.Value("header")) {
    const auto name = scope.MakeConstant(*header, "the header of replace_text");
    if (!name || !CheckHeaderNames(scope, {Text::Literal(*name)}, header->at)) return;
    change.change = BodyChange::kReplaceHeader;
    change.header = *name;
  }
  change.pattern = MakePattern(scope, *posix, arguments.Has("casesensitive"), arguments.At(0).at);
  if (change.pattern != nullptr) scope.Do(std::move(change), arguments.at);
}

// strip_attachments; strip_signature: ours
void MakeStripAttachments(Scope& scope, const Arguments& arguments) {
  scope.Do(ChangeBody{BodyChange::kStripAttachments, {}, "", nullptr}, arguments.at);
}
void MakeStripSignature(Scope& scope, const Arguments& arguments) {
  scope.Do(ChangeBody{BodyChange::kStripSignature, {}, "", nullptr}, arguments.at);
}

}  // namespace

std::vector<CommandRow> ChangeCommands() {
  const Place variable = {Shape::kString, "variable"};
  const Place flags = {Shape::kStrings, "list of flags"};
  const Place text = {Shape::kString, "text"};
  const Place name = {Shape::kString, "header name"};
  const auto kFirst = Signature::Optional::kFirst;
  const auto kLast = Signature::Optional::kLast;
  constexpr absl::string_view kReplace = "vnd.postern.replace";
  return {
      {{"set", "variables", kModifiers, {}, {variable, {Shape::kString, "value"}}}, MakeSet},
      {{"setflag", "imap4flags", 0, {}, {variable, flags}, kFirst}, MakeSetFlag},
      {{"addflag", "imap4flags", 0, {}, {variable, flags}, kFirst}, MakeAddFlag},
      {{"removeflag", "imap4flags", 0, {}, {variable, flags}, kFirst}, MakeRemoveFlag},
      {{"addheader", "editheader", 0, {{"last"}}, {name, {Shape::kString, "value"}}},
       MakeAddHeader},
      {{"deleteheader",
        "editheader",
        kMatching,
        {{"index", Shape::kNumber}, {"last"}},
        {name, {Shape::kStrings, "value patterns"}},
        kLast},
       MakeDeleteHeader},
      {{"extracttext", "extracttext", kModifiers, {{"first", Shape::kNumber}}, {variable}},
       MakeExtractText},
      {{"append_text", kReplace, 0, {}, {text}}, MakeAppend},
      {{"replace_text",
        kReplace,
        0,
        {{"header", Shape::kString}, {"casesensitive"}},
        {{Shape::kString, "regular expression"}, {Shape::kString, "replacement"}}},
       MakeReplaceText},
      {{"strip_attachments", kReplace, 0, {}, {}}, MakeStripAttachments},
      {{"strip_signature", kReplace, 0, {}, {}}, MakeStripSignature},
  };
}

}  // namespace postern::rules::sieve
