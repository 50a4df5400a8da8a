#include "services/sender/mx/mail_hosts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/mail/domain_name.h"
#include "lib/process/log.h"
#include "lib/words/wording.h"
#include "services/sender/mx/dns_records.h"

namespace postern::sender::mx {
namespace {

namespace ip = boost::asio::ip;

absl::Status Never(const words::Wording& wording) {
  return words::Error(absl::StatusCode::kFailedPrecondition, wording);
}

absl::Status NotNow(const std::string& domain, const absl::Status& why) {
  log::Info("the mail servers of a domain can't be looked up",
            {{"domain", domain}, {"error", why.message()}});
  if (absl::IsDataLoss(why)) {
    return words::Error(absl::StatusCode::kUnavailable,
                        words::Word("what DNS says of $0 is forged or out of order (DNSSEC); its "
                                    "operator has to see to it",
                                    domain));
  }
  return words::Error(
      absl::StatusCode::kUnavailable,
      words::Word("the mail servers of $0 can't be looked up in DNS just now", domain));
}

// RFC 5321 section 5.1: without an MX record the domain itself is the host.
net::Task<absl::StatusOr<MailHosts>> DomainItself(Dns& dns, std::string domain, bool secure) {
  auto addresses = co_await dns.Addresses(domain);
  if (!addresses.ok()) co_return NotNow(domain, addresses.status());
  if (addresses->records.empty() && !addresses->exists) {
    co_return Never(words::Word("there is no domain $0; check the address", domain));
  }
  if (addresses->records.empty()) {
    co_return Never(words::Word("$0 has no mail server; check the address", domain));
  }
  MailHosts found;
  found.secure = secure && addresses->secure;
  found.hosts.push_back(std::move(domain));
  co_return found;
}

}  // namespace

std::vector<std::string> InOrder(std::vector<MxRecord> records, const Pick& pick) {
  records.erase(std::remove_if(records.begin(), records.end(),
                               [](const MxRecord& record) { return record.host.empty(); }),
                records.end());
  for (size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[pick(i)]);
  std::stable_sort(records.begin(), records.end(), [](const MxRecord& a, const MxRecord& b) {
    return a.preference < b.preference;
  });
  std::vector<std::string> hosts;
  for (MxRecord& record : records) {
    if (std::find(hosts.begin(), hosts.end(), record.host) == hosts.end()) {
      hosts.push_back(std::move(record.host));
    }
  }
  return hosts;
}

std::string AddressOfLiteral(absl::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return "";
  absl::string_view text = domain.substr(1, domain.size() - 2);
  const bool tagged = absl::StartsWithIgnoreCase(text, "IPv6:");
  if (tagged) text.remove_prefix(5);
  boost::system::error_code bad;
  const ip::address address = ip::make_address(std::string(text), bad);
  if (bad || address.is_v6() != tagged) return "";
  return address.to_string();
}

std::string DomainOf(absl::string_view address) {
  const size_t at = address.rfind('@');
  if (at == absl::string_view::npos) return "";
  return absl::AsciiStrToLower(address.substr(at + 1));
}

net::Task<absl::StatusOr<MailHosts>> FindMailHosts(Dns& dns, std::string domain, const Pick& pick) {
  MailHosts found;
  const std::string address = AddressOfLiteral(domain);
  if (!address.empty()) {
    found.literal = true;
    found.hosts.push_back(address);
    co_return found;
  }
  const auto ascii = mail::AsciiDomain(domain);  // of letters beyond ASCII: RFC 5890
  const auto name = ascii.ok() ? ReadName(*ascii) : std::nullopt;
  if (!name) co_return Never(words::Word("$0 is no domain; check the address", domain));
  auto records = co_await dns.Mx(*name);
  if (!records.ok()) co_return NotNow(domain, records.status());
  if (records->records.empty() && !records->exists) {
    co_return Never(words::Word("there is no domain $0; check the address", domain));
  }
  if (records->records.empty()) co_return co_await DomainItself(dns, *name, records->secure);
  found.secure = records->secure;
  found.hosts = InOrder(std::move(records->records), pick);
  if (found.hosts.empty()) co_return Never(words::Word("$0 takes no mail (5.1.10)", domain));
  co_return found;
}

}  // namespace postern::sender::mx
