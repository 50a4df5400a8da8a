#include "services/runner/config.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/runner/sandbox/landlock.h"

namespace postern::runner {
namespace {

constexpr int kMostAtOnce = 64;

void CheckUser(process::Program& program, Config& config) {
  if (config.programs_user.empty()) {
    if (::geteuid() != 0) return;
    program.Reject("--programs-user",
                   "missing; programs don't run as root, and this process is root's");
    return;
  }
  const auto user = FindUser(config.programs_user);
  if (!user.ok()) {
    program.Reject("--programs-user", std::string(user.status().message()));
  } else if (user->uid == 0) {
    program.Reject("--programs-user", "programs don't run as root");
  } else if (::geteuid() == 0) {
    config.user = *user;
  } else if (user->uid != ::geteuid()) {
    program.Reject("--programs-user", "only root can run programs as somebody else");
  }
}

}  // namespace

void AddOptions(process::Program& program, Config& config) {
  program.Add("--programs-file", config.programs_file,
              "The list of programs that rules may have run on mails, a line for each: ID PATH "
              "SHA256 SECONDS [network] [cpu=SECONDS] [memory=MEGABYTES] [read=PATH]; looked at "
              "every second");
  program.Add("--programs-user", config.programs_user,
              "Whom they run as; needed when this process is root's, who alone may name another");
  program.Add("--programs-dir", config.programs_dir,
              "A folder of ours alone, where each run gets one of its own; one in /tmp when left "
              "out");
  program.Add("--programs-at-once", config.programs_at_once, "How many run at the same time", 1,
              kMostAtOnce);
}

void CheckConfig(process::Program& program, Config& config, Company company) {
  if (config.programs_file.empty()) {
    if (company == Company::kAlone)
      program.Reject("--programs-file", "missing (also read from POSTERN_PROGRAMS_FILE)");
    return;
  }
  config.file = ProgramFile(config.programs_file);
  if (const auto read = config.file.Refresh(); !read.ok()) {
    for (const absl::string_view line : absl::StrSplit(read.status().message(), '\n'))
      program.Reject("--programs-file", std::string(line));
  }
  CheckUser(program, config);
  if (config.programs_dir.empty())
    config.programs_dir = absl::StrCat("/tmp/postern-runner-", ::geteuid());
  if (config.programs_dir.front() != '/')
    program.Reject("--programs-dir", "has to be a whole path, from / on");
  if (company == Company::kWithSecrets && LandlockVersion() == 0) {
    program.Reject("--programs-file",
                   "this kernel has no Landlock, so programs could read what Postern stores; run "
                   "postern-runner as another user, and name it by --runner-addr");
  }
}

}  // namespace postern::runner
