#include "services/posternctl/command_line.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/posternctl/diagnostic.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/session.h"
#include "services/posternctl/terminal_text.h"

namespace postern::posternctl {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2;

constexpr char kPurpose[] = "Shows and steers a running Postern, the e-mail gateway for XMPP.";

constexpr char kFooter[] =
    "The TLS files may be named by POSTERN_GRPC_TLS_CA_FILE and so on as well.\n"
    "'posternctl NOUN VERB --help' tells more about each, with examples.\n"
    "--json prints one JSON document instead of a table, with the field names of the proto files.\n"
    "Exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage.\n\n"
    "Examples:\n"
    "  posternctl status\n"
    "  posternctl accounts list --user ann@example.org\n"
    "  posternctl queue retry --all\n"
    "  posternctl rules import jsmail --reject reject.txt\n"
    "  posternctl --json accounts list | jq '.accounts[] | select(.health.error != \"\")'\n";

void AddGlobalOptions(CLI::App& app, Session& session) {
  app.add_option("--addr", session.addr, "where postern-admin listens")
      ->envname("POSTERN_ADDR")
      ->option_text("HOST:PORT [127.0.0.1:7001] (or POSTERN_ADDR)");
  app.add_flag("--json", session.json, "print JSON");
  app.add_option("--grpc-tls-ca-file", session.tls.ca, "mutual TLS: the CA of the services")
      ->envname("POSTERN_GRPC_TLS_CA_FILE")
      ->option_text("FILE");
  app.add_option("--grpc-tls-cert-file", session.tls.cert, "... a certificate for posternctl")
      ->envname("POSTERN_GRPC_TLS_CERT_FILE")
      ->option_text("FILE");
  app.add_option("--grpc-tls-key-file", session.tls.key, "... and its key")
      ->envname("POSTERN_GRPC_TLS_KEY_FILE")
      ->option_text("FILE");
}

void AddNouns(Nouns& nouns) {
  AddStatus(nouns);
  AddUsers(nouns);
  AddAccounts(nouns);
  AddSessions(nouns);
  AddWatches(nouns);
  AddQueue(nouns);
  AddRules(nouns);
  AddSchedule(nouns);
  AddRoutes(nouns);
  AddAliases(nouns);
  AddKey(nouns);
  AddSeal(nouns);
}

// The command that the words were understood as, and how it is called.
struct Understood {
  const CLI::App* command;
  std::string words;  // "posternctl accounts show"
};

Understood Understand(const CLI::App& app) {
  Understood understood{&app, "posternctl"};
  while (!understood.command->get_subcommands().empty()) {
    const CLI::App* next = understood.command->get_subcommands().front();
    if (next->get_name().empty()) break;  // an option group
    understood.command = next;
    absl::StrAppend(&understood.words, " ", next->get_name());
  }
  return understood;
}

// What is wrong with the usage. CLI11 calls a misspelt or missing verb "a
// subcommand is required"; that helps nobody.
std::string WrongUsage(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App& command = *Understand(app).command;
  const bool wants_verb = command.get_require_subcommand_min() > 0;
  const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  const bool too_much = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (!rest.empty() && (wants_verb || too_much))
    return absl::StrCat("there is no '", rest.front(), "' here");
  const bool too_little = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (!wants_verb || !too_little) return error.what();
  std::vector<std::string> verbs;
  for (const CLI::App* verb : command.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  return absl::StrCat("say what to do: ", absl::StrJoin(verbs, ", "));
}

void Complain(std::ostream& err, absl::string_view message) {
  // Editors want the place of an error at the beginning of the line.
  for (absl::string_view line : absl::StrSplit(message, '\n'))
    err << (IsDiagnostic(line) ? "" : "posternctl: ") << EscapeForTerminal(line) << "\n";
}

}  // namespace

int RunCommandLine(int argc, char** argv, std::ostream& out, std::ostream& err) {
  Session session(out);
  Verb chosen;
  CLI::App app(kPurpose, "posternctl");
  app.require_subcommand(1);
  AddGlobalOptions(app, session);
  Nouns nouns(app, chosen);
  AddNouns(nouns);
  app.footer(kFooter);  // last: subcommands would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help, out, err);
  } catch (const CLI::ParseError& error) {
    Complain(err, WrongUsage(error, app));
    err << "Try '" << Understand(app).words << " --help'.\n";
    return kWrongUsage;
  }
  const absl::Status status = chosen(session);
  out.flush();
  if (status.ok() && out) return kDone;
  Complain(err, status.ok() ? "the answer could not be written" : status.message());
  return kFailed;
}

}  // namespace postern::posternctl
