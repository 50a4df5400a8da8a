#include "services/sender/mx/dkim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"
#include "services/sender/mx/dkim_keys.h"

namespace postern::sender::mx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Digest(absl::string_view data) {
  return absl::HexStringToBytes(crypto::Sha256Hex(data));
}

// RFC 8463 appendix A.
constexpr char kBody[] = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
constexpr char kHeader[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n";

crypto::SigningKey Ed25519() {
  std::string secret;
  EXPECT_TRUE(absl::Base64Unescape("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", &secret));
  const std::string der = absl::HexStringToBytes("302e020100300506032b657004220420") + secret;
  return *crypto::SigningKey::FromPem(absl::StrCat(
      "-----BEGIN PRIVATE KEY-----\n", absl::Base64Escape(der), "\n-----END PRIVATE KEY-----\n"));
}

TEST(Dkim, RelaxedFormsAreThoseOfTheRfc) {
  // RFC 6376 section 3.4.5.
  EXPECT_EQ(RelaxedField("A: X\r\n"), "a:X\r\n");
  EXPECT_EQ(RelaxedField("B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
  EXPECT_EQ(RelaxedBody(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
  EXPECT_EQ(RelaxedBody(""), "");
  EXPECT_EQ(RelaxedBody("\r\n \r\n"), "");
  EXPECT_EQ(RelaxedBody("a"), "a\r\n");
  EXPECT_EQ(RelaxedBody("\r\na\r\n"), "\r\na\r\n");
}

TEST(Dkim, SignsAsTheRfcDoes) {
  EXPECT_EQ(absl::Base64Escape(Digest(RelaxedBody(kBody))),
            "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
  const crypto::SigningKey key = Ed25519();
  EXPECT_EQ(absl::Base64Escape(key.PublicKey()), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  const std::string data =
      absl::StrCat(RelaxedField("From: Joe SixPack <joe@football.example.com>\r\n"),
                   RelaxedField("To: Suzie Q <suzie@shopping.example.net>\r\n"),
                   RelaxedField("Subject: Is dinner ready?\r\n"),
                   RelaxedField("Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"),
                   RelaxedField("Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"),
                   RelaxedField("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
                                " d=football.example.com; i=@football.example.com;\r\n"
                                " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
                                " subject : date : message-id : from : subject : date;\r\n"
                                " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
                                " b="));
  EXPECT_EQ(absl::Base64Escape(*key.Sign(Digest(data.substr(0, data.size() - 2)))),
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw"
            "==");
}

std::vector<DkimKey> Keys(std::vector<std::string> domains) {
  std::vector<DkimKey> keys;
  for (std::string& domain : domains) {
    keys.push_back(DkimKey{std::move(domain), "s1", Ed25519()});
  }
  return keys;
}

TEST(Dkim, TheKeyIsThatOfTheFromsDomain) {
  const DkimSigner signer(Keys({"example.com", "football.example.com", "example.org"}));
  struct {
    const char *from, *domain;
  } const cases[] = {
      {"joe@football.example.com", "d=football.example.com;"},
      {"Joe <joe@mail.example.com>", "d=example.com;"},
      {"\"joe@example.org\" <joe@example.com>", "d=example.com;"},
      {"joe@badexample.com", ""},
      {"joe@com", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.from);
    const std::string plain = absl::StrCat("From: ", c.from, "\r\nSubject: x\r\n\r\nhi\r\n");
    std::string content = plain;
    ASSERT_TRUE(signer.Sign(content, 1).ok());
    if (c.domain[0] == '\0') {
      EXPECT_EQ(content, plain);
    } else {
      EXPECT_THAT(content, StartsWith("DKIM-Signature: "));
      EXPECT_THAT(content, HasSubstr(c.domain));
      EXPECT_THAT(content, ::testing::EndsWith(plain));
    }
  }
}

TEST(Dkim, NobodyCanAddAFromOrASubject) {
  std::string content = absl::StrCat(kHeader, "\r\n", kBody);
  const auto signature = DkimSignature(Keys({"football.example.com"})[0], content, 1528637909);
  ASSERT_TRUE(signature.ok());
  std::string unfolded;
  for (const char c : *signature) {
    if (c != '\r' && c != '\n' && c != '\t') unfolded += c;
  }
  EXPECT_THAT(unfolded, HasSubstr("h=from:from:to:to:cc:subject:subject:date:date:message-id:"
                                  "message-id:in-reply-to:references:mime-version:content-type:"));
  EXPECT_THAT(unfolded, HasSubstr("bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="));
  EXPECT_THAT(unfolded, HasSubstr("s=s1; t=1528637909;"));
}

TEST(Dkim, KeysThatAreTooWeakOrNoneAreRefused) {
  EXPECT_FALSE(crypto::SigningKey::FromPem("").ok());
  EXPECT_FALSE(crypto::SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\nAA==\n").ok());
  const auto rsa = crypto::SigningKey::New(crypto::SigningKey::Kind::kRsa);
  ASSERT_TRUE(rsa.ok());
  const auto again = crypto::SigningKey::FromPem(rsa->ToPem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again->Sign("x"), *rsa->Sign("x"));
  EXPECT_THAT(absl::Base64Escape(rsa->PublicKey()), StartsWith("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"));
}

class DkimKeys : public ::testing::Test {
 protected:
  DkimKeys() {
    char folder[] = "/tmp/postern-dkim-XXXXXX";
    folder_ = ::mkdtemp(folder);
    Write("good.pem", Ed25519().ToPem());
    const std::string weak =
        absl::StrCat("openssl genrsa -out ", folder_, "/weak.pem 1024 2>/dev/null");
    EXPECT_EQ(std::system(weak.c_str()), 0);
  }
  ~DkimKeys() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }
  std::vector<std::string> Problems(const DkimOptions& options) {
    std::vector<OptionProblem> problems;
    keys_ = ReadDkimKeys(options, problems);
    std::vector<std::string> texts;
    for (const OptionProblem& one : problems) {
      texts.push_back(absl::StrCat(one.flag, ": ", one.problem));
    }
    return texts;
  }

  std::string folder_;
  std::vector<DkimKey> keys_;
};

TEST_F(DkimKeys, OneByOptionsAndMoreByAFile) {
  DkimOptions options;
  options.domain = "Example.org";
  options.selector = "mail2026";
  options.key_file = Path("good.pem");
  Write("keys", absl::StrCat("# ours\n\nexample.net s1 ", Path("good.pem"), "\n"));
  options.keys_file = Path("keys");
  EXPECT_THAT(Problems(options), ElementsAre());
  ASSERT_EQ(keys_.size(), 2u);
  EXPECT_EQ(keys_[0].domain, "example.org");
  EXPECT_EQ(keys_[1].domain, "example.net");
}

TEST_F(DkimKeys, WhatIsWrongIsNamed) {
  DkimOptions options;
  options.domain = "example.org";
  EXPECT_THAT(Problems(options), ElementsAre(StartsWith("--dkim-selector: missing"),
                                             StartsWith("--dkim-key-file: missing")));
  options.selector = "s;1";
  options.key_file = Path("none.pem");
  EXPECT_THAT(Problems(options), ElementsAre(StartsWith("--dkim-selector: 's;1'")));
  options.selector = "s1";
  EXPECT_THAT(Problems(options), ElementsAre(HasSubstr("none.pem: can't be read")));
  options.key_file = Path("weak.pem");
  EXPECT_THAT(Problems(options), ElementsAre(HasSubstr("1024 bits")));
  Write("keys", "example.org s1\nexample s1 x\n");
  DkimOptions file;
  file.keys_file = Path("keys");
  EXPECT_THAT(Problems(file), ElementsAre(HasSubstr("line 1"), HasSubstr("line 2: 'example'")));
}

}  // namespace
}  // namespace postern::sender::mx
