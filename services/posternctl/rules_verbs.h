#pragma once

#include <string>
#include <vector>

#include "postern/rules/v1/rules.pb.h"
#include "services/posternctl/nouns.h"

namespace postern::posternctl {

// The verbs of `rules` that fill a file.
void AddRulesCheck(Nouns& nouns, CLI::App& rules);
void AddRulesImport(Nouns& nouns, CLI::App& rules);
void AddRulesPassword(Nouns& nouns, CLI::App& rules);
void AddRuleScripts(Nouns& nouns, CLI::App& rules);
void AddRuleGroups(Nouns& nouns, CLI::App& rules);
void AddRulePrograms(Nouns& nouns, CLI::App& rules);

inline constexpr char kSite[] = "site";
void AddScopeOption(CLI::App& verb, std::string& scope);

std::string CountRules(uint32_t rules);  // "1 rule"
// "file:line:column: warning: text", a line each.
void PrintWarnings(Session& session, const std::vector<std::string>& warnings);
// Warnings, then the sentence; or all of it as JSON.
absl::Status PrintImported(Session& session, const rules::v1::ImportRulesResponse& imported,
                           const std::string& sentence);

}  // namespace postern::posternctl
