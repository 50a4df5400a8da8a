#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/crypto/secret_box.h"
#include "lib/process/program.h"
#include "services/sender/delivery/site_relay.h"
#include "services/sender/mx/direct_options.h"
#include "services/sender/operator_files.h"

namespace postern::sender {

// How much the queue takes before Submit refuses more.
struct QueueOptions {
  int mails_per_account = 1000, mails = 100'000;
  int megabytes = 8192;  // of all mails together
};

struct Config {
  // Holds the keys that open the stored passwords; the same file as admin's.
  std::string master_key_file;
  // CAs for mail servers beside the system's.
  std::string tls_ca_file;
  // Hosts, CIDRs or host:port that may be connected to beside public mail servers.
  std::vector<std::string> allow_hosts;
  // Let passwords travel over connections without TLS.
  bool allow_plaintext_auth = false;
  // The operator's own server, for accounts that have none.
  SiteRelayOptions relay;
  // How mail goes to the recipients' own servers (--relay mx), and what is signed.
  mx::DirectOptions direct;
  // By which ways mail goes, and to whom.
  FileOptions files;
  QueueOptions queue;

  // What CheckConfig read from the files and options.
  crypto::SecretBox secrets;
  std::optional<SiteRelay> site_relay;
  bool goes_directly = false;                  // in place of a site relay
  std::shared_ptr<const mx::DkimSigner> dkim;  // null: nothing is signed
  OperatorFiles operator_files;
};

void AddOptions(process::Program& program, Config& config);
// Rejects what can't be used, all at once: CheckRelay, and the rest.
void CheckConfig(process::Program& program, Config& config);

// The operator's own relay.
void CheckRelay(process::Program& program, Config& config);

}  // namespace postern::sender
