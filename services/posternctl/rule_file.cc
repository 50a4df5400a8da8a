#include "services/posternctl/rule_file.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/crypto/secret_box.h"
#include "lib/mail/charset.h"
#include "lib/mail/utf8.h"
#include "services/posternctl/text_file.h"
#include "services/rules/filter/compile.h"
#include "services/rules/jsmail/compile.h"
#include "services/rules/jsmail/finger.h"
#include "services/rules/jsmail/installation.h"

namespace postern::posternctl {
namespace {

using crypto::FileKind;
namespace jsmail = rules::jsmail;

constexpr size_t kMaxFileBytes = 4 << 20;  // of a password file
constexpr char kSieve[] = "sieve", kFilter[] = "filter";

// Nothing: the name says nothing.
std::optional<RuleKind> KindByName(const std::string& name) {
  if (absl::EndsWithIgnoreCase(name, ".sieve") || absl::EndsWithIgnoreCase(name, ".siv")) {
    return RuleKind{true, {}};
  }
  if (absl::EqualsIgnoreCase(name, "cfrules.dat")) return RuleKind::Filter();
  if (const auto kind = jsmail::KindOfFile(name)) return RuleKind{false, *kind};
  return std::nullopt;
}

// By the name of the file, else by what stands in it.
absl::StatusOr<RuleKind> FindKind(const std::string& name, const std::string& text) {
  const auto by_name = KindByName(name);
  if (by_name && !by_name->IsJsmail()) return *by_name;
  if (rules::filter::LooksLikeFilter(text)) return RuleKind::Filter();
  if (by_name) return *by_name;
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

absl::StatusOr<FileBeginning> ReadWhole(const std::string& path) {
  auto file = ReadBeginning(path, kMaxFileBytes + 1);
  if (!file.ok() || file->bytes.size() <= kMaxFileBytes) return file;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is larger than ", kMaxFileBytes >> 20, " MiB"));
}

// Of what is never sealed.
absl::StatusOr<crypto::OpenedFile> ReadPlain(const std::string& path) {
  auto file = ReadWhole(path);
  if (!file.ok()) return file.status();
  crypto::OpenedFile opened;
  opened.text = crypto::Secret(file->bytes);
  return opened;
}

absl::StatusOr<crypto::OpenedFile> Open(const std::string& path, const std::string& key_file,
                                        std::optional<FileKind> kind) {
  auto file = ReadWhole(path);
  if (!file.ok()) return file.status();
  const std::string name = FileNameOf(path);
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

void AddFileScopeOption(CLI::App& verb, std::string& scope) {
  verb.add_option("--scope", scope,
                  "whose rules they would be: site, site-after, domain:DOMAIN or a user's bare JID")
      ->option_text("SCOPE");
}

std::string CheckFileOptions(const RuleFileOptions& options, const std::vector<FileKind>& kinds) {
  const auto name = [](std::string* out, FileKind kind) { *out += jsmail::NameOfKind(kind); };
  if (!options.jsmail.empty()) {
    const auto kind = jsmail::KindNamed(options.jsmail[0]);
    const bool taken = kind && (kinds.empty() || absl::c_linear_search(kinds, *kind));
    const std::string all = kinds.empty() ? jsmail::AllKinds() : absl::StrJoin(kinds, ", ", name);
    if (kind == FileKind::kScheduler && !taken) {
      return absl::StrCat(
          "--jsmail: a scheduler file judges no mails; 'posternctl rules check "
          "--jsmail scheduler FILE --from DAY --to DAY' prints its times. Here ",
          all, " are taken");
    }
    if (!taken) {
      return absl::StrCat("--jsmail: the kinds ", kinds.empty() ? "known" : "taken here", " are ",
                          all, ": --jsmail reject FILE");
    }
  }
  const std::string& scope = options.scope;
  const bool known = scope.empty() || scope == "site" || scope == "site-after" ||
                     absl::StartsWith(scope, "domain:") || absl::StrContains(scope, '@');
  if (!known) return "--scope: must be site, site-after, domain:DOMAIN or a user's bare JID";
  if (!options.language.empty() && !RuleKindNamed(options.language)) {
    return absl::StrCat("--language: must be sieve, filter or one of ", jsmail::AllKinds());
  }
  return "";
}

absl::StatusOr<RuleFile> ReadRuleFile(const std::string& path, const std::string& key_file,
                                      RuleKind kind) {
  auto opened = kind.IsJsmail() ? Open(path, key_file, kind.jsmail) : ReadPlain(path);
  if (!opened.ok()) return opened.status();
  return RuleFile{path, FileNameOf(path), kind, std::move(opened->text)};
}

namespace {

absl::StatusOr<RuleFile> ReadUnscoped(const RuleFileOptions& options) {
  if (!options.jsmail.empty()) {
    return ReadRuleFile(options.jsmail[1], options.key_file, *RuleKindNamed(options.jsmail[0]));
  }
  if (!options.language.empty()) {
    return ReadRuleFile(options.path, options.key_file, *RuleKindNamed(options.language));
  }
  // One that is called like a script may have any bytes in it: its own reader says what is wrong.
  const std::string name = FileNameOf(options.path);
  if (const auto kind = KindByName(name); kind && !kind->IsJsmail()) {
    return ReadRuleFile(options.path, options.key_file, *kind);
  }
  const auto beginning = ReadBeginning(options.path, 16);
  const bool sealed = beginning.ok() && crypto::IsSealedFile(beginning->bytes);
  auto opened = Open(options.path, options.key_file, std::nullopt);
  if (!opened.ok()) return opened.status();
  RuleFile file{options.path, name, {}, std::move(opened->text)};
  if (sealed) {  // it says itself what it is
    file.kind = {false, opened->kind};
    return file;
  }
  auto kind = FindKind(file.name, file.text.Reveal());
  if (!kind.ok()) return kind.status();
  file.kind = *kind;
  return file;
}

}  // namespace

absl::StatusOr<RuleFile> ReadRuleFile(const RuleFileOptions& options) {
  auto file = ReadUnscoped(options);
  if (!file.ok()) return file;
  file->scope = options.scope;
  file->strict = options.strict;
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

}  // namespace postern::posternctl
