#include "services/sender/operator_files.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/crypto/secret_box.h"

namespace postern::sender {
namespace {

void RejectAll(process::Program& program, const std::string& flag, const absl::Status& status) {
  if (status.ok()) return;
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    program.Reject(flag, std::string(line));
  }
}

void CheckRoutes(process::Program& program, const FileOptions& options, RouteFile& routes) {
  const absl::Status read = routes.Refresh().status();
  RejectAll(program, "--routes-file", read);
  if (options.default_route.empty()) return;
  if (options.routes_file.empty()) {
    program.Reject("--default-route", "means nothing without --routes-file");
  } else if (read.ok() && routes.table()->Find(options.default_route) == nullptr) {
    program.Reject("--default-route", absl::StrCat("'", options.default_route, "' is no route of ",
                                                   options.routes_file));
  }
}

void CheckAliases(process::Program& program, const FileOptions& options, AliasFile& aliases) {
  if (options.aliases_file.empty()) {
    if (!options.local_domains.empty()) {
      program.Reject("--local-domain", "means nothing without --aliases-file");
    }
  } else if (options.local_domains.empty()) {
    program.Reject("--local-domain", "missing; --aliases-file needs it");
  } else {
    RejectAll(program, "--aliases-file", aliases.Refresh());
  }
}

void CheckKeys(process::Program& program, const FileOptions& options) {
  if (options.key_file.empty()) return;
  const absl::Status read = crypto::SecretBox::FromFile(options.key_file).status();
  if (!read.ok()) program.Reject("--jsmail-key-file", std::string(read.message()));
}

}  // namespace

void AddFileOptions(process::Program& program, FileOptions& options) {
  program.Add("--routes-file", options.routes_file,
              "File with the ways that mail takes out of here, and when: sections as in a "
              "scheduler file of JSMail, with relay:, source:, up: and down:");
  program.Add("--default-route", options.default_route,
              "The route of accounts that 'posternctl accounts route' gives none");
  program.Add("--aliases-file", options.aliases_file,
              "File of aliases and of users whose mail is copied to somebody: a password file of "
              "JSMail");
  program.Add("--local-domain", options.local_domains,
              "The domains of the mailboxes that the file of aliases names without one");
  program.Add("--jsmail-key-file", options.key_file,
              "The key file that opens these two when they are sealed ('posternctl seal')");
}

OperatorFiles CheckFiles(process::Program& program, const FileOptions& options,
                         const RouteRules& rules) {
  OperatorFiles files;
  files.routes = RouteFile(options.routes_file, rules, options.key_file);
  files.aliases = AliasFile(options.aliases_file, options.local_domains, options.key_file);
  CheckKeys(program, options);
  CheckRoutes(program, options, files.routes);
  CheckAliases(program, options, files.aliases);
  return files;
}

}  // namespace postern::sender
