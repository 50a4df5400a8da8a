// `posternctl rules import`: one file of rules, or all of a JSMail installation.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/posternctl/import_folder.h"
#include "services/posternctl/rule_file.h"
#include "services/posternctl/rules_verbs.h"
#include "services/posternctl/table.h"

namespace postern::posternctl {
namespace {

using rules::v1::ImportRulesRequest;

struct OneFile {
  std::string path, key_file, scope = kSite, name;
  RuleKind kind;
  bool dry_run = false, inactive = false;
};

absl::Status ImportOne(Session& session, const OneFile& one) {
  auto file = ReadRuleFile(one.path, one.key_file, one.kind);
  if (!file.ok()) return file.status();
  ImportRulesRequest request = RequestFor(*file);
  request.set_scope(one.scope);
  request.set_dry_run(one.dry_run);
  if (!one.name.empty()) request.set_name(one.name);
  request.set_keep_inactive(one.inactive);
  auto imported = session.Call(&Session::Stub::ImportRules, request);
  if (!imported.ok()) return imported.status();
  // Of a script nobody counts rules.
  const std::string what = one.kind.sieve ? "The script" : CountRules(imported->rules());
  std::string sentence =
      absl::StrCat(what,
                   one.dry_run      ? " would be"
                   : one.kind.sieve ? " is"
                                    : "",
                   one.inactive ? " stored for " : " in force for ", one.scope, ".");
  if (file->text.empty()) {
    sentence = absl::StrCat("The file is empty: no rules for ", one.scope, " any more.");
  }
  return PrintImported(session, *imported, sentence);
}

struct JsmailWanted {
  std::string reject, subject, responders, allow_deny;
  FolderImport folder;

