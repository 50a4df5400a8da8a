#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/posternctl/diagnostic.h"
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

std::string InForceWords(const rules::v1::RuleProgram& program) {
  if (program.suspended()) return "rests, it failed";
  return program.active() ? "yes" : "no";
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
    table.Add({program.scope(), Words(program.language()), program.name(), InForceWords(program),
               FileWords(program), TimeWords(program.imported_unix()),
               program.program_hash().substr(0, 12)});
  table.Print(session.out(), "No rules: every mail is delivered.");
  if (answer->problems().empty()) return absl::OkStatus();
  PrintLine(session.out(), "Not in force; what such a file said before is, if anything:");
  for (const std::string& problem : answer->problems()) PrintLine(session.out(), problem);
  return absl::OkStatus();
}

struct Removal {
  std::string scope = kSite, language, name;
};

using Language = rules::v1::RuleLanguage;

// As --language takes it.
std::string LanguageOption(Language language) {
  if (language == rules::v1::RULE_LANGUAGE_CONTENT_FILTER) return "filter";
  const std::string words = Words(language);
  return std::string(absl::StripPrefix(words, "jsmail "));
}

absl::StatusOr<std::vector<rules::v1::RuleProgram>> StoredFor(Session& session,
                                                              const std::string& scope) {
  rules::v1::ListRulesRequest request;
  request.set_scope(scope);
  auto answer = session.Call(&Stub::ListRules, request);
  if (!answer.ok()) return answer.status();
  std::vector<rules::v1::RuleProgram> stored;
  for (const rules::v1::RuleProgram& program : answer->programs()) {
    // Files are removed from their folder, and what a user made by chat by that user.
    const bool removable =
        !program.from_folder() && program.language() != rules::v1::RULE_LANGUAGE_PERSONAL;
    if (removable) stored.push_back(program);
  }
  return stored;
}

// The language that is meant: the only one there is, when nobody says.
absl::StatusOr<Language> LanguageOf(Session& session, const Removal& removal) {
  if (!removal.language.empty()) {
    const auto kind = RuleKindNamed(removal.language);
    const Language language =
        kind ? posternctl::LanguageOf(*kind) : rules::v1::RULE_LANGUAGE_UNSPECIFIED;
    if (language != rules::v1::RULE_LANGUAGE_UNSPECIFIED) return language;
    return absl::InvalidArgumentError(
        "--language: must be sieve, filter, reject, responders, subject, allow-deny or finger");
  }
  const auto stored = StoredFor(session, removal.scope);
  if (!stored.ok()) return stored.status();
  std::set<std::string> names;
  for (const rules::v1::RuleProgram& program : *stored)
    names.insert(LanguageOption(program.language()));
  if (names.empty()) return rules::v1::RULE_LANGUAGE_JSMAIL_REJECT;
  if (names.size() == 1) return stored->front().language();
  return absl::InvalidArgumentError(absl::StrCat("--language: ", removal.scope,
                                                 " has rules of several kinds; say which are "
                                                 "meant: ",
                                                 absl::StrJoin(names, ", ")));
}

// A script in force is taken out of force first: the service removes none that is.
absl::Status TakeOutOfForce(Session& session, const rules::v1::RemoveRulesRequest& removal) {
  const auto stored = StoredFor(session, removal.scope());
  if (!stored.ok()) return stored.status();
  const std::string name = removal.name().empty() ? "main" : removal.name();
  bool there = false, other_in_force = false;
  for (const rules::v1::RuleProgram& program : *stored) {
    if (program.language() != rules::v1::RULE_LANGUAGE_SIEVE) continue;
    there |= program.name() == name;
    other_in_force |= program.name() != name && program.active();
  }
  // One that rests since it failed is not told as in force, and yet can't be removed.
  if (!there || other_in_force) return absl::OkStatus();
  rules::v1::ActivateRulesRequest nothing;
  nothing.set_scope(removal.scope());
  return session.Call(&Stub::ActivateRules, nothing).status();
}

