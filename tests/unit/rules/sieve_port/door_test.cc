#include "services/rules/sieve_port/door.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "services/rules/sieve_port/certificate.h"
#include "services/rules/sieve_port/port_options.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::rules {
namespace {

using testing::Await;

std::string MakeFolder() {
  char folder[] = "/tmp/postern-door-XXXXXX";
  return ::mkdtemp(folder);
}

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() { EXPECT_TRUE(Await(io_, stored_.Refresh()).ok()); }
  ~DoorTest() override { std::filesystem::remove_all(folder_); }

  void Import(const std::string& source) {
    v1::RuleProgram program;
    program.set_scope(kSiteScope);
    program.set_language(v1::RULE_LANGUAGE_JSMAIL_ALLOW_DENY);
    program.set_source(source);
    ProgramChange change;
    change.Put(program);
    EXPECT_TRUE(Await(io_, stored_.Apply(std::move(change))).ok());
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    Await(io_, files_.Look());
  }
  bool Opens(const std::string& address) { return door_.Judge(address).allowed; }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      *store::RedisClient::Create(io_.get_executor(), redis_.url());
  Compiler compiler_;
  StoredPrograms stored_{*client_};
  const std::string folder_ = MakeFolder();
  JsmailFolder files_{JsmailFolderOptions{folder_, "", ""}, compiler_};
  Door door_{files_, stored_};
};

TEST_F(DoorTest, IsOpenToAllUnlessAFileSaysMore) { EXPECT_TRUE(Opens("192.0.2.7")); }

TEST_F(DoorTest, IsClosedUntilTheFilesWereLookedFor) {
  const StoredPrograms unread(*client_);
  Door door(files_, unread);
  EXPECT_FALSE(door.Judge("192.0.2.7").allowed);
}

TEST_F(DoorTest, FollowsTheImportedFileAndThatOfTheFolderBeforeIt) {
  Import("deny remote 192.0.2.*\n");
  EXPECT_FALSE(Opens("192.0.2.7"));
  EXPECT_TRUE(Opens("198.51.100.7"));
  Import("deny smtp 192.0.2.*\n");  // another service's
  EXPECT_TRUE(Opens("192.0.2.7"));
  Write("allow-deny", "allow all 10.0.0.0/8\nallow remote 2001:db8::/32\n");
  EXPECT_TRUE(Opens("10.1.2.3"));
  EXPECT_TRUE(Opens("2001:db8::1"));
  EXPECT_FALSE(Opens("192.0.2.7"));
  std::filesystem::remove(folder_ + "/allow-deny");
  Await(io_, files_.Look());
  EXPECT_TRUE(Opens("192.0.2.7"));
}

TEST_F(DoorTest, IsNotClosedByLinesForOtherServices) {
  const char kOthers[] = "allow smtp 158.152.*.*\nallow pop3 10.0.0.1\ndeny password *.*.*.*\n";
  Import(kOthers);
  EXPECT_TRUE(Opens("192.0.2.7"));
  Import(std::string(kOthers) + "allow remote 10.*.*.*\n");
  EXPECT_TRUE(Opens("10.1.2.3"));
  EXPECT_FALSE(Opens("192.0.2.7")) << "only 10.* is allowed";
  EXPECT_FALSE(Opens("158.152.1.1")) << "for smtp alone";
  Write("allow-deny", kOthers);
  EXPECT_TRUE(Opens("192.0.2.7"));
  Write("allow-deny", std::string(kOthers) + "deny all 192.0.2.*\n");
  EXPECT_FALSE(Opens("192.0.2.7"));
  EXPECT_TRUE(Opens("158.152.1.1"));
}

TEST(Webmail, IsNamedByAddressesAndNetworks) {
  const auto webmail = ReadWebmail({"192.0.2.7", "10.0.0.0/8", "2001:db8::/32"});
  ASSERT_TRUE(webmail.ok()) << webmail.status();
  EXPECT_TRUE(webmail->Allows(jsmail::AclService::kRemote, "192.0.2.7"));
  EXPECT_TRUE(webmail->Allows(jsmail::AclService::kRemote, "10.9.9.9"));
  EXPECT_FALSE(webmail->Allows(jsmail::AclService::kRemote, "192.0.2.8"));
  for (const char* wrong :
       {"webmail.example.org", "", "10.0.0.0/8 x", "10.0.0.1\nallow all *.*.*.*"}) {
    SCOPED_TRACE(wrong);
    EXPECT_EQ(ReadWebmail({"192.0.2.7", wrong}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

void Make(const std::string& folder, const std::string& name) {
  const std::string make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout " + folder + "/" +
                           name + "-key.pem -out " + folder + "/" + name +
                           ".pem -days 2 -subj /CN=" + name + " >/dev/null 2>&1";
  ASSERT_EQ(std::system(make.c_str()), 0);
}

TEST(Certificate, IsReadAgainWhenItsFilesChange) {
  const std::string folder = MakeFolder();
  Make(folder, "first");
  Make(folder, "second");
  const auto put = [&](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(folder + "/" + from, folder + "/new");
    std::filesystem::rename(folder + "/new", folder + "/" + to);
  };
  put("first.pem", "cert.pem");
  put("first-key.pem", "key.pem");
  Certificate certificate(folder + "/cert.pem", folder + "/key.pem");
  ASSERT_TRUE(certificate.Load().ok());
  const auto first = certificate.current();
  certificate.Look();
  EXPECT_EQ(certificate.current(), first);
  put("second.pem", "cert.pem");  // its key comes later
  certificate.Look();
  EXPECT_EQ(certificate.current(), first);
  put("second-key.pem", "key.pem");
  certificate.Look();
  EXPECT_NE(certificate.current(), first);
  std::filesystem::remove(folder + "/cert.pem");
  const auto second = certificate.current();
  certificate.Look();
  EXPECT_EQ(certificate.current(), second);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace postern::rules
