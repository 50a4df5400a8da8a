#include "services/admin/relay_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "services/admin/field_error.h"
#include "services/admin/host_syntax.h"

namespace postern::admin {
namespace {

// A user who may choose among more is told of these.
constexpr size_t kMostNamed = 5;

absl::Status NoneOfYours(const std::vector<std::string>& yours, absl::string_view field) {
  if (yours.empty()) {
    return WrongField(field, words::Word("you may not send through this mail server"));
  }
  const size_t named = std::min(yours.size(), kMostNamed);
  return WrongField(field,
                    words::Word("must be an address that you may use with this mail server: $0",
                                absl::StrJoin(yours.begin(), yours.begin() + named, ", ")));
}

}  // namespace

absl::StatusOr<RelayDomain> ParseRelayDomain(absl::string_view text) {
  const auto wrong = [text] {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text,
                     "' is none of example.org (users of that XMPP domain send as themselves), "
                     "chat.example.org=example.org (users of the first send as themselves at the "
                     "second) and *@example.org (everybody sends as anybody there)"));
  };
  RelayDomain entry;
  absl::string_view mail_domain = text;
  const bool everybody = absl::ConsumePrefix(&mail_domain, "*@");
  if (const size_t equals = text.find('='); !everybody && equals != text.npos) {
    auto user_domain = NormalizeHost(text.substr(0, equals));
    if (!user_domain.ok()) return wrong();
    entry.user_domain = *std::move(user_domain);
    mail_domain = text.substr(equals + 1);
  }
  auto normal = NormalizeHost(mail_domain);
  if (!normal.ok()) return wrong();
  entry.mail_domain = *std::move(normal);
  if (!everybody && entry.user_domain.empty()) entry.user_domain = entry.mail_domain;
  return entry;
}

absl::Status CheckRelaySender(const RelayRules& rules, absl::string_view owner,
                              const mail::Address& from, absl::string_view field) {
  const size_t at = owner.find('@');
  const absl::string_view user = owner.substr(0, at == owner.npos ? 0 : at);
  const absl::string_view domain = at == owner.npos ? owner : owner.substr(at + 1);
  std::vector<std::string> yours;  // addresses of the owner that would do
  for (const RelayDomain& entry : rules.domains) {
    const bool there = absl::EqualsIgnoreCase(from.domain, entry.mail_domain);
    if (entry.user_domain.empty()) {
      if (there) return absl::OkStatus();
      yours.push_back(absl::StrCat("…@", entry.mail_domain));
    } else if (!user.empty() && absl::EqualsIgnoreCase(domain, entry.user_domain)) {
      if (there && absl::EqualsIgnoreCase(from.local_part, user)) return absl::OkStatus();
      yours.push_back(absl::StrCat(user, "@", entry.mail_domain));
    }
  }
  return NoneOfYours(yours, field);
}

}  // namespace postern::admin
