#include "services/posternctl/rule_file.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/posternctl/text_file.h"
#include "services/rules/engine/sure_failure.h"
#include "services/rules/filter/compile.h"
#include "services/rules/jsmail/acl.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/finger.h"
#include "services/rules/jsmail/installation.h"
#include "services/rules/jsmail/pop_accounts.h"
#include "services/rules/sieve/compile.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;
namespace jsmail = rules::jsmail;

constexpr size_t kMaxFileBytes = 4 << 20;  // of a password file
constexpr char kSieve[] = "sieve", kFilter[] = "filter";

// By the name of the file, else by what stands in it.
absl::StatusOr<RuleKind> FindKind(const std::string& name, const std::string& text) {
  if (absl::EndsWithIgnoreCase(name, ".sieve") || absl::EndsWithIgnoreCase(name, ".siv")) {
    return RuleKind{true, {}};
  }
  if (absl::EqualsIgnoreCase(name, "cfrules.dat") || rules::filter::LooksLikeFilter(text)) {
    return RuleKind::Filter();
  }
  if (const auto kind = jsmail::KindOfFile(name)) return RuleKind{false, *kind};
  const bool statements = absl::StrContains(text, ';') || absl::StrContains(text, '{');
  if (statements && (absl::StrContains(text, "require") || absl::StrContains(text, "if ") ||
                     absl::StrContains(text, "keep") || absl::StrContains(text, "discard"))) {
    return RuleKind{true, {}};
  }
  if (const auto kind = jsmail::KindOfText(text)) return RuleKind{false, *kind};
  return absl::InvalidArgumentError(
      absl::StrCat(name,
                   ": can't tell what it is written in; say it with --language sieve or "
                   "filter, or with --jsmail KIND FILE (",
                   jsmail::AllKinds(), ")"));
}

absl::StatusOr<crypto::OpenedFile> Open(const std::string& path, const std::string& key_file,
                                        std::optional<FileKind> kind) {
  auto file = ReadBeginning(path, kMaxFileBytes + 1);
  if (!file.ok()) return file.status();
  const std::string name = FileNameOf(path);
  if (file->bytes.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is larger than ", kMaxFileBytes >> 20, " MiB"));
  }
  std::optional<crypto::SecretBox> keys;
  if (crypto::IsSealedFile(file->bytes)) {
    if (key_file.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": is sealed; name the file of its key with --key-file"));
    }
    auto box = crypto::SecretBox::FromFile(key_file);
    if (!box.ok()) return box.status();
    keys = *std::move(box);
  }
  return jsmail::OpenFile(std::move(file->bytes), name, keys ? &*keys : nullptr, kind);
}

}  // namespace

std::optional<RuleKind> RuleKindNamed(const std::string& name) {
  if (absl::EqualsIgnoreCase(name, kSieve)) return RuleKind{true, {}};
  if (absl::EqualsIgnoreCase(name, kFilter)) return RuleKind::Filter();
  const auto kind = jsmail::KindNamed(name);
  if (!kind) return std::nullopt;
  return RuleKind{false, *kind};
}

std::string Words(const RuleKind& kind) {
  if (!kind.IsJsmail()) return kind.sieve ? kSieve : kFilter;
  return absl::StrCat("jsmail ", jsmail::NameOfKind(kind.jsmail));
}

rules::v1::RuleLanguage LanguageOf(const RuleKind& kind) {
  if (kind.sieve) return rules::v1::RULE_LANGUAGE_SIEVE;
  if (kind.filter) return rules::v1::RULE_LANGUAGE_CONTENT_FILTER;
  switch (kind.jsmail) {
    case FileKind::kReject:
      return rules::v1::RULE_LANGUAGE_JSMAIL_REJECT;
    case FileKind::kAllowDeny:
      return rules::v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY;
    case FileKind::kResponders:
      return rules::v1::RULE_LANGUAGE_JSMAIL_RESPONDERS;
    case FileKind::kSubject:
      return rules::v1::RULE_LANGUAGE_JSMAIL_SUBJECT;
    case FileKind::kFinger:
      return rules::v1::RULE_LANGUAGE_JSMAIL_FINGER;
    default:
      return rules::v1::RULE_LANGUAGE_UNSPECIFIED;
  }
}

