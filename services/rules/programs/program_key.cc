#include "services/rules/programs/program_key.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/mail/utf8.h"

namespace postern::rules {
namespace {

constexpr size_t kMaxScopeBytes = 2048;  // RFC 7622: two parts of 1023 bytes and "@"
constexpr size_t kMaxNameBytes = 512;    // RFC 5804 section 1.6
constexpr char kDomainPrefix[] = "domain:";
constexpr char kLanguagePrefix[] = "RULE_LANGUAGE_";
constexpr char kActive[] = "active";

bool IsPlain(absl::string_view text) {
  return !text.empty() && text.size() < kMaxScopeBytes && mail::IsUtf8(text) &&
         !mail::HasControls(text) && !absl::StrContains(text, " ") && !absl::StrContains(text, "/");
}

bool IsBareJid(absl::string_view text) {
  const size_t at = text.find('@');
  return IsPlain(text) && at != absl::string_view::npos && at > 0 && at + 1 < text.size() &&
         !absl::StrContains(text.substr(at + 1), "@");
}

bool IsDomain(absl::string_view text) { return IsPlain(text) && !absl::StrContains(text, "@"); }

std::optional<v1::RuleLanguage> LanguageNamed(absl::string_view name) {
  const std::string full =
      absl::StrCat(kLanguagePrefix, absl::StrReplaceAll(absl::AsciiStrToUpper(name), {{"-", "_"}}));
  v1::RuleLanguage language;
  if (!v1::RuleLanguage_Parse(full, &language)) return std::nullopt;
  return language;
}

absl::Status CheckName(v1::RuleLanguage language, absl::string_view name) {
  const bool named =
      language == v1::RULE_LANGUAGE_SIEVE || language == v1::RULE_LANGUAGE_JSMAIL_FINGER;
  if (!named && !name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name: a scope has one ", NameOfLanguage(language), " program, without a name"));
  }
  if (name.size() > kMaxNameBytes || !mail::IsUtf8(name) || mail::HasControls(name) ||
      mail::HasBidiControls(name))
    return absl::InvalidArgumentError("name: too long, or with control characters");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadScope(absl::string_view text) {
  const std::string scope = absl::AsciiStrToLower(text);
  absl::string_view domain = scope;
  const bool of_domain = absl::ConsumePrefix(&domain, kDomainPrefix);
  const bool known = of_domain ? IsDomain(domain) : IsBareJid(scope);
  if (scope == kSiteScope || scope == kSiteAfterScope || known) return scope;
  return absl::InvalidArgumentError(
      "scope: neither \"site\", \"site-after\", a domain such as domain:example.org nor a bare JID "
      "such as ann@example.org");
}

absl::StatusOr<std::string> ReadUser(absl::string_view text) {
  std::string user = absl::AsciiStrToLower(text);
  if (IsBareJid(user)) return user;
  return absl::InvalidArgumentError("user: not a bare JID such as ann@example.org");
}

bool IsOperators(absl::string_view scope) {
  return scope == kSiteScope || scope == kSiteAfterScope || absl::StartsWith(scope, kDomainPrefix);
}

std::string DomainScopeOf(absl::string_view user) {
  const size_t at = user.rfind('@');
  return absl::StrCat(kDomainPrefix, at == absl::string_view::npos ? user : user.substr(at + 1));
}

absl::StatusOr<ProgramKey> ReadProgramKey(absl::string_view scope, v1::RuleLanguage language,
                                          absl::string_view name) {
  auto read = ReadScope(scope);
  if (!read.ok()) return read.status();
  if (language == v1::RULE_LANGUAGE_UNSPECIFIED || !v1::RuleLanguage_IsValid(language))
    return absl::InvalidArgumentError("language: it is missing, or not known");
  if (absl::Status s = CheckName(language, name); !s.ok()) return s;
  ProgramKey key{*std::move(read), language, std::string(name)};
  if (language == v1::RULE_LANGUAGE_SIEVE && name.empty()) key.name = kMainScript;
  if (language == v1::RULE_LANGUAGE_JSMAIL_FINGER) key.name = absl::AsciiStrToLower(name);
  return key;
}

std::string FieldOf(const ProgramKey& key) {
  if (key.language == v1::RULE_LANGUAGE_JSMAIL_REJECT) return key.scope;
  return absl::StrCat(key.scope, "\n", NameOfLanguage(key.language), "\n", key.name);
}

std::optional<ProgramKey> ReadField(absl::string_view field) {
  const std::vector<absl::string_view> parts = absl::StrSplit(field, '\n');
  if (parts.size() == 1) return ProgramKey{std::string(field), v1::RULE_LANGUAGE_JSMAIL_REJECT, ""};
  if (parts.size() != 3) return std::nullopt;
  const auto language = LanguageNamed(parts[1]);
  if (!language) return std::nullopt;
  return ProgramKey{std::string(parts[0]), *language, std::string(parts[2])};
}

std::string ActiveFieldOf(absl::string_view scope) { return absl::StrCat(scope, "\n", kActive); }

std::optional<std::string> ReadActiveField(absl::string_view field) {
  const std::vector<absl::string_view> parts = absl::StrSplit(field, '\n');
  if (parts.size() != 2 || parts[1] != kActive) return std::nullopt;
  return std::string(parts[0]);
}

std::string NameOfLanguage(v1::RuleLanguage language) {
  absl::string_view name = v1::RuleLanguage_Name(language);
  absl::ConsumePrefix(&name, kLanguagePrefix);
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

}  // namespace postern::rules