// The script that is meant when nobody says: "" for that of the name that import gives, else the
// only one there is.
absl::StatusOr<std::string> ScriptOf(Session& session, const Removal& removal) {
  if (!removal.name.empty()) return removal.name;
  const auto stored = StoredFor(session, removal.scope);
  if (!stored.ok()) return stored.status();
  std::vector<std::string> names;
  for (const rules::v1::RuleProgram& program : *stored) {
    if (program.language() == rules::v1::RULE_LANGUAGE_SIEVE) names.push_back(program.name());
  }
  if (names.empty() || absl::c_linear_search(names, "main")) return "";
  if (names.size() == 1) return names.front();
  return absl::InvalidArgumentError(
      absl::StrCat("--name: ", removal.scope,
                   " has several scripts; say which is meant: ", absl::StrJoin(names, ", ")));
}

absl::Status Remove(Session& session, const Removal& removal) {
  const auto language = LanguageOf(session, removal);
  if (!language.ok()) return language.status();
  rules::v1::RemoveRulesRequest request;
  request.set_scope(removal.scope);
  request.set_language(*language);
  request.set_name(removal.name);
  if (*language == rules::v1::RULE_LANGUAGE_SIEVE) {
    const auto script = ScriptOf(session, removal);
    if (!script.ok()) return script.status();
    request.set_name(*script);
    if (absl::Status s = TakeOutOfForce(session, request); !s.ok()) return s;
  }
  const auto removed = session.Call(&Stub::RemoveRules, request);
  const std::string words = Words(*language);
  if (absl::IsNotFound(removed.status())) {
    const std::string name = removal.name.empty() ? "" : absl::StrCat(" called ", removal.name);
    return absl::NotFoundError(absl::StrCat("no ", words, " rules", name, " are stored for ",
                                            removal.scope,
                                            "; 'posternctl rules list' shows what there is"));
  }
  if (!removed.ok()) return removed.status();
  if (session.json) return session.PrintJson(*removed);
  PrintLine(session.out(),
            absl::StrCat("No ", words, " rules ", request.name(), request.name().empty() ? "" : " ",
                         "for ", removal.scope, " any more."));
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
      nouns.AddVerb(rules, "remove", "Take rules of a scope out of force, and remove them",
                    "Those of one language, which has to be named when the scope has several. Of\n"
                    "Sieve scripts, one: it may be in force; 'posternctl rules deactivate' keeps\n"
                    "it stored. What users made by chat is theirs alone to remove.\n\n"
                    "Examples:\n  posternctl rules remove --scope ann@example.org\n"
                    "  posternctl rules remove --language sieve --name old --scope a@example.org\n",
                    [removal](Session& session) { return Remove(session, *removal); });
  AddScopeOption(remove, removal->scope);
  remove
      .add_option("--language", removal->language,
                  "what they are written in: sieve, filter, reject, responders, subject, "
                  "allow-deny or finger")
      ->option_text("LANGUAGE");
  remove.add_option("--name", removal->name, "of a script (else main), or whose finger text")
      ->option_text("NAME");
}

}  // namespace

std::string CountRules(uint32_t rules) {
  return absl::StrCat(rules, rules == 1 ? " rule" : " rules");
}

void PrintWarnings(Session& session, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    const auto read = ReadDiagnostic(warning, "warning", "", "");
    PrintLine(session.out(), read ? ToString(*read) : absl::StrCat("warning: ", warning));
  }
}

absl::Status PrintImported(Session& session, const rules::v1::ImportRulesResponse& imported,
                           const std::string& sentence) {
  if (session.json) return session.PrintJson(imported);
  PrintWarnings(session, {imported.warnings().begin(), imported.warnings().end()});
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
  AddRulePrograms(nouns, rules);
  AddRulesPassword(nouns, rules);
  AddExplain(nouns, rules);
}

}  // namespace postern::posternctl