void AddKeyFileOption(CLI::App& verb, std::string& key_file) {
  verb.add_option("--key-file", key_file, "the master key file; opens what 'posternctl seal' made")
      ->envname("POSTERN_MASTER_KEY_FILE")
      ->option_text("FILE");
}

void AddRuleFileOptions(CLI::App& verb, RuleFileOptions& options) {
  verb.add_option("--language", options.language,
                  "what the file is written in: sieve, filter, or a kind of JSMail's files")
      ->option_text("LANGUAGE");
  AddKeyFileOption(verb, options.key_file);
}

std::string CheckKinds(const RuleFileOptions& options) {
  if (!options.jsmail.empty() && !jsmail::KindNamed(options.jsmail[0])) {
    return absl::StrCat("--jsmail: the kinds known are ", jsmail::AllKinds(),
                        ": --jsmail reject FILE");
  }
  if (!options.language.empty() && !RuleKindNamed(options.language)) {
    return absl::StrCat("--language: must be sieve, filter or one of ", jsmail::AllKinds());
  }
  return "";
}

absl::StatusOr<RuleFile> ReadRuleFile(const std::string& path, const std::string& key_file,
                                      RuleKind kind) {
  auto opened = Open(path, key_file, kind.IsJsmail() ? std::optional(kind.jsmail) : std::nullopt);
  if (!opened.ok()) return opened.status();
  return RuleFile{path, FileNameOf(path), kind, std::move(opened->text)};
}

absl::StatusOr<RuleFile> ReadRuleFile(const RuleFileOptions& options) {
  if (!options.jsmail.empty()) {
    return ReadRuleFile(options.jsmail[1], options.key_file, *RuleKindNamed(options.jsmail[0]));
  }
  if (!options.language.empty()) {
    return ReadRuleFile(options.path, options.key_file, *RuleKindNamed(options.language));
  }
  auto opened = Open(options.path, options.key_file, std::nullopt);
  if (!opened.ok()) return opened.status();
  RuleFile file{options.path, FileNameOf(options.path), {}, std::move(opened->text)};
  auto kind = FindKind(file.name, file.text.Reveal());
  if (!kind.ok()) return kind.status();
  file.kind = *kind;
  return file;
}

std::optional<std::string> ReadBeside(const std::string& path, absl::string_view name,
                                      const std::vector<std::string>& endings) {
  if (name.empty() || name.find_first_of("/\\") != name.npos || name == "." || name == "..") {
    return std::nullopt;
  }
  const std::string folder = path.substr(0, path.size() - FileNameOf(path).size());
  for (const std::string& ending : endings) {
    auto file = ReadBeginning(absl::StrCat(folder, name, ending), kMaxFileBytes);
    if (file.ok()) return std::move(file->bytes);
  }
  return std::nullopt;
}

