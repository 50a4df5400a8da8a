#include "services/sender/config.h"

#include <utility>
#include <vector>

#include "lib/net/host_policy.h"
#include "lib/net/tls.h"

namespace postern::sender {

void AddOptions(process::Program& program, Config& config) {
  program.Add(
      "--master-key-file", config.master_key_file,
      "file with the keys that seal mail passwords, \"NAME:BASE64\" lines; the first seals, "
      "all open; 'posternctl key new' prints a line");
  program.Add("--tls-ca-file", config.tls_ca_file,
              "PEM file with CAs to trust for mail servers, beside the system's");
  program.Add("--allow-hosts", config.allow_hosts,
              "Hosts, CIDRs or host:port that users may name beside public mail servers");
  constexpr int kMostMails = 10'000'000, kMostMegabytes = 1'000'000;
  program.Add("--queue-mails-per-account", config.queue.mails_per_account,
              "How many mails of one account may wait to be sent", 1, kMostMails);
  program.Add("--queue-mails", config.queue.mails,
              "How many mails of all accounts may wait; Redis needs some 2 KB for each beside its "
              "content",
              1, kMostMails);
  program.Add("--queue-megabytes", config.queue.megabytes,
              "How large they may be together; Redis holds them in memory", 1, kMostMegabytes);
  program.AddSwitch("--allow-plaintext-auth", config.allow_plaintext_auth,
                    "Let passwords travel unencrypted to servers without TLS");
  program.Add("--relay", config.relay.relay,
              "HOST:PORT of a mail server of your own, for users who have none; it may be on a "
              "private address. Or mx: their mail goes to the recipients' own servers");
  program.Add("--relay-security", config.relay.security, "tls, starttls or none");
  program.Add("--relay-login", config.relay.login, "Login at the relay, if it asks for one");
  program.Add("--relay-password-file", config.relay.password_file,
              "File with the password of that login");
  mx::AddDirectOptions(program, config.direct);
  AddFileOptions(program, config.files);
}

void CheckRelay(process::Program& program, Config& config) {
  std::vector<OptionProblem> problems;
  config.goes_directly = mx::IsDirect(config.relay);
  if (config.goes_directly) {
    problems = mx::CheckDirect(config.relay, config.direct);
  } else {
    config.site_relay = ReadSiteRelay(config.relay, config.allow_plaintext_auth, problems);
  }
  config.dkim = mx::ReadSigner(config.direct.dkim, problems);
  for (const OptionProblem& one : problems) program.Reject(one.flag, one.problem);
  const std::string& file = config.relay.password_file;
  if (config.relay.relay.empty() || config.goes_directly || file.empty()) return;
  std::string password = program.ReadSecretFile("--relay-password-file", file);
  if (config.site_relay) config.site_relay->password = crypto::Secret(password);
  crypto::Wipe(password);
}

void CheckConfig(process::Program& program, Config& config) {
  if (config.master_key_file.empty()) {
    program.Reject("--master-key-file", "missing; 'posternctl key new > FILE' makes one");
  } else if (auto box = crypto::SecretBox::FromFile(config.master_key_file); box.ok()) {
    config.secrets = *std::move(box);
  } else {
    program.Reject("--master-key-file", std::string(box.status().message()));
  }
  if (auto policy = net::HostPolicy::Parse(config.allow_hosts); !policy.ok()) {
    program.Reject("--allow-hosts", std::string(policy.status().message()));
  }
  if (auto tls = net::TlsContext::Create(config.tls_ca_file); !tls.ok()) {
    program.Reject("--tls-ca-file", std::string(tls.status().message()));
  }
  CheckRelay(program, config);
  const RouteRules rules{config.allow_plaintext_auth, config.goes_directly};
  config.operator_files = CheckFiles(program, config.files, rules);
}

}  // namespace postern::sender
