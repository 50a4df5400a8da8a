#include "services/posternctl/command_line.h"

#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/posternctl/nouns.h"
#include "services/posternctl/session.h"
#include "services/posternctl/terminal_text.h"

namespace postern::posternctl {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUsage = 2;

constexpr char kPurpose[] = "Shows and steers a running Postern, the e-mail gateway for XMPP.";

constexpr char kFooter[] =
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
      ->option_text("HOST:PORT [127.0.0.1:7001]");
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
  AddKey(nouns);
}

// "posternctl accounts show": the words that were understood.
std::string CommandSoFar(const CLI::App& app) {
  std::string command = "posternctl";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    if (at->get_name().empty()) break;  // an option group
    absl::StrAppend(&command, " ", at->get_name());
  }
  return command;
}

void Complain(std::ostream& err, absl::string_view message) {
  for (absl::string_view line : absl::StrSplit(message, '\n'))
    err << "posternctl: " << EscapeForTerminal(line) << "\n";
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
    Complain(err, error.what());
    err << "Try '" << CommandSoFar(app) << " --help'.\n";
    return kWrongUsage;
  }
  const absl::Status status = chosen(session);
  out.flush();
  if (status.ok() && out) return kDone;
  Complain(err, status.ok() ? "the answer could not be written" : status.message());
  return kFailed;
}

}  // namespace postern::posternctl
