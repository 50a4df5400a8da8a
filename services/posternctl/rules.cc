#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/rules_offline.h"
#include "services/posternctl/table.h"
#include "services/posternctl/text_file.h"
#include "services/posternctl/words.h"

namespace postern::posternctl {
namespace {

using Stub = Session::Stub;

constexpr char kSite[] = "site";

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

absl::StatusOr<rules::v1::ImportRulesResponse> Send(Session& session, const std::string& scope,
                                                    const std::string& file_name,
                                                    const std::string& source) {
  rules::v1::ImportRulesRequest request;
  request.set_scope(scope);
  request.set_language(rules::v1::RULE_LANGUAGE_JSMAIL_REJECT);
  request.set_file_name(file_name);
  request.set_source(source);
  return session.Call(&Stub::ImportRules, request);
}

absl::Status Import(Session& session, const std::string& path, const std::string& scope) {
  auto source = ReadRuleFile(path);
  if (!source.ok()) return source.status();
  auto imported = Send(session, scope, FileNameOf(path), *source);
  if (!imported.ok()) return imported.status();
  const std::string sentence =
      source->empty() ? absl::StrCat("The file is empty: no rules for ", scope, " any more.")
                      : absl::StrCat(CountRules(imported->rules()), " in force for ", scope, ".");
  return PrintImported(session, *imported, sentence);
}

absl::Status Remove(Session& session, const std::string& scope) {
  auto removed = Send(session, scope, "", "");
  if (!removed.ok()) return removed.status();
  return PrintImported(session, *removed, absl::StrCat("No rules for ", scope, " any more."));
}

absl::Status List(Session& session) {
  auto answer = session.Call(&Stub::ListRules, rules::v1::ListRulesRequest());
  if (!answer.ok()) return answer.status();
  if (session.json) return session.PrintJson(*answer);
  Table table({"SCOPE", "LANGUAGE", "FILE", ">SIZE", "IMPORTED", "PROGRAM"});
  for (const rules::v1::RuleProgram& program : answer->programs())
    table.Add({program.scope(), Words(program.language()), program.file_name(),
               SizeWords(program.source().size()), TimeWords(program.imported_unix()),
               program.program_hash().substr(0, 12)});
  table.Print(session.out(), "No rules: every mail is delivered.");
  return absl::OkStatus();
}

absl::Status Check(Session& session, const std::string& path) {
  auto checked = CheckRuleFile(path);
  if (!checked.ok()) return checked.status();
  return PrintImported(session, *checked,
                       absl::StrCat(CountRules(checked->rules()), ", no errors."));
}

void AddRejectOption(CLI::App& verb, std::string& path) {
  verb.add_option("--reject", path, "JSMail's reject file")->required()->option_text("FILE");
}

void AddScopeOption(CLI::App& verb, std::string& scope) {
  verb.add_option("--scope", scope, "whose mail: site for everybody's, or a user's bare JID")
      ->option_text("SCOPE [site]");
}

void AddImport(Nouns& nouns, CLI::App& rules) {
  auto path = std::make_shared<std::string>();
  auto scope = std::make_shared<std::string>(kSite);
  CLI::App& import = nouns.AddGroup(rules, "import", "Put a file of rules in force");
  CLI::App& jsmail = nouns.AddVerb(
      import, "jsmail", "From a file of JSMail",
      "Replaces the rules of the scope, at once and as a whole. A file with an error changes\n"
      "nothing; an empty file removes the rules.\n\n"
      "A line of a reject file is KEY:EXPRESSION with the keys source, destination, subject\n"
      "and received; a '!' before either part means accept, which overrides every reject.\n\n"
      "Examples:\n  posternctl rules import jsmail --reject reject.txt\n"
      "  posternctl rules import jsmail --reject ann.txt --scope ann@example.org\n",
      [path, scope](Session& session) { return Import(session, *path, *scope); });
  AddRejectOption(jsmail, *path);
  AddScopeOption(jsmail, *scope);
}

void AddCheck(Nouns& nouns, CLI::App& rules) {
  auto path = std::make_shared<std::string>();
  CLI::App& check =
      nouns.AddGroup(rules, "check", "Look through a file of rules, without a server");
  CLI::App& jsmail = nouns.AddVerb(
      check, "jsmail", "A file of JSMail",
      "Prints warnings and errors as FILE:LINE:COLUMN: REASON; exits with 1 when there\n"
      "is an error.\n\n"
      "Example:\n  posternctl rules check jsmail --reject reject.txt\n",
      [path](Session& session) { return Check(session, *path); });
  AddRejectOption(jsmail, *path);
}

void AddRemove(Nouns& nouns, CLI::App& rules) {
  auto scope = std::make_shared<std::string>(kSite);
  CLI::App& remove = nouns.AddVerb(rules, "remove", "Take the rules of a scope out of force",
                                   "Example:\n  posternctl rules remove --scope ann@example.org\n",
                                   [scope](Session& session) { return Remove(session, *scope); });
  AddScopeOption(remove, *scope);
}

}  // namespace

void AddRules(Nouns& nouns) {
  CLI::App& rules = nouns.AddNoun("rules", "Which mail is not delivered, and why");
  AddImport(nouns, rules);
  nouns.AddVerb(rules, "list", "Whose rules are in force",
                "With --json the rules themselves are shown too.\n\n"
                "Example:\n  posternctl rules list\n",
                List);
  AddCheck(nouns, rules);
  AddRemove(nouns, rules);
  AddExplain(nouns, rules);
}

}  // namespace postern::posternctl
