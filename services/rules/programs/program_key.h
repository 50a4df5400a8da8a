#pragma once

#include <compare>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postern/rules/v1/rules.pb.h"

namespace postern::rules {

// Whose mail a program judges: "site" everybody's, before all others; "site-after" everybody's,
// after them; "domain:example.org" that of a domain's users; any other is a user's bare JID.
inline constexpr char kSiteScope[] = "site";
inline constexpr char kSiteAfterScope[] = "site-after";

// As it is stored: in lower case. kInvalidArgument says what a scope is.
absl::StatusOr<std::string> ReadScope(absl::string_view text);
// A bare JID in lower case. kInvalidArgument, "user: …".
absl::StatusOr<std::string> ReadUser(absl::string_view text);
// Operators' programs may do more than users'.
bool IsOperators(absl::string_view scope);
// "domain:example.org" for ann@example.org.
std::string DomainScopeOf(absl::string_view user);

// What tells programs apart. Languages but Sieve have one program in a scope, without a name;
// finger files are named after their user.
struct ProgramKey {
  std::string scope;
  v1::RuleLanguage language = v1::RULE_LANGUAGE_UNSPECIFIED;
  std::string name;

  auto operator<=>(const ProgramKey&) const = default;
};

// The script that a Sieve import without a name means.
inline constexpr char kMainScript[] = "main";

// A key whose name is the one that its language has. kInvalidArgument: "name: …", "language: …".
absl::StatusOr<ProgramKey> ReadProgramKey(absl::string_view scope, v1::RuleLanguage language,
                                          absl::string_view name);

// Its field in Redis: that of a reject file is the scope alone, as it was when there was no other
// language; else SCOPE LF LANGUAGE LF NAME.
std::string FieldOf(const ProgramKey& key);
std::optional<ProgramKey> ReadField(absl::string_view field);
// The field of what is in force of a scope's scripts.
std::string ActiveFieldOf(absl::string_view scope);
std::optional<std::string> ReadActiveField(absl::string_view field);

// "sieve", "jsmail-reject": for people and keys.
std::string NameOfLanguage(v1::RuleLanguage language);

}  // namespace postern::rules
