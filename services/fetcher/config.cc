#include "services/fetcher/config.h"

#include "lib/crypto/secret_box.h"
#include "lib/net/host_policy.h"
#include "lib/net/tls.h"

namespace postern::fetcher {

void AddOptions(process::Program& program, Config& config) {
  program.Add("--master-key-file", config.master_key_file,
              "File with the keys that seal passwords at rest (posternctl key new prints a line)");
  program.Add("--tls-ca-file", config.tls_ca_file,
              "PEM file with CAs to trust for mail servers, beside the system's");
  program.Add("--allow-hosts", config.allow_hosts,
              "Hosts, CIDRs or host:port that users may name beside public mail servers");
  program.AddSwitch("--allow-plaintext-auth", config.allow_plaintext_auth,
                    "Let passwords travel over unencrypted connections to mail servers");
}

void CheckConfig(process::Program& program, const Config& config) {
  if (config.master_key_file.empty()) {
    program.Reject("--master-key-file", "missing; 'posternctl key new > FILE' makes one");
  } else if (auto box = crypto::SecretBox::FromFile(config.master_key_file); !box.ok()) {
    program.Reject("--master-key-file", std::string(box.status().message()));
  }
  CheckReach(program, config);
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
