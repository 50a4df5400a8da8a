#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/posternctl/fake_admin.h"
#include "tests/unit/posternctl/run_posternctl.h"

namespace postern::posternctl {

// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    char path[] = "/tmp/posternctl-test-XXXXXX";
    ::close(::mkstemp(path));
    path_ = path;
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::string name() const { return path_.substr(path_.rfind('/') + 1); }

 private:
  std::string path_;
};

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/posternctl-test-XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Put(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  std::string Get(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(Path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  std::string Path(const std::string& name) const { return absl::StrCat(path_, "/", name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The command against an admin that has one account in error.
class PosternctlTest : public ::testing::Test {
 protected:
  PosternctlTest() {
    auto& account = *admin_.accounts.add_accounts();
    account.set_id("a1b2");
    account.set_owner("ann@example.org");
    account.set_name("work");
    account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
    account.set_enabled(true);
    account.set_host("imap.example.org");
    account.set_port(993);
    account.set_security(admin::v1::SECURITY_TLS);
    account.set_sealed_password("top secret");
    account.mutable_health()->set_state(admin::v1::HEALTH_STATE_ERROR);
    account.mutable_health()->set_error("login refused\x1b[2J");
    account.mutable_health()->set_changed_unix(1'763'800'000);
    account.mutable_health()->set_last_error_unix(1'763'800'000);
  }

  Finished Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--addr", admin_.address()});
    return RunPosternctl(std::move(arguments));
  }
  std::string Done(std::vector<std::string> arguments) {
    const Finished finished = Run(std::move(arguments));
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    return finished.out;
  }

  FakeAdmin admin_;
};

}  // namespace postern::posternctl
