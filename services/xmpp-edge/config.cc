#include "services/xmpp-edge/config.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/host_policy.h"
#include "lib/net/tls.h"
#include "services/xmpp-edge/jid.h"
#include "services/xmpp-edge/words.h"

namespace postern::xmpp_edge {

namespace {

void AddSpoolOptions(process::Program& program, Config& config) {
  program.Add("--im-spool", config.im_spool,
              "A folder in which programs leave instant messages, as files IM-n.SEM (MDaemon's "
              "format)");
  program.Add("--im-spool-domains", config.im_spool_domains,
              "Whose addresses may be senders of those: domains, or '*' for any; "
              "MAILDOMAIN=JABBERDOMAIN also says whose users the mail addresses of a domain are");
  program.AddSwitch("--im-spool-pass-stale-locks", config.im_spool_pass_stale_locks,
                    "Tell a message whose IM-n.LCK is older than ten minutes");
}

void CheckSpool(process::Program& program, Config& config) {
  config.spool.folder = config.im_spool;
  config.spool.pass_stale_locks = config.im_spool_pass_stale_locks;
  const absl::Status read = ReadSpoolDomains(config.im_spool_domains, config.spool);
  if (!read.ok()) program.Reject("--im-spool-domains", std::string(read.message()));
  if (config.im_spool.empty()) {
    if (!config.im_spool_domains.empty()) {
      program.Reject("--im-spool-domains", "means nothing without --im-spool");
    }
    return;
  }
  if (config.im_spool_domains.empty()) {
    program.Reject("--im-spool-domains",
                   "missing; --im-spool needs the domains of its senders, or '*' where only "
                   "programs that you trust write to the folder");
  }
  std::error_code failed;
  if (!std::filesystem::is_directory(config.im_spool, failed)) {
    program.Reject("--im-spool", absl::StrCat(config.im_spool, ": ",
                                              failed ? failed.message() : "is not a folder"));
  } else if (::access(config.im_spool.c_str(), R_OK | W_OK | X_OK) != 0) {
    program.Reject("--im-spool", absl::StrCat(config.im_spool,
                                              ": may not be read and written by "
                                              "this program"));
  }
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add("--xmpp-server", config.xmpp_server,
              "HOST:PORT where the XMPP server takes components (XEP-0114)", /*required=*/true);
  program.Add("--xmpp-domain", config.xmpp_domain,
              "The component's domain, as the XMPP server knows it", /*required=*/true);
  program.Add("--language", config.language,
              "What users are spoken to in while their own language is not known");
  program.Add("--xmpp-secret-file", config.xmpp_secret_file, "File with the component's secret",
              /*required=*/true);
  // What a mail of 25 MiB has room for, in base64.
  constexpr int kMostMegabytes = 18;
  program.Add("--attachment-megabytes", config.attachment_megabytes,
              "How large the uploaded files may be that go along with a mail; 0: their links "
              "stay text",
              0, kMostMegabytes);
  program.Add("--allow-hosts", config.allow_hosts,
              "Hosts, CIDRs or host:port that users may name beside public servers");
  program.Add("--tls-ca-file", config.tls_ca_file,
              "PEM file with CAs to trust for servers of files, beside the system's");
  program.Add("--contact-addresses", config.contact_addresses,
              "Where users and other operators reach you (XEP-0157), such as "
              "abuse-addresses=mailto:abuse@example.org,support-addresses=xmpp:help@example.org");
  program.Add(
      "--managesieve-host", config.managesieve_host,
      "HOST or HOST:PORT at which mail programs reach ManageSieve (RFC 5804), to be told to "
      "users who ask for a password for it; empty: there is none");
  program.Add("--offline-after", config.offline_after,
              "Seconds after which a user without clients counts as offline; 0: at once", 0, 3600);
  AddSpoolOptions(program, config);
}

namespace {

// With the port of RFC 5804 where none is named. False: it is no host.
bool WithSievePort(std::string& host) {
  std::string name;
  uint16_t port = 0;
  const bool bare = host.find(':') == std::string::npos || host.back() == ']';
  if (bare) host.append(":4190");
  return host.find_first_of(" \t/@") == std::string::npos && ParseHostPort(host, name, port);
}

}  // namespace

void CheckConfig(process::Program& program, Config& config) {
  if (!config.xmpp_server.empty() &&
      !ParseHostPort(config.xmpp_server, config.server_host, config.server_port)) {
    program.Reject("--xmpp-server", "must be HOST:PORT, such as 127.0.0.1:5347");
  }
  if (!config.xmpp_domain.empty()) {
    const auto domain = ParseJid(config.xmpp_domain);
    if (!domain.ok() || !domain->local.empty() || !domain->resource.empty()) {
      program.Reject("--xmpp-domain", "must be a domain, such as mail.example.org");
    } else {
      config.xmpp_domain = domain->domain;
    }
  }
  if (!config.managesieve_host.empty() && !WithSievePort(config.managesieve_host)) {
    program.Reject("--managesieve-host", "must be HOST or HOST:PORT, such as sieve.example.org");
  }
  if (auto policy = net::HostPolicy::Parse(config.allow_hosts); !policy.ok()) {
    program.Reject("--allow-hosts", std::string(policy.status().message()));
  }
  if (auto tls = net::TlsContext::Create(config.tls_ca_file); !tls.ok()) {
    program.Reject("--tls-ca-file", std::string(tls.status().message()));
  }
  const std::vector<std::string> languages = Words::Languages();
  if (std::find(languages.begin(), languages.end(), config.language) == languages.end()) {
    program.Reject("--language", absl::StrCat("must be one of ", absl::StrJoin(languages, ", ")));
  }
  CheckSpool(program, config);
  auto contacts = ReadContactAddresses(config.contact_addresses);
  if (contacts.ok()) {
    config.contacts = *std::move(contacts);
  } else {
    program.Reject("--contact-addresses", std::string(contacts.status().message()));
  }
  if (!config.xmpp_secret_file.empty()) {
    config.secret = program.ReadSecretFile("--xmpp-secret-file", config.xmpp_secret_file);
  }
}

bool ParseHostPort(const std::string& text, std::string& host, uint16_t& port) {
  const size_t colon = text.rfind(':');
  uint32_t number = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &number) ||
      number == 0 || number > 65535) {
    return false;
  }
  host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find(':') != std::string::npos)) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

}  // namespace postern::xmpp_edge
