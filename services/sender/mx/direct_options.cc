#include "services/sender/mx/direct_options.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/sender/mx/dns_records.h"

namespace postern::sender::mx {
namespace {

// As the machine calls itself; asked once, at the start.
std::string NameOfHost() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "";
  if (IsFullName(name)) return name;
  addrinfo hints = {};
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  if (getaddrinfo(name, nullptr, &hints, &found) != 0) return "";
  const std::string full = found->ai_canonname != nullptr ? found->ai_canonname : "";
  freeaddrinfo(found);
  return full;
}

void FindStray(const SiteRelayOptions& relay, std::vector<OptionProblem>& problems) {
  const auto stray = [&](const char* flag, bool given) {
    if (given) problems.push_back({flag, "means nothing with --relay mx"});
  };
  stray("--relay-security", relay.security != SiteRelayOptions().security);
  stray("--relay-login", !relay.login.empty());
  stray("--relay-password-file", !relay.password_file.empty());
}

}  // namespace

void AddDirectOptions(process::Program& program, DirectOptions& options) {
  program.Add("--helo-name", options.helo_name,
              "This host's name on the Internet, said to the mail servers of recipients "
              "(--relay mx); by default the host's own");
  program.Add("--mx-port", options.mx_port, "Port of the mail servers of recipients", 1, 65535);
  program.Add("--mta-sts-port", options.mta_sts_port,
              "Port of the web servers that have domains' MTA-STS policies", 1, 65535);
  program.Add("--dns-server", options.dns.servers,
              "Addresses of DNS servers to ask (--relay mx), with @PORT if it is not 53; by "
              "default those of /etc/resolv.conf");
  program.Add("--dns-trust-anchor-file", options.dns.trust_anchor_file,
              "File with the keys that DNSSEC hangs on; by default the root's, where the DNS "
              "servers pass DNSSEC on");
  program.Add("--dkim-domain", options.dkim.domain,
              "Domain whose mail is signed (DKIM), for users without a server of their own");
  program.Add("--dkim-selector", options.dkim.selector,
              "Where the public key stands in DNS: SELECTOR._domainkey.DOMAIN");
  program.Add("--dkim-key-file", options.dkim.key_file,
              "PEM file with the private key, RSA (2048 bits or more) or Ed25519");
  program.Add("--dkim-keys", options.dkim.keys_file,
              "File with more of them: lines \"DOMAIN SELECTOR KEYFILE\"");
}

bool IsDirect(const SiteRelayOptions& relay) { return relay.relay == "mx"; }

bool IsFullName(absl::string_view name) {
  const auto read = ReadName(name);
  if (!read || !absl::StrContains(*read, '.') || absl::StrContains(*read, '_')) return false;
  if (absl::StartsWith(*read, "localhost.") || absl::EndsWith(*read, ".localdomain")) return false;
  const std::string last = read->substr(read->rfind('.') + 1);
  return !std::all_of(last.begin(), last.end(), absl::ascii_isdigit);  // an address
}

std::vector<OptionProblem> CheckDirect(const SiteRelayOptions& relay, DirectOptions& options) {
  std::vector<OptionProblem> problems;
  FindStray(relay, problems);
  const bool given = !options.helo_name.empty();
  if (!given) options.helo_name = NameOfHost();
  if (!IsFullName(options.helo_name)) {
    problems.push_back(
        {"--helo-name",
         absl::StrCat(given ? "" : "not given, and this host calls itself ", "'", options.helo_name,
                      "', which is no full name, such as 'mail.example.org'")});
  }
  absl::Status dns = CheckDnsOptions(options.dns);
  if (!dns.ok()) {
    const std::string message(dns.message());
    const size_t colon = std::min(message.find(": "), message.size());
    const bool named = absl::StartsWith(message, "--") && colon < message.size();
    problems.push_back({named ? message.substr(0, colon) : "--dns-server",
                        named ? message.substr(colon + 2) : message});
  }
  return problems;
}

}  // namespace postern::sender::mx
