#include "services/fetcher/config.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/host_policy.h"
#include "lib/net/tls.h"

namespace postern::fetcher {

namespace {

// It is kept in Redis between blanks, and other fetchers connect to it.
bool IsHostAndPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  return colon != absl::string_view::npos && colon > 0 && address.size() <= 255 &&
         absl::c_none_of(address, absl::ascii_isspace) &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port <= 65535;
}

// Of a listener: to connect to it is to connect to oneself.
bool IsAnyAddress(absl::string_view address) {
  const absl::string_view host = address.substr(0, address.rfind(':'));
  return host == "0.0.0.0" || host == "[::]" || host == "::" || host == "*";
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add("--master-key-file", config.master_key_file,
              "File with the keys that seal passwords at rest (posternctl key new prints a line)");
  program.Add("--tls-ca-file", config.tls_ca_file,
              "PEM file with CAs to trust for mail servers, beside the system's");
  program.Add("--allow-hosts", config.allow_hosts,
              "Hosts, CIDRs or host:port that users may name beside public mail servers");
  program.AddSwitch("--allow-plaintext-auth", config.allow_plaintext_auth,
                    "Let passwords travel over unencrypted connections to mail servers");
  program.Add("--connects-per-second", config.connects_per_second,
              "Connections to mail servers that are begun in a second, at most; 0: as fast as it "
              "goes",
              0, 100'000);
  program.Add("--connects-per-host", config.connects_per_host,
              "The same for each host; its accounts take turns", 0, 100'000);
  program.Add("--advertise", config.advertise,
              "HOST:PORT at which other fetchers reach this one; --listen when left out");
  // Options of every process; Program tells what they mean.
  program.Add("--listen", config.listen, "");
  program.Add("--grpc-tls-ca-file", config.tls.ca, "");
  program.Add("--grpc-tls-cert-file", config.tls.cert, "");
  program.Add("--grpc-tls-key-file", config.tls.key, "");
}

void CheckConfig(process::Program& program, const Config& config) {
  if (config.master_key_file.empty()) {
    program.Reject("--master-key-file", "missing; 'posternctl key new > FILE' makes one");
  } else if (auto box = crypto::SecretBox::FromFile(config.master_key_file); !box.ok()) {
    program.Reject("--master-key-file", std::string(box.status().message()));
  }
  CheckReach(program, config);
  if (config.advertise.empty()) return;
  if (!IsHostAndPort(config.advertise)) {
    program.Reject("--advertise", absl::StrCat("'", config.advertise, "' is not HOST:PORT"));
  } else if (IsAnyAddress(config.advertise)) {
    program.Reject("--advertise", absl::StrCat("nobody reaches this fetcher at ", config.advertise,
                                               "; name a host"));
  }
}

void CheckReach(process::Program& program, const Config& config) {
  if (auto tls = net::TlsContext::Create(config.tls_ca_file); !tls.ok()) {
    program.Reject("--tls-ca-file", std::string(tls.status().message()));
  }
  if (auto policy = net::HostPolicy::Parse(config.allow_hosts); !policy.ok()) {
    program.Reject("--allow-hosts", std::string(policy.status().message()));
  }
}

}  // namespace postern::fetcher