  std::vector<OneFile> Files() const {
    std::vector<OneFile> files;
    const std::pair<const std::string&, crypto::FileKind> named[] = {
        {reject, crypto::FileKind::kReject},
        {subject, crypto::FileKind::kSubject},
        {responders, crypto::FileKind::kResponders},
        {allow_deny, crypto::FileKind::kAllowDeny}};
    for (const auto& [path, kind] : named) {
      if (path.empty()) continue;
      OneFile& file = files.emplace_back();
      file.path = path;
      file.key_file = folder.key_file;
      file.scope = folder.scope;
      file.kind = {false, kind};
      file.dry_run = folder.dry_run;
    }
    return files;
  }
};

absl::Status ImportJsmail(Session& session, const JsmailWanted& wanted) {
  if (!wanted.folder.path.empty()) return ImportFolder(session, wanted.folder);
  for (const OneFile& file : wanted.Files()) {
    if (absl::Status s = ImportOne(session, file); !s.ok()) return s;
  }
  return absl::OkStatus();
}

void AddFolderOptions(CLI::App& verb, FolderImport& folder) {
  verb.add_option("DIR", folder.path, "all files of an installation, by their names");
  AddScopeOption(verb, folder.scope);
  verb.add_flag("--dry-run", folder.dry_run, "only look, and tell what each would become");
  AddKeyFileOption(verb, folder.key_file);
  verb.add_option("--local-domain", folder.local_domains, "of the password file: ours")
      ->option_text("DOMAIN ...");
  verb.add_flag("--swap-fr", folder.swap_fr,
                "the password file is an old one, whose letters f and r mean each other's");
  verb.add_option("--user-domain", folder.user_domain,
                  "the Jabber domain of the password file's users, whose roles are set")
      ->option_text("DOMAIN");
  verb.add_option("--owner", folder.owner, "whose the POP3 accounts are that have no dest: line")
      ->option_text("JID");
  verb.add_option("--aliases-out", folder.aliases_out,
                  "where a file for the sender's --aliases-file goes, without passwords")
      ->option_text("FILE");
  verb.add_option("--routes-out", folder.routes_out,
                  "where a file for the sender's --routes-file goes, without passwords")
      ->option_text("FILE");
}

void AddJsmail(Nouns& nouns, CLI::App& import) {
  auto wanted = std::make_shared<JsmailWanted>();
  CLI::App& jsmail = nouns.AddVerb(
      import, "jsmail", "From a file of JSMail, or all of an installation",
      "Replaces the rules of the scope, at once and as a whole. A file with an error changes\n"
      "nothing; an empty file removes the rules.\n\n"
      "With DIR, all files in it are taken by their names (reject, allow-deny, responders,\n"
      "subject, NAME.fgr, passwords, pop3, scheduler, with any ending), and what each became is\n"
      "told: rules, accounts, a file of aliases or routes for the sender. When one has an error,\n"
      "none is imported. Passwords are shown nowhere. In the password file f is an operator, r\n"
      "may redirect their own mail; --swap-fr if yours has it the other way round. Roles are\n"
      "set when --user-domain says which Jabber users are meant.\n\n"
      "A line of a reject file is KEY:EXPRESSION with the keys source, destination, subject\n"
      "and received; a '!' before either part means accept, which overrides every reject.\n\n"
      "Examples:\n  posternctl rules import jsmail --reject reject.txt\n"
      "  posternctl rules import jsmail --reject ann.txt --scope ann@example.org\n"
      "  posternctl rules import jsmail /etc/jsmail --local-domain example.org --dry-run\n",
      [wanted](Session& session) { return ImportJsmail(session, *wanted); });
  AddFolderOptions(jsmail, wanted->folder);
  jsmail.add_option("--reject", wanted->reject, "JSMail's reject file")->option_text("FILE");
  jsmail.add_option("--subject", wanted->subject, "... its subject file")->option_text("FILE");
  jsmail.add_option("--responders", wanted->responders, "... its responders, with their texts")
      ->option_text("FILE");
  jsmail.add_option("--allow-deny", wanted->allow_deny, "... who may connect")->option_text("FILE");
  jsmail.parse_complete_callback([wanted] {
    const bool files = !wanted->Files().empty();
    if (files != wanted->folder.path.empty()) {
      throw CLI::ValidationError("name either a folder (DIR) or files (--reject FILE, …)");
    }
  });
}

void AddFilter(Nouns& nouns, CLI::App& import) {
  auto one = std::make_shared<OneFile>();
  one->kind = RuleKind::Filter();
  CLI::App& filter = nouns.AddVerb(
      import, "filter", "MDaemon's content filter, cfrules.dat",
      "Replaces the content filter of the scope, at once and as a whole. A file with an error\n"
      "changes nothing; an empty file removes it. What MDaemon does and nobody here can is told,\n"
      "rule by rule: such a rule goes without that action, or is left out where mail could be\n"
      "lost otherwise. Programs are run for the site and for domains, when the runner knows them.\n"
      "\nExamples:\n  posternctl rules import filter cfrules.dat --dry-run\n"
      "  posternctl rules import filter cfrules.dat --scope domain:example.org\n",
      [one](Session& session) { return ImportOne(session, *one); });
  filter.add_option("FILE", one->path, "the file")->required();
  AddScopeOption(filter, one->scope);
  filter.add_flag("--dry-run", one->dry_run, "only look, and tell what it would become");
}

void AddSieve(Nouns& nouns, CLI::App& import) {
  auto one = std::make_shared<OneFile>();
  one->kind.sieve = true;
  CLI::App& sieve = nouns.AddVerb(
      import, "sieve", "A Sieve script",
      "Stores a script for a scope and puts it in force in place of the one before. A scope may\n"
      "have several under different names. A script with an error changes nothing.\n\n"
      "Examples:\n  posternctl rules import sieve ann.sieve --scope ann@example.org\n"
      "  posternctl rules import sieve lists.sieve --scope ann@example.org --name lists "
      "--inactive\n",
      [one](Session& session) { return ImportOne(session, *one); });
  sieve.add_option("FILE", one->path, "the script")->required();
  AddScopeOption(sieve, one->scope);
  sieve.add_option("--name", one->name, "of the script")->option_text("NAME [main]");
  sieve.add_flag("--inactive", one->inactive, "store it, for others to include, or for later");
  sieve.add_flag("--dry-run", one->dry_run, "only check it");
}

}  // namespace

void AddRulesImport(Nouns& nouns, CLI::App& rules) {
  CLI::App& import = nouns.AddGroup(rules, "import", "Put files of rules in force");
  AddJsmail(nouns, import);
  AddFilter(nouns, import);
  AddSieve(nouns, import);
}

}  // namespace postern::posternctl
