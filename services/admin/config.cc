#include "services/admin/config.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/admin/bare_jid.h"

namespace postern::admin {

void AddOptions(process::Program& program, Config& config) {
  program.Add(
      "--master-key-file", config.master_key_file,
      "file with the keys that seal mail passwords, \"NAME:BASE64\" lines; the first seals, "
      "all open; 'posternctl key new' prints a line");
  program.Add("--admins", config.admins, "Bare JIDs of the administrators to begin with");
}

void CheckConfig(process::Program& program, Config& config) {
  if (config.master_key_file.empty()) {
    program.Reject("--master-key-file", "missing; 'posternctl key new > FILE' makes one");
  } else if (auto box = crypto::SecretBox::FromFile(config.master_key_file); box.ok()) {
    config.box = *std::move(box);
  } else {
    program.Reject("--master-key-file", std::string(box.status().message()));
  }
  for (std::string& jid : config.admins) {
    if (auto bare = NormalizeBareJid(jid, jid); bare.ok()) {
      jid = *std::move(bare);
    } else {
      program.Reject("--admins", std::string(bare.status().message()));
    }
  }
}

}  // namespace postern::admin
