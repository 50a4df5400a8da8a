#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/crypto/sealed_file.h"
#include "postern/rules/v1/rules.pb.h"
#include "services/rules/ir/problem.h"

// Files of rules that posternctl reads by itself, without a server.
namespace postern::posternctl {

// What a file is written in: Sieve, MDaemon's content filter, or as one of JSMail's files.
struct RuleKind {
  bool sieve = false;
  crypto::FileKind jsmail = crypto::FileKind::kReject;  // unless it is one of the others
  bool filter = false;

  static RuleKind Filter() { return {false, crypto::FileKind::kReject, true}; }
  bool Is(crypto::FileKind kind) const { return !sieve && !filter && jsmail == kind; }
  bool IsJsmail() const { return !sieve && !filter; }
};
std::string Words(const RuleKind& kind);  // "sieve", "filter", "jsmail reject"
std::optional<RuleKind> RuleKindNamed(const std::string& name);  // "sieve", "filter", "reject", …
// UNSPECIFIED: what the rules service has nothing to do with (passwords, accounts, schedules).
rules::v1::RuleLanguage LanguageOf(const RuleKind& kind);

// Which file, and what the command line says about it.
struct RuleFileOptions {
  std::string path;
  std::string language;             // as --language has it; empty: found out
  std::vector<std::string> jsmail;  // --jsmail KIND FILE, in place of both
  std::string key_file;             // opens sealed files
  std::string scope;                // whose rules they would be; empty: see IsOperators
  bool strict = false;              // only what JSMail itself took
};
// --language and --key-file.
void AddRuleFileOptions(CLI::App& verb, RuleFileOptions& options);
void AddKeyFileOption(CLI::App& verb, std::string& key_file);
// Whose rules a file would be.
void AddFileScopeOption(CLI::App& verb, std::string& scope);
// Why --jsmail, --language or --scope can't be; empty: they can. `kinds` of JSMail's files are
// taken; none: all are.
std::string CheckFileOptions(const RuleFileOptions& options,
                             const std::vector<crypto::FileKind>& kinds = {});

// A file as it stands on the disk. Its text may hold passwords.
struct RuleFile {
  std::string path, name;
  RuleKind kind;
  crypto::Secret text;     // of a sealed file: what was sealed
  std::string scope = {};  // RuleFileOptions::scope
  bool strict = false;     // RuleFileOptions::strict
};
// Errors name the file and say what to do.
absl::StatusOr<RuleFile> ReadRuleFile(const RuleFileOptions& options);
// The same when it is known what the file is.
absl::StatusOr<RuleFile> ReadRuleFile(const std::string& path, const std::string& key_file,
                                      RuleKind kind);

// What an included script or a responder's text is read from: files beside the one at `path`.
std::optional<std::string> ReadBeside(const std::string& path, absl::string_view name,
                                      const std::vector<std::string>& endings);

// rule_compile.cc:
// Where users are whom a file names without a domain, when nobody says: never shown.
inline constexpr char kNoDomain[] = "users.invalid";
// Whose limits hold: by its scope, where it is said. Else a Sieve script is a user's, unless it
// takes what only operators may, and all else is an operator's.
bool IsOperators(const RuleFile& file);
// A program of rules; nothing but problems for those that judge no mails.
rules::Compiled CompileRuleFile(const RuleFile& file);
// The file as the rules service takes it, without a scope: responders along with their texts.
rules::v1::ImportRulesRequest RequestFor(const RuleFile& file);
// How many entries a file that compiles has.
uint32_t CountEntries(const RuleFile& file, const rules::Compiled& compiled);
// "file:line:column: text", of an error and a warning alike.
std::string LineOf(const rules::Problem& problem);
// kInvalidArgument with all errors of a file as diagnostics, a line each; `warnings` gets the rest.
absl::Status SplitProblems(const RuleFile& file, const std::vector<rules::Problem>& problems,
                           std::vector<std::string>& warnings);

}  // namespace postern::posternctl
