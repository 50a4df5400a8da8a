#include "services/xmpp-edge/consent_link.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/host_pattern.h"
#include "lib/rpc/unary.h"
#include "services/xmpp-edge/account_problem.h"
#include "services/xmpp-edge/texts/consent.h"

namespace postern::xmpp_edge {
namespace {

constexpr std::chrono::seconds kPatience(25);  // admin may have to ask the provider for a code

}  // namespace

bool TakesConsent(const admin::v1::GetSiteResponse& site, absl::string_view host) {
  return std::any_of(
      site.oauth2_providers().begin(), site.oauth2_providers().end(),
      [host](const auto& provider) { return net::MatchesAnyHost(provider.hosts(), host); });
}

std::string ConsentProviders(const admin::v1::GetSiteResponse& site) {
  std::vector<std::string> labels;
  for (const auto& provider : site.oauth2_providers()) labels.push_back(provider.label());
  return absl::StrJoin(labels, ", ");
}

net::Task<absl::StatusOr<admin::v1::BeginConsentResponse>> AskForConsent(FeatureContext context,
                                                                         std::string account_id) {
  admin::v1::BeginConsentRequest request;
  request.set_account_id(std::move(account_id));
  co_return co_await rpc::Call(
      context.admin.async(), &admin::v1::AdminService::StubInterface::async_interface::BeginConsent,
      std::move(request), kPatience);
}

std::string ConsentText(const admin::v1::Account& account,
                        const admin::v1::BeginConsentResponse& consent, const Words& words) {
  std::string text =
      texts::ConsentRequest(words, account.name(), consent.provider(), consent.url());
  const std::string problem = Problem(account.health(), words);
  if (!problem.empty()) text = absl::StrCat(problem, "\n", text);
  if (!consent.user_code().empty()) {
    absl::StrAppend(&text, "\n",
                    texts::ConsentByCode(words, consent.device_url(), consent.user_code()));
  }
  absl::StrAppend(&text, "\n", texts::ConsentNewLink(words));
  return text;
}

}  // namespace postern::xmpp_edge
