// `posternctl rules activate`, `deactivate`, `rename` and `show`: the scripts of a scope.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

struct Script {
  std::string scope = kSite, name, new_name;
};

absl::Status Activate(Session& session, const Script& script) {
  rules::v1::ActivateRulesRequest request;
  request.set_scope(script.scope);
  request.set_name(script.name);
  auto done = session.Call(&Stub::ActivateRules, request);
  if (!done.ok()) return done.status();
  if (session.json) return session.PrintJson(*done);
  const std::string sentence =
      script.name.empty() ? absl::StrCat("No script of ", script.scope, " is in force any more.")
                          : absl::StrCat(script.name, " is in force for ", script.scope, ".");
  PrintLine(session.out(), sentence);
  return absl::OkStatus();
}

absl::Status Rename(Session& session, const Script& script) {
  rules::v1::RenameRulesRequest request;
  request.set_scope(script.scope);
  request.set_name(script.name);
  request.set_new_name(script.new_name);
  auto done = session.Call(&Stub::RenameRules, request);
  if (!done.ok()) return done.status();
  if (session.json) return session.PrintJson(*done);
  PrintLine(session.out(), absl::StrCat(script.name, " is called ", script.new_name, " now."));
  return absl::OkStatus();
}

// The text of every program of a scope, or of one script.
absl::Status Show(Session& session, const Script& script) {
  rules::v1::ListRulesRequest request;
  request.set_scope(script.scope);
  request.set_with_source(true);
  auto answer = session.Call(&Stub::ListRules, request);
  if (!answer.ok()) return answer.status();
  rules::v1::ListRulesResponse shown;
  for (const rules::v1::RuleProgram& program : answer->programs()) {
    if (script.name.empty() || program.name() == script.name) *shown.add_programs() = program;
  }
  if (shown.programs().empty()) return absl::NotFoundError("there are no such rules");
  if (session.json) return session.PrintJson(shown);
  for (const rules::v1::RuleProgram& program : shown.programs()) {
    const std::string& name = program.name().empty() ? program.file_name() : program.name();
    PrintLine(session.out(), absl::StrCat("# ", Words(program.language()), " ", name, " ",
                                          program.active() ? "(in force)" : "(not in force)"));
    const absl::string_view source = absl::StripSuffix(program.source(), "\n");
    for (absl::string_view line : absl::StrSplit(source, '\n'))
      PrintLine(session.out(), absl::StripSuffix(line, "\r"));
  }
  return absl::OkStatus();
}

}  // namespace

void AddRuleScripts(Nouns& nouns, CLI::App& rules) {
  auto script = std::make_shared<Script>();
  CLI::App& activate =
      nouns.AddVerb(rules, "activate", "Put a stored Sieve script in force",
                    "The script that was in force before stays stored.\n\n"
                    "Example:\n  posternctl rules activate holiday --scope ann@example.org\n",
                    [script](Session& session) { return Activate(session, *script); });
  activate.add_option("NAME", script->name, "the script's name")->required();
  AddScopeOption(activate, script->scope);
  CLI::App& deactivate = nouns.AddVerb(
      rules, "deactivate", "Take a scope's Sieve script out of force; it stays stored",
      "Example:\n  posternctl rules deactivate --scope ann@example.org\n",
      [script](Session& session) { return Activate(session, *script); });
  AddScopeOption(deactivate, script->scope);
  CLI::App& rename =
      nouns.AddVerb(rules, "rename", "Give a stored Sieve script another name",
                    "Example:\n  posternctl rules rename main holiday --scope ann@example.org\n",
                    [script](Session& session) { return Rename(session, *script); });
  rename.add_option("NAME", script->name, "its name")->required();
  rename.add_option("NEW", script->new_name, "its new name")->required();
  AddScopeOption(rename, script->scope);
  CLI::App& show = nouns.AddVerb(rules, "show", "The text of a scope's rules",
                                 "Example:\n  posternctl rules show --scope ann@example.org\n",
                                 [script](Session& session) { return Show(session, *script); });
  show.add_option("NAME", script->name, "only the script of this name");
  AddScopeOption(show, script->scope);
}

}  // namespace postern::posternctl
