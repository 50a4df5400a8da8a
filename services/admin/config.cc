#include "services/admin/config.h"

#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "services/admin/bare_jid.h"
#include "services/admin/oauth2/provider_file.h"
#include "services/admin/oauth2/url.h"
#include "services/admin/readable_text.h"

namespace postern::admin {
namespace {

constexpr size_t kMaxLabelBytes = 128;
constexpr size_t kMaxSecretBytes = 4096;

void CheckText(process::Program& program, const std::string& flag, const std::string& path,
               WatchedText& text) {
  text = WatchedText(path);
  if (auto s = text.Refresh(); !s.ok()) program.Reject(flag, std::string(s.message()));
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t most) {
  std::ifstream file(path, std::ios::binary);
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && !file.good()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": can't be read"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() <= most) return text;
  return absl::InvalidArgumentError(absl::StrCat(path, ": holds more than ", most, " bytes"));
}

absl::StatusOr<std::string> ReadSecretLine(const std::string& path) {
  auto text = ReadWholeFile(path, kMaxSecretBytes);
  if (!text.ok()) return text;
  absl::StripTrailingAsciiWhitespace(&*text);
  if (text->empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": the file is empty"));
  return text;
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

// How the HTTP pages are reached is told to the provider word for word.
void CheckOAuth2Urls(process::Program& program, Config& config) {
  std::string& url = config.oauth2_public_url;
  while (absl::EndsWith(url, "/")) url.pop_back();
  if (url.empty()) {
    program.Reject("--oauth2-public-url", "missing: where do browsers reach the pages of consent?");
  } else if (!IsHttpsUrl(url) || absl::StrContains(url, '?')) {
    program.Reject("--oauth2-public-url", "must begin with https:// and a host, without a '?'");
  }
  if (config.oauth2_listen.empty()) {
    program.Reject("--oauth2-listen",
                   "missing: ADDRESS:PORT that your web server hands --oauth2-public-url on to");
  }
}

void CheckOAuth2(process::Program& program, Config& config) {
  const std::string& path = config.oauth2_file;
  config.oauth2 = {};
  if (path.empty()) {
    if (!config.oauth2_public_url.empty() || !config.oauth2_listen.empty()) {
      program.Reject("--oauth2-file", "missing: which providers is it for?");
    }
    return;
  }
  CheckOAuth2Urls(program, config);
  auto text = ReadWholeFile(path, kMaxProviderFileBytes);
  if (!text.ok()) return program.Reject("--oauth2-file", std::string(text.status().message()));
  ProviderFile file = ParseProviderFile(*text, &ReadSecretLine);
  crypto::Wipe(*text);
  for (const std::string& problem : file.problems) {
    program.Reject("--oauth2-file", absl::StrCat(path, ":", problem));
  }
  config.oauth2.providers = std::move(file.providers);
  config.oauth2.public_url = config.oauth2_public_url;
  config.oauth2.listen = config.oauth2_listen;
  config.oauth2.tls_ca_file = config.tls_ca_file;
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add(
      "--master-key-file", config.master_key_file,
      "file with the keys that seal mail passwords, \"NAME:BASE64\" lines; the first seals, "
      "all open; 'posternctl key new' prints a line");
  program.Add("--admins", config.admins,
              "Bare JIDs of operators: they may give their commands from chat, too");
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
  program.Add("--oauth2-file", config.oauth2_file,
              "File of the mail providers that want OAuth2 instead of passwords; see README.md");
  program.Add("--oauth2-public-url", config.oauth2_public_url,
              "https:// address at which users' browsers reach the pages of consent");
  program.Add("--oauth2-listen", config.oauth2_listen,
              "Address and port of these pages, in plain HTTP: your web server's TLS is before it");
  program.Add("--tls-ca-file", config.tls_ca_file, "Extra CAs to trust; PEM");
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
  CheckOAuth2(program, config);
}

}  // namespace postern::admin
