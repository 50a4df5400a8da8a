// SCRAM by IMAP and POP3, with a server whose words depend on the client's.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/pop3/session.h"
#include "tests/support/await.h"
#include "tests/support/living_stream.h"
#include "tests/support/scram_server.h"

namespace postern::fetcher {
namespace {

using testing::Await;
using testing::LivingStream;
using testing::ScramServer;
using testing::Trick;

class ImapServer : public LivingStream {
 public:
  ImapServer(std::string password, Trick trick, bool at_once)
      : LivingStream(absl::StrCat("* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=PLAIN",
                                  at_once ? " SASL-IR" : "", "] hi")),
        scram_(std::move(password), trick) {}

 private:
  void Hear(const std::string& line) override {
    std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() >= 3 && words[1] == "AUTHENTICATE" && words[2] == "SCRAM-SHA-256") {
      tag_ = words[0];
      if (words.size() == 3) return Say("+ ");
      return Answer(words[3]);
    }
    if (line == "*") return Say(absl::StrCat(tag_, " BAD cancelled"));
    if (words.size() > 1) return Say(absl::StrCat(words[0], " OK [CAPABILITY IMAP4rev1] whatever"));
    Answer(line);
  }
  void Answer(const std::string& response) {
    const auto challenge = scram_.Next(response);
    if (!challenge) return Say(absl::StrCat(tag_, " NO [AUTHENTICATIONFAILED] no"));
    if (challenge->empty()) return Say(absl::StrCat(tag_, " OK [CAPABILITY IMAP4rev1] in"));
    Say(absl::StrCat("+ ", *challenge));
  }

  ScramServer scram_;
  std::string tag_;
};

class Pop3Server : public LivingStream {
 public:
  Pop3Server(std::string password, Trick trick)
      : LivingStream("+OK hi"), scram_(std::move(password), trick) {}

 private:
  void Hear(const std::string& line) override {
    if (line == "CAPA") {
      for (const char* word : {"+OK", "SASL PLAIN SCRAM-SHA-256", "USER", "."}) Say(word);
      return;
    }
    if (line == "*") return Say("-ERR cancelled");
    std::string response = line;
    if (absl::StartsWith(line, "AUTH SCRAM-SHA-256 ")) response = line.substr(19);
    if (line == "AUTH PLAIN") return Say("+");
    const auto challenge = scram_.Next(response);
    if (!challenge) return Say("-ERR [AUTH] no");
    Say(challenge->empty() ? "+OK in" : absl::StrCat("+ ", *challenge));
  }

  ScramServer scram_;
};

sasl::Credentials Ann() {
  sasl::Credentials credentials;
  credentials.login = "ann@example.org";
  credentials.secret = crypto::Secret("pencil");
  return credentials;
}

net::Task<absl::Status> LogIn(imap::Session& session) {
  if (absl::Status s = co_await session.Greet(false); !s.ok()) co_return s;
  const sasl::Credentials credentials = Ann();
  co_return co_await session.Login(credentials, PasswordRule::kEncryptedOnly);
}

net::Task<absl::Status> LogIn(pop3::Session& session) {
  if (absl::Status s = co_await session.Greet(); !s.ok()) co_return s;
  const sasl::Credentials credentials = Ann();
  co_return co_await session.Login(credentials, PasswordRule::kEncryptedOnly);
}

// The password, as it is or as PLAIN sends it, was in none of these lines.
bool HeardThePassword(const LivingStream& server) {
  const std::string plain = absl::Base64Escape(absl::string_view("\0ann@example.org\0pencil", 23));
  for (const std::string& line : server.heard()) {
    if (absl::StrContains(line, "pencil") || absl::StrContains(line, plain)) return true;
  }
  return false;
}

struct Case {
  const char* name;
  const char* password;  // the server's
  Trick trick;
  absl::StatusCode outcome;
  bool tells_the_password;
};
const Case kCases[] = {
    {"all is well", "pencil", Trick::kNone, absl::StatusCode::kOk, false},
    {"wrong password", "pen", Trick::kNone, absl::StatusCode::kUnauthenticated, false},
    {"forged signature", "pencil", Trick::kForgedSignature, absl::StatusCode::kFailedPrecondition,
     false},
    {"no signature", "pencil", Trick::kNoSignature, absl::StatusCode::kFailedPrecondition, false},
    {"too many rounds, then PLAIN", "pencil", Trick::kManyRounds, absl::StatusCode::kOk, true},
};

TEST(ScramLogin, IsAsSafeByImap) {
  for (const Case& c : kCases) {
    for (const bool at_once : {true, false}) {
      SCOPED_TRACE(absl::StrCat(c.name, at_once ? " at once" : " in steps"));
      ImapServer server(c.password, c.trick, at_once);
      imap::Session session(server);
      const absl::Status status = Await(LogIn(session));
      EXPECT_EQ(status.code(), c.outcome) << status;
      EXPECT_EQ(HeardThePassword(server), c.tells_the_password && at_once);
    }
  }
}

// Servers count refusals, and shut out whoever has too many.
TEST(ScramLogin, IsNotTriedAgainWhereItIsNotForThisLogin) {
  ImapServer first("pencil", Trick::kManyRounds, true), second("pencil", Trick::kManyRounds, true);
  imap::Session before(first), again(second);
  ASSERT_TRUE(Await(LogIn(before)).ok());
  EXPECT_TRUE(before.unfit().Has(sasl::Mechanism::kScramSha256));
  EXPECT_FALSE(before.unfit().Has(sasl::Mechanism::kPlain));
  again.Avoid(before.unfit());
  ASSERT_TRUE(Await(LogIn(again)).ok());
  EXPECT_TRUE(absl::StrContains(second.heard().front(), "AUTHENTICATE PLAIN "))
      << second.heard().front();
}

TEST(ScramLogin, IsAsSafeByPop3) {
  for (const Case& c : kCases) {
    if (c.trick == Trick::kManyRounds) continue;  // the same code
    SCOPED_TRACE(c.name);
    Pop3Server server(c.password, c.trick);
    pop3::Session session(server);
    const absl::Status status = Await(LogIn(session));
    EXPECT_EQ(status.code(), c.outcome) << status;
    EXPECT_FALSE(HeardThePassword(server));
  }
}

}  // namespace
}  // namespace postern::fetcher