namespace {

rules::Compiled CompileSieve(const RuleFile& file, bool operator_rule) {
  rules::sieve::CompileOptions options;
  options.file_name = file.name;
  options.operator_rule = operator_rule;
  options.include = [&file](absl::string_view name, bool) {
    return ReadBeside(file.path, name, {".sieve", ""});
  };
  return rules::sieve::Compile(file.text.Reveal(), options);
}

rules::Compiled CompileText(const RuleFile& file, bool operator_rule) {
  const std::string& text = file.text.Reveal();
  if (file.kind.sieve) return CompileSieve(file, operator_rule);
  if (file.kind.filter) {
    rules::filter::CompileOptions options;
    options.file_name = file.name;
    options.operator_rule = operator_rule;
    return rules::filter::Compile(text, options);
  }
  jsmail::CompileOptions options;
  options.file_name = file.name;
  options.operator_rule = operator_rule;
  options.local_domain = kNoDomain;
  options.read_text = [&file](absl::string_view name) { return ReadBeside(file.path, name, {""}); };
  switch (file.kind.jsmail) {
    case FileKind::kReject:
      return jsmail::CompileReject(text, options);
    case FileKind::kSubject:
      return jsmail::CompileSubject(text, options);
    case FileKind::kResponders:
      return jsmail::CompileResponders(text, options);
    case FileKind::kAllowDeny:
      return {nullptr, jsmail::Acl::Read(text, file.name).problems};
    case FileKind::kFinger:
      return {nullptr, jsmail::ParseFinger(text, file.name).problems};
    case FileKind::kPopAccounts:
      return {nullptr, jsmail::ParsePopAccounts(text, file.name).problems};
    default:  // passwords and schedules have their own words: rules_check.cc
      return {};
  }
}

}  // namespace

bool IsOperators(const RuleFile& file) {
  if (!file.scope.empty())
    return !absl::StrContains(file.scope, '@') || absl::StartsWith(file.scope, "domain:");
  if (!file.kind.sieve) return true;
  return !CompileSieve(file, false).program && CompileSieve(file, true).program;
}

rules::Compiled CompileRuleFile(const RuleFile& file) {
  const bool operator_rule = IsOperators(file);
  rules::Compiled compiled = CompileText(file, operator_rule);
  if (!compiled.program) return compiled;
  for (rules::Problem& sure :
       rules::SureFailures(*compiled.program, rules::EvaluationLimits(), operator_rule))
    compiled.problems.push_back(std::move(sure));
  return compiled;
}

rules::v1::ImportRulesRequest RequestFor(const RuleFile& file) {
  rules::v1::ImportRulesRequest request;
  request.set_language(LanguageOf(file.kind));
  request.set_file_name(file.name);
  const std::string& text = file.text.Reveal();
  std::string source = mail::IsUtf8(text) ? text : mail::ToUtf8(text, "windows-1252");
  if (file.kind.Is(FileKind::kResponders)) {
    for (const std::string& name : jsmail::TextsWanted(source)) {
      auto reply = ReadBeside(file.path, name, {""});
      if (!reply) continue;
      if (!mail::IsUtf8(*reply)) reply = mail::ToUtf8(*reply, "windows-1252");
      if (!source.empty() && source.back() != '\n') source += '\n';
      source += jsmail::EmbeddedText(name, *reply);
    }
  }
  if (file.kind.Is(FileKind::kFinger)) {
    request.set_name(jsmail::FingerUser(file.name).value_or(""));
  }
  request.set_source(std::move(source));
  return request;
}

uint32_t CountEntries(const RuleFile& file, const rules::Compiled& compiled) {
  const std::string& text = file.text.Reveal();
  if (compiled.program) return static_cast<uint32_t>(compiled.program->rules.size());
  if (file.kind.jsmail == FileKind::kAllowDeny) {
    const auto read = jsmail::Acl::Read(text, file.name);
    return read.acl ? static_cast<uint32_t>(read.acl->size()) : 0;
  }
  if (file.kind.jsmail == FileKind::kPopAccounts) {
    return static_cast<uint32_t>(jsmail::ParsePopAccounts(text, file.name).accounts.size());
  }
  return 1;
}

absl::Status SplitProblems(const std::vector<rules::Problem>& problems,
                           std::vector<std::string>& warnings) {
  std::vector<std::string> errors;
  for (const rules::Problem& problem : problems) {
    if (problem.warning) {
      warnings.push_back(absl::StrCat(problem.file, ":", problem.at.line, ":", problem.at.column,
                                      ": ", problem.text));
    } else {
      errors.push_back(ToString(problem));
    }
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace postern::posternctl
