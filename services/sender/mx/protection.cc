#include "services/sender/mx/protection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/words/wording.h"

namespace postern::sender::mx {
namespace {

using Tlsa = std::optional<std::vector<net::TlsaRecord>>;

// RFC 7672 section 3.1.3: usages 0 and 1 ask for CAs that nobody has agreed on. Digests of any
// other length never match; certificates and keys have no fixed one.
bool IsUsable(const net::TlsaRecord& record) {
  if (record.usage != 2 && record.usage != 3) return false;
  if (record.selector > 1 || record.data.empty()) return false;
  if (record.matching == 1) return record.data.size() == 32;
  if (record.matching == 2) return record.data.size() == 64;
  return record.matching == 0;
}

Protection ByTlsa(std::vector<net::TlsaRecord> usable, const Demands& demands) {
  net::TlsChecks checks;
  checks.by = net::TlsChecks::By::kTlsa;
  checks.tlsa = std::move(usable);
  checks.further_names = demands.domains;
  Protection protection;
  protection.tls = true;
  protection.checks = std::make_shared<const net::TlsChecks>(std::move(checks));
  return protection;
}

Protection Unchecked(bool tls) {
  Protection protection;
  protection.tls = tls;
  protection.checks = std::make_shared<const net::TlsChecks>();
  return protection;
}

Protection ByName() {
  Protection protection;
  protection.tls = true;
  return protection;
}

}  // namespace

absl::StatusOr<Protection> ProtectionOf(const std::string& host, const Tlsa& tlsa,
                                        const Demands& demands) {
  const bool dane = tlsa && !tlsa->empty();
  if (dane) {
    std::vector<net::TlsaRecord> usable;
    std::copy_if(tlsa->begin(), tlsa->end(), std::back_inserter(usable), &IsUsable);
    if (!usable.empty()) return ByTlsa(std::move(usable), demands);
  }
  if (demands.policy && demands.policy->mode == StsPolicy::Mode::kEnforce) {
    if (IsHostOf(*demands.policy, host)) return ByName();
    return words::Error(
        absl::StatusCode::kUnavailable,
        words::Word("$0 is not among the mail servers that $1 names in its policy (MTA-STS)", host,
                    absl::StrJoin(demands.domains, ", ")));
  }
  if (demands.require_tls && demands.hosts_secure) return ByName();
  if (demands.require_tls) {
    return words::Error(
        absl::StatusCode::kFailedPrecondition,
        words::Word("this mail is to travel encrypted only, and $0 offers no way to make sure of "
                    "it (neither DNSSEC nor MTA-STS)",
                    absl::StrJoin(demands.domains, ", ")));
  }
  return Unchecked(dane);
}

net::Task<absl::StatusOr<Tlsa>> FindTlsa(Dns& dns, std::string host, uint16_t port,
                                         const DnsAnswer<boost::asio::ip::address>& addresses) {
  if (!addresses.secure) co_return Tlsa();
  std::vector<std::string> names;
  const std::string& canonical = addresses.canonical_name;
  if (!canonical.empty() && canonical != host) names.push_back(canonical);
  names.push_back(std::move(host));
  for (const std::string& name : names) {
    auto answer = co_await dns.Tlsa(absl::StrCat("_", port, "._tcp.", name));
    if (!answer.ok()) co_return answer.status();
    if (answer->secure && !answer->records.empty()) co_return Tlsa(std::move(answer->records));
  }
  co_return Tlsa();
}

}  // namespace postern::sender::mx
