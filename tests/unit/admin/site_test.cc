#include "services/admin/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "services/admin/config.h"

namespace postern::admin {
namespace {

namespace fs = std::filesystem;

class SiteTest : public ::testing::Test {
 protected:
  SiteTest() {
    char name[] = "/tmp/postern-site-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~SiteTest() override { fs::remove_all(folder_); }

  // A new file each time, as editors and ConfigMaps do it.
  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name, fresh = folder_ / (name + ".new");
    std::ofstream(fresh, std::ios::binary) << text;
    fs::rename(fresh, path);
    return path;
  }

  fs::path folder_;
};

TEST_F(SiteTest, AChangedFileIsReadAgain) {
  const std::string motd = Write("motd", "\xEF\xBB\xBFHello\r\nall\x07\n\n");
  Site site{WatchedText(), WatchedText(motd), RelayRules{true, "Our relay", {}}};
  EXPECT_EQ(site.Describe().motd(), "Hello\nall");
  EXPECT_EQ(site.Describe().welcome(), "");
  EXPECT_TRUE(site.Describe().relay_offered());
  EXPECT_EQ(site.Describe().relay_label(), "Our relay");
  Write("motd", "News");
  EXPECT_EQ(site.Describe().motd(), "News");
  std::ofstream(motd, std::ios::app) << " of today";  // the same file
  EXPECT_EQ(site.Describe().motd(), "News of today");
  Write("motd", "");
  EXPECT_EQ(site.Describe().motd(), "");
}

TEST_F(SiteTest, AConfigMapIsSwappedBehindItsLinks) {
  fs::create_directory(folder_ / "v1");
  fs::create_directory(folder_ / "v2");
  std::ofstream(folder_ / "v1/motd") << "one";
  std::ofstream(folder_ / "v2/motd") << "two";
  // As kubelet does it, also with the times that the files had in the volume.
  fs::last_write_time(folder_ / "v2/motd", fs::last_write_time(folder_ / "v1/motd"));
  fs::create_symlink("v1", folder_ / "..data");
  fs::create_symlink("..data/motd", folder_ / "motd");
  WatchedText text(folder_ / "motd");
  ASSERT_TRUE(text.Refresh().ok());
  EXPECT_EQ(text.text(), "one");
  fs::create_symlink("v2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  ASSERT_TRUE(text.Refresh().ok());
  EXPECT_EQ(text.text(), "two");
}

TEST_F(SiteTest, WhatCannotBeUsedIsToldOnceAndChangesNothing) {
  const struct {
    const char* name;
    std::string text;
    const char* why;
  } cases[] = {{"not UTF-8", "caf\xE9", "is not UTF-8"},
               {"too long", std::string(WatchedText::kMaxBytes + 1, 'a'), "more than 8192 bytes"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    WatchedText text(Write("motd", "good"));
    ASSERT_TRUE(text.Refresh().ok());
    Write("motd", c.text);
    EXPECT_THAT(std::string(text.Refresh().message()), ::testing::HasSubstr(c.why));
    EXPECT_TRUE(text.Refresh().ok());
    EXPECT_EQ(text.text(), "good");
    fs::remove(folder_ / "motd");
    EXPECT_THAT(std::string(text.Refresh().message()), ::testing::HasSubstr("No such file"));
    EXPECT_TRUE(text.Refresh().ok());
    EXPECT_EQ(text.text(), "good");
    Write("motd", std::string(WatchedText::kMaxBytes, 'a'));
    EXPECT_TRUE(text.Refresh().ok());
    EXPECT_EQ(text.text().size(), WatchedText::kMaxBytes);
  }
  ::mkfifo((folder_ / "pipe").c_str(), 0600);
  for (const fs::path& path : {folder_, folder_ / "pipe", fs::path("/dev/zero")}) {
    SCOPED_TRACE(path);
    EXPECT_THAT(std::string(WatchedText(path).Refresh().message()),
                ::testing::HasSubstr("is not a file"));
  }
}

class ConfigTest : public SiteTest {
 protected:
  // What the program says of options, before it would run.
  std::string ProblemsOf(std::vector<std::string> arguments) {
    process::Needs needs;
    needs.default_listen = needs.default_metrics_listen = "127.0.0.1:1";
    process::Program program("test", "A test.", needs);
    Config config;
    AddOptions(program, config);
    const std::string key = Write("key", absl::StrCat(crypto::SecretBox::NewKeyLine("main"), "\n"));
    arguments.insert(arguments.begin(),
                     {"test", "--redis", "redis://nowhere", "--master-key-file", key});
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
};

TEST_F(ConfigTest, TellsAllProblemsOfTheSiteAtOnce) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  const std::string all =
      ProblemsOf({"--welcome-file", folder_ / "none", "--motd-file", Write("motd", "\xff"),
                  "--relay-offered", "--relay-label", "two\nlines"});
  EXPECT_THAT(all, AllOf(HasSubstr("--welcome-file: "), HasSubstr("No such file"),
                         HasSubstr("--motd-file: "), HasSubstr("is not UTF-8"),
                         HasSubstr("--relay-label: "), HasSubstr("--relay-domains: missing")));
  EXPECT_THAT(
      ProblemsOf({"--relay-offered", "--relay-domains", "a.example,*"}),
      AllOf(HasSubstr("--relay-domains: '*' is none of"), ::testing::Not(HasSubstr("missing"))));
  EXPECT_EQ(ProblemsOf({"--relay-offered", "--relay-domains", "a.example,*@b.example",
                        "--welcome-file", Write("welcome", "Hi")}),
            "test: --stop: here\nTry 'test --help'.\n");
}

}  // namespace
}  // namespace postern::admin
