#include "services/rules/config.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/listen.h"
#include "lib/net/server_tls.h"

namespace postern::rules {

namespace {

void AddPortOptions(process::Program& program, PortOptions& port) {
  program.Add("--managesieve-listen", port.listen,
              "ADDRESS:PORT on which users' mail programs edit Sieve scripts (RFC 5804), with "
              "STARTTLS; the port is 4190 by custom");
  program.Add("--managesieve-tls-listen", port.tls_listen,
              "ADDRESS:PORT for the same with TLS from the first byte");
  program.Add("--managesieve-tls-cert-file", port.certificate_file,
              "The certificate of these ports, with what leads to its CA (PEM); read again when "
              "it changes");
  program.Add("--managesieve-tls-key-file", port.key_file, "Its key, without a passphrase (PEM)");
  program.AddSwitch("--managesieve-allow-plaintext-auth", port.allow_plaintext,
                    "Users may log in on --managesieve-listen without TLS, where others can read "
                    "their passwords and scripts");
  program.Add("--managesieve-webmail", port.webmail,
              "Addresses or networks of webmail servers, from which many users come: what is "
              "limited for an address is not for these");
}

void CheckListen(process::Program& program, const std::string& flag, const std::string& address) {
  if (address.empty()) return;
  const auto endpoint = net::ReadEndpoint(address);
  if (!endpoint.ok()) program.Reject(flag, std::string(endpoint.status().message()));
}

void CheckPort(process::Program& program, const PortOptions& port) {
  CheckListen(program, "--managesieve-listen", port.listen);
  CheckListen(program, "--managesieve-tls-listen", port.tls_listen);
  const bool certificate = !port.certificate_file.empty(), key = !port.key_file.empty();
  if (certificate != key) {
    program.Reject(certificate ? "--managesieve-tls-key-file" : "--managesieve-tls-cert-file",
                   "a certificate and its key are given together");
  } else if (certificate) {
    const auto tls = net::ServerTls::FromFiles(port.certificate_file, port.key_file);
    if (!tls.ok())
      program.Reject("--managesieve-tls-cert-file", std::string(tls.status().message()));
  } else if (!port.tls_listen.empty()) {
    program.Reject("--managesieve-tls-listen", "needs --managesieve-tls-cert-file");
  } else if (!port.listen.empty() && !port.allow_plaintext) {
    program.Reject("--managesieve-listen",
                   "needs --managesieve-tls-cert-file and --managesieve-tls-key-file, or "
                   "--managesieve-allow-plaintext-auth where nobody else can listen");
  }
  const auto webmail = ReadWebmail(port.webmail);
  if (!webmail.ok())
    program.Reject("--managesieve-webmail", std::string(webmail.status().message()));
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add("--runner-addr", config.runner_addr,
              "gRPC address of postern-runner, which runs operators' programs on mails; without it "
              "rules run none");
  program.Add("--jsmail-dir", config.jsmail_dir,
              "A folder with files of JSMail (reject, allow-deny, responders, subject, NAME.fgr), "
              "which are rules of the site; looked at every second");
  program.Add("--jsmail-domain", config.jsmail_domain,
              "The domain of users that files of JSMail name without one");
  program.Add("--jsmail-key-file", config.jsmail_key_file,
              "The key file that opens sealed files in --jsmail-dir ('posternctl seal')");
  AddPortOptions(program, config.managesieve);
  // Options of every process: this only has them told here, too.
  program.Add("--grpc-tls-ca-file", config.tls.ca, "");
  program.Add("--grpc-tls-cert-file", config.tls.cert, "");
  program.Add("--grpc-tls-key-file", config.tls.key, "");
}

void CheckConfig(process::Program& program, const Config& config) {
  CheckPort(program, config.managesieve);
  const std::string& folder = config.jsmail_dir;
  std::error_code failed;
  if (!folder.empty() && !std::filesystem::is_directory(folder, failed)) {
    program.Reject("--jsmail-dir",
                   absl::StrCat(folder, ": ", failed ? failed.message() : "is not a folder"));
  }
  if (config.jsmail_key_file.empty()) return;
  const auto keys = crypto::SecretBox::FromFile(config.jsmail_key_file);
  if (!keys.ok()) program.Reject("--jsmail-key-file", std::string(keys.status().message()));
}

}  // namespace postern::rules
