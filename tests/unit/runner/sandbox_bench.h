#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/runner/sandbox/child.h"
#include "services/runner/sandbox/landlock.h"
#include "services/runner/sandbox/system_calls.h"
#include "services/runner/user.h"
#include "services/runner/work_folder.h"

namespace postern::runner {

// Runs scripts as programs are run, with all that confines them or with a part of it left out: a
// test that shows that something is refused shows as well that it would be done otherwise.
class SandboxBench : public ::testing::Test {
 protected:
  struct How {
    bool landlock = true;
    bool filter = true;
    bool network = false;
    bool as_root = false;  // of tests that root runs
    Limits limits = {};
    std::vector<std::string> readable = {};
  };
  struct Ran {
    int exit_code = -1;
    std::string output;
    bool is_gone = false;  // nothing of it is left
  };

  SandboxBench()
      : folder_(std::filesystem::temp_directory_path() /
                absl::StrCat("postern-sandbox-", ::getpid())) {
    std::filesystem::create_directories(folder_ / "open");
    ::chmod(folder_.c_str(), 0755);
    ::chmod((folder_ / "open").c_str(), 0777);
    auto place = WorkPlace::Open((folder_ / "runs").string());
    EXPECT_TRUE(place.ok()) << place.status();
    place_ = *std::move(place);
    if (::geteuid() == 0) user_ = *FindUser("nobody");
  }
  ~SandboxBench() override { std::filesystem::remove_all(folder_); }

  // A folder where everybody may write, and nobody of the sandbox.
  std::string Outside(const std::string& name) const { return (folder_ / "open" / name).string(); }

  std::string Script(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0755);
    return path;
  }

  absl::StatusOr<Child> Start(const std::string& path, const WorkFolder& work, const How& how,
                              int output) {
    const OpenFile program(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    FileGrants grants;
    grants.readable = how.readable;
    grants.program = program.fd();
    grants.folder = work.fd();
    grants.network = how.network;
    auto ruleset = MakeRuleset(grants);
    if (!ruleset.ok()) return ruleset.status();
    auto filter = MakeCallFilter(how.network);
    if (!filter.ok()) return filter.status();
    Launch launch;
    launch.executable = program.fd();
    launch.words = {path, work.message_path()};
    launch.environment = {"PATH=/usr/bin:/bin", "NAME=value"};
    launch.folder = work.fd();
    launch.output = launch.errors = output;
    if (!how.as_root) launch.user = user_;
    launch.limits = how.limits;
    if (how.landlock) launch.ruleset = ruleset->fd();
    if (how.filter) launch.filter = *filter;
    return Child::Start(std::move(launch));
  }

  // `text` begins with #!. What it writes, 64 KiB at the most, and how it ends.
  Ran Run(const std::string& text, const How& how) {
    const std::string path = Script("script", text);
    auto work = WorkFolder::Make(place_, how.as_root ? std::nullopt : user_, "Subject: x\r\n\r\n");
    EXPECT_TRUE(work.ok()) << work.status();
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const OpenFile reading(ends[0]);
    OpenFile writing(ends[1]);
    auto child = Start(path, *work, how, writing.fd());
    EXPECT_TRUE(child.ok()) << child.status();
    writing.Close();
    Ran ran;
    if (!child.ok()) return ran;
    Until([&] { return child->HasEnded(); });
    ran.exit_code = child->Conclude().exit_code;
    ran.is_gone = Until([&] { return child->IsGone(); });
    char bytes[65536];
    ::fcntl(reading.fd(), F_SETFL, O_NONBLOCK);
    const ssize_t n = ::read(reading.fd(), bytes, sizeof bytes);
    if (n > 0) ran.output.assign(bytes, static_cast<size_t>(n));
    return ran;
  }
  Ran Run(const std::string& text) { return Run(text, How{}); }

  template <class Condition>
  static bool Until(Condition condition) {
    for (int i = 0; i < 4000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  static How Without(const std::string& what) {
    How how;
    if (what == "landlock") how.landlock = false;
    if (what == "filter") how.filter = false;
    return how;
  }

  const std::filesystem::path folder_;
  WorkPlace place_;
  std::optional<User> user_;
};

}  // namespace postern::runner
