#include "services/rules/config.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"

namespace postern::rules {

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
  // Options of every process: this only has them told here, too.
  program.Add("--grpc-tls-ca-file", config.tls.ca, "");
  program.Add("--grpc-tls-cert-file", config.tls.cert, "");
  program.Add("--grpc-tls-key-file", config.tls.key, "");
}

void CheckConfig(process::Program& program, const Config& config) {
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
