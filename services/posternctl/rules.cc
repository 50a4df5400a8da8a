#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rule_file.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

// Where a program came from: imported under this name, or a file that the service watches.
std::string FileWords(const rules::v1::RuleProgram& program) {
  return absl::StrCat(program.file_name(), program.from_folder() ? " (folder)" : "");
}

absl::Status List(Session& session, const std::string& scope) {
  rules::v1::ListRulesRequest request;
  request.set_scope(scope);
  request.set_with_source(session.json);
  auto answer = session.Call(&Stub::ListRules, request);
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"SCOPE", "LANGUAGE", "NAME", "IN FORCE", "FILE", "IMPORTED", "PROGRAM"});
  for (const rules::v1::RuleProgram& program : answer->programs())
    table.Add({program.scope(), Words(program.language()), program.name(),
               program.active() ? "yes" : "no", FileWords(program),
               TimeWords(program.imported_unix()), program.program_hash().substr(0, 12)});
  table.Print(session.out(), "No rules: every mail is delivered.");
  if (answer->problems().empty()) return absl::OkStatus();
  PrintLine(session.out(), "Not in force; what such a file said before is, if anything:");
  for (const std::string& problem : answer->problems()) PrintLine(session.out(), problem);
  return absl::OkStatus();
}

struct Removal {
  std::string scope = kSite, language = "reject", name;
};

absl::Status Remove(Session& session, const Removal& removal) {
  const auto kind = RuleKindNamed(removal.language);
  const auto language = kind ? LanguageOf(*kind) : rules::v1::RULE_LANGUAGE_UNSPECIFIED;
  if (language == rules::v1::RULE_LANGUAGE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        "--language: must be sieve, filter, reject, responders, subject, allow-deny or finger");
  }
  rules::v1::RemoveRulesRequest request;
  request.set_scope(removal.scope);
  request.set_language(language);
  request.set_name(removal.name);
  auto removed = session.Call(&Stub::RemoveRules, request);
  if (absl::IsNotFound(removed.status())) {
    const std::string name = removal.name.empty() ? "" : absl::StrCat(" called ", removal.name);
    return absl::NotFoundError(absl::StrCat("no ", Words(*kind), " rules", name, " are stored for ",
                                            removal.scope,
                                            "; 'posternctl rules list' shows what there is"));
  }
  if (!removed.ok()) return removed.status();
  if (session.json) return session.PrintJson(*removed);
  PrintLine(session.out(), absl::StrCat("No ", Words(*kind), " rules ",
                                        removal.name.empty() ? "" : removal.name + " ", "for ",
                                        removal.scope, " any more."));
  return absl::OkStatus();
}

void AddList(Nouns& nouns, CLI::App& rules) {
  auto scope = std::make_shared<std::string>();
  CLI::App& list = nouns.AddVerb(
      rules, "list", "Whose rules are in force",
      "With --json the rules themselves are shown too. Files in the folder of --jsmail-dir are\n"
      "listed with the others, and win over what was imported of their kind; what is wrong with\n"
      "them is told below.\n\n"
      "Example:\n  posternctl rules list\n",
      [scope](Session& session) { return List(session, *scope); });
  list.add_option("--scope", *scope, "only of this scope")->option_text("SCOPE");
}

void AddRemove(Nouns& nouns, CLI::App& rules) {
  auto removal = std::make_shared<Removal>();
  CLI::App& remove =
      nouns.AddVerb(rules, "remove", "Take the rules of a scope out of force",
                    "Examples:\n  posternctl rules remove --scope ann@example.org\n"
                    "  posternctl rules remove --language sieve --name old --scope a@example.org\n",
                    [removal](Session& session) { return Remove(session, *removal); });
  AddScopeOption(remove, removal->scope);
  remove.add_option("--language", removal->language, "what they are written in")
      ->option_text("LANGUAGE [reject]");
  remove.add_option("--name", removal->name, "of a script, or whose finger text");
}

}  // namespace

std::string CountRules(uint32_t rules) {
  return absl::StrCat(rules, rules == 1 ? " rule" : " rules");
}

absl::Status PrintImported(Session& session, const rules::v1::ImportRulesResponse& imported,
                           const std::string& sentence) {
  if (session.json) return session.PrintJson(imported);
  for (const std::string& warning : imported.warnings())
    PrintLine(session.out(), absl::StrCat("warning: ", warning));
  PrintLine(session.out(), sentence);
  return absl::OkStatus();
}

void AddScopeOption(CLI::App& verb, std::string& scope) {
  verb.add_option("--scope", scope,
                  "whose mail: site for everybody's, site-after (after all others), domain:DOMAIN, "
                  "or a user's bare JID")
      ->option_text("SCOPE [site]");
}

void AddRules(Nouns& nouns) {
  CLI::App& rules = nouns.AddNoun(
      "rules", "What is done with mail: files of JSMail, content filters, Sieve scripts");
  AddRulesImport(nouns, rules);
  AddList(nouns, rules);
  AddRulesCheck(nouns, rules);
  AddRemove(nouns, rules);
  AddRuleScripts(nouns, rules);
  AddRuleGroups(nouns, rules);
  AddRulesPassword(nouns, rules);
  AddExplain(nouns, rules);
}

}  // namespace postern::posternctl
