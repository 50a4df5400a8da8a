// What a fetcher says of options that make no sense.
#include "services/fetcher/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/crypto/secret_box.h"

namespace postern::fetcher {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FetcherConfig : public ::testing::Test {
 protected:
  FetcherConfig() { std::ofstream(key_) << crypto::SecretBox::NewKeyLine("main") << "\n"; }
  ~FetcherConfig() override { fs::remove(key_); }

  std::string ProblemsOf(std::vector<std::string> arguments) {
    process::Needs needs;
    needs.default_listen = needs.default_metrics_listen = "127.0.0.1:1";
    process::Program program("test", "A test.", needs);
    Config config;
    AddOptions(program, config);
    arguments.insert(arguments.begin(),
                     {"test", "--redis", "redis://nowhere", "--master-key-file", key_});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    ::testing::internal::CaptureStderr();
    // The last problem, so that nothing is ever run.
    const auto check = [&] {
      CheckConfig(program, config);
      program.Reject("--stop", "here");
    };
    EXPECT_EQ(program.Run(static_cast<int>(argv.size()), argv.data(), check, {}), 2);
    return ::testing::internal::GetCapturedStderr();
  }

 private:
  const std::string key_ =
      fs::temp_directory_path() / absl::StrCat("postern-fetcher-config-", ::getpid());
};

TEST_F(FetcherConfig, OthersHaveToReachWhatItAdvertises) {
  for (const std::string none : {"fetcher", ":7003", "fetcher:0", "fetcher:65536", "a b:7003"}) {
    SCOPED_TRACE(none);
    EXPECT_THAT(ProblemsOf({"--advertise", none}),
                HasSubstr(absl::StrCat("--advertise: '", none, "' is not HOST:PORT")));
  }
  for (const std::string any : {"0.0.0.0:7003", "[::]:7003", "*:7003"}) {
    SCOPED_TRACE(any);
    EXPECT_THAT(ProblemsOf({"--advertise", any}),
                HasSubstr(absl::StrCat("--advertise: nobody reaches this fetcher at ", any)));
  }
  for (const std::string good : {"fetcher-0.fetcher:7003", "10.0.0.7:7003", "[2001:db8::7]:7003"}) {
    SCOPED_TRACE(good);
    EXPECT_EQ(ProblemsOf({"--advertise", good, "--listen", "0.0.0.0:7003"}),
              "test: --stop: here\nTry 'test --help'.\n");
  }
  EXPECT_THAT(ProblemsOf({"--connects-per-host", "-1"}),
              HasSubstr("--connects-per-host: Value -1 not in range"));
}

}  // namespace
}  // namespace postern::fetcher
