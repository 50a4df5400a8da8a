#include "services/admin/config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/admin/bare_jid.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxLabelBytes = 128;

void CheckText(process::Program& program, const std::string& flag, const std::string& path,
               WatchedText& text) {
  text = WatchedText(path);
  if (auto s = text.Refresh(); !s.ok()) program.Reject(flag, std::string(s.message()));
}

void CheckRelay(process::Program& program, Config& config) {
  config.relay = RelayRules{config.relay_offered, config.relay_label, {}};
  const std::string& label = config.relay_label;
  if (label.size() > kMaxLabelBytes || !mail::IsUtf8(label) || HasControlCharacter(label)) {
    program.Reject("--relay-label", absl::StrCat("must be one line of at most ", kMaxLabelBytes,
                                                 " bytes, in UTF-8"));
  }
  for (const std::string& text : config.relay_domains) {
    if (auto domain = ParseRelayDomain(text); domain.ok()) {
      config.relay.domains.push_back(*std::move(domain));
    } else {
      program.Reject("--relay-domains", std::string(domain.status().message()));
    }
  }
  // Without it, users of any XMPP server could send in anybody's name.
  if (config.relay_offered && config.relay_domains.empty()) {
    program.Reject("--relay-domains", "missing: who may send through the relay that is offered?");
  }
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add(
      "--master-key-file", config.master_key_file,
      "file with the keys that seal mail passwords, \"NAME:BASE64\" lines; the first seals, "
      "all open; 'posternctl key new' prints a line");
  program.Add("--admins", config.admins, "Bare JIDs of the administrators to begin with");
  program.Add("--welcome-file", config.welcome_file,
              "File with the message that new users get; read again when it changes");
  program.Add("--motd-file", config.motd_file,
              "File with a message of the day, told once to each user; read again when it changes");
  program.AddSwitch("--relay-offered", config.relay_offered,
                    "Let users register accounts that send through the sender's --relay");
  program.Add("--relay-label", config.relay_label, "What the relay is called in forms");
  program.Add("--relay-domains", config.relay_domains,
              "Who may send through the relay: example.org lets users of that XMPP domain send as "
              "themselves, chat.example.org=example.org those of the first at the second, "
              "*@example.org everybody as anybody there");
}

void CheckConfig(process::Program& program, Config& config) {
  if (config.master_key_file.empty()) {
    program.Reject("--master-key-file", "missing; 'posternctl key new > FILE' makes one");
  } else if (auto box = crypto::SecretBox::FromFile(config.master_key_file); box.ok()) {
    config.box = *std::move(box);
  } else {
    program.Reject("--master-key-file", std::string(box.status().message()));
  }
  CheckSite(program, config);
}

void CheckSite(process::Program& program, Config& config) {
  for (std::string& jid : config.admins) {
    if (auto bare = NormalizeBareJid(jid, jid); bare.ok()) {
      jid = *std::move(bare);
    } else {
      program.Reject("--admins", std::string(bare.status().message()));
    }
  }
  CheckText(program, "--welcome-file", config.welcome_file, config.welcome);
  CheckText(program, "--motd-file", config.motd_file, config.motd);
  CheckRelay(program, config);
}

}  // namespace postern::admin
