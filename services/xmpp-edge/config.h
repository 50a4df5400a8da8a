#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/process/program.h"
#include "services/xmpp-edge/contact_addresses.h"
#include "services/xmpp-edge/spool/spool_rules.h"

namespace postern::xmpp_edge {

struct Config {
  std::string xmpp_server;  // HOST:PORT of the server's component listener
  std::string xmpp_domain;  // the component's own: "mail.example.org"
  std::string xmpp_secret_file;
  std::string language = "en";  // for users whose own is not known: one with a catalogue
  int offline_after = 45;  // seconds for which a user who lost the last client counts as before
  int attachment_megabytes = 18;               // of all files of a mail; 0: their links are text
  std::vector<std::string> allow_hosts;        // where files may be, beside public servers
  std::string tls_ca_file;                     // of CAs to trust there, beside the system's
  std::string managesieve_host;                // HOST or HOST:PORT that users are told; empty: none
  std::vector<std::string> contact_addresses;  // "abuse-addresses=mailto:abuse@example.org"

  std::string im_spool;  // the folder of spooled instant messages; empty: there is none
  std::vector<std::string> im_spool_domains;  // ReadSpoolDomains
  bool im_spool_pass_stale_locks = false;

  // Read from those above by CheckConfig.
  std::string server_host;
  uint16_t server_port = 0;
  std::string secret;
  ContactAddresses contacts;
  SpoolRules spool;
};

void AddOptions(process::Program& program, Config& config);
// Rejects values that can't work, all of them at once.
void CheckConfig(process::Program& program, Config& config);

// "host:port" or "[v6]:port". False when it is neither.
bool ParseHostPort(const std::string& text, std::string& host, uint16_t& port);

}  // namespace postern::xmpp_edge
