#pragma once

#include <string>
#include <vector>

#include "lib/crypto/secret_box.h"
#include "lib/process/program.h"
#include "services/admin/oauth2/oauth2.h"
#include "services/admin/relay_rules.h"
#include "services/admin/watched_text.h"

namespace postern::admin {

struct Config {
  // Holds the keys that seal passwords at rest; the same file as the fetcher's and the sender's.
  std::string master_key_file;
  // Bare JIDs of users who are operators, whatever roles.h has of them.
  std::vector<std::string> admins;
  // Files with the welcome message and the message of the day; empty: the edge's own
  // welcome, and no message. A change takes effect without a restart.
  std::string welcome_file, motd_file;
  // GLOBAL_SMTP accounts may be registered: the sender has a relay for them.
  bool relay_offered = false;
  std::string relay_label;                 // how the relay is called in forms
  std::vector<std::string> relay_domains;  // who may send from where; see relay_rules.h

  // Providers that want OAuth2 instead of passwords (oauth2/provider_file.h), where users reach
  // the pages of consent, and where those are served. All three, or none.
  std::string oauth2_file, oauth2_public_url, oauth2_listen;
  std::string tls_ca_file;  // extra CAs for the providers' endpoints; empty for none

  // What CheckConfig read.
  crypto::SecretBox box;
  WatchedText welcome, motd;
  RelayRules relay;
  OAuth2Settings oauth2;
};

void AddOptions(process::Program& program, Config& config);
// Rejects what can't be used, all at once: CheckSite, and the key file.
void CheckConfig(process::Program& program, Config& config);

// The administrators, the texts of the site, and who may send through the relay.
void CheckSite(process::Program& program, Config& config);

}  // namespace postern::admin
