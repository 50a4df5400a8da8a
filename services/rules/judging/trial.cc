#include "services/rules/judging/trial.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace postern::rules {
namespace {

constexpr char kName[] = "script";

v1::RuleLanguage PlaceOf(const v1::EvaluateRequest& request) {
  return request.try_personal() ? v1::RULE_LANGUAGE_PERSONAL : v1::RULE_LANGUAGE_SIEVE;
}

}  // namespace

bool IsOnTrial(const v1::EvaluateRequest& request) {
  return request.try_personal() || !request.try_script().empty();
}

v1::RuleProgram TriedProgram(const v1::EvaluateRequest& request) {
  v1::RuleProgram tried;
  tried.set_scope(absl::AsciiStrToLower(request.user()));
  tried.set_language(v1::RULE_LANGUAGE_SIEVE);
  tried.set_file_name(kName);
  tried.set_source(request.try_script());
  return tried;
}

void PutInPlace(PreparedProgramPtr tried, const v1::EvaluateRequest& request, Stages& stages) {
  const std::string user = absl::AsciiStrToLower(request.user());
  const v1::RuleLanguage place = PlaceOf(request);
  auto& all = stages.programs;
  std::erase_if(
      all, [&](const ProgramInForce& one) { return one.scope == user && one.language == place; });
  if (tried == nullptr) return;
  // Before the user's own that come later, and before the site's last.
  const auto is_later = [&](const ProgramInForce& one) {
    const bool responders = one.language == v1::RULE_LANGUAGE_JSMAIL_RESPONDERS;
    if (one.scope == kSiteAfterScope || (one.scope == kSiteScope && responders)) return true;
    const bool script =
        one.language == v1::RULE_LANGUAGE_SIEVE && place == v1::RULE_LANGUAGE_PERSONAL;
    return one.scope == user && (responders || script);
  };
  ProgramInForce one{std::move(tried), user, kName, v1::RULE_LANGUAGE_SIEVE, false};
  all.insert(std::find_if(all.begin(), all.end(), is_later), std::move(one));
}

}  // namespace postern::rules
