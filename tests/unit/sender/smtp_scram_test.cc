// SCRAM by SMTP, with a server whose words depend on the client's.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/sender/smtp/session.h"
#include "tests/support/await.h"
#include "tests/support/living_stream.h"
#include "tests/support/scram_server.h"

namespace postern::sender::smtp {
namespace {

using testing::Trick;

class ScramSmtpServer : public testing::LivingStream {
 public:
  ScramSmtpServer(std::string password, Trick trick)
      : LivingStream("220 hi"), scram_(std::move(password), trick) {}

 private:
  void Hear(const std::string& line) override {
    absl::string_view response = line;
    if (absl::StartsWith(line, "EHLO")) {
      Say("250-hi");
      return Say("250 AUTH PLAIN SCRAM-SHA-256");
    }
    if (line == "*") return Say("501 cancelled");
    if (absl::StartsWith(line, "AUTH PLAIN")) return Say("235 in");
    absl::ConsumePrefix(&response, "AUTH SCRAM-SHA-256 ");
    const auto challenge = scram_.Next(std::string(response));
    if (!challenge) return Say("535 5.7.8 no");
    Say(challenge->empty() ? "235 in" : absl::StrCat("334 ", *challenge));
  }

  testing::ScramServer scram_;
};

TEST(SmtpScram, ProvesBothSides) {
  const struct {
    const char* name;
    const char* password;  // the server's
    Trick trick;
    absl::StatusCode outcome;
    bool tells_the_password;
  } cases[] = {
      {"all is well", "pencil", Trick::kNone, absl::StatusCode::kOk, false},
      {"wrong password", "pen", Trick::kNone, absl::StatusCode::kUnauthenticated, false},
      {"forged signature", "pencil", Trick::kForgedSignature, absl::StatusCode::kFailedPrecondition,
       false},
      {"no signature", "pencil", Trick::kNoSignature, absl::StatusCode::kFailedPrecondition, false},
      {"too many rounds, then PLAIN", "pencil", Trick::kManyRounds, absl::StatusCode::kOk, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ScramSmtpServer server(c.password, c.trick);
    Session session(server, "smtp.example.org");
    Opening opening;
    opening.credentials.login = "ann";
    opening.credentials.secret = crypto::Secret("pencil");
    const absl::Status status = testing::Await(session.Open(opening));
    EXPECT_EQ(status.code(), c.outcome) << status;
    if (!status.ok()) {
      EXPECT_TRUE(words::WordingOf(status)) << status;
    }
    EXPECT_EQ(session.Reusable(), status.ok());
    bool told = false;
    const std::string plain = absl::Base64Escape(absl::string_view("\0ann\0pencil", 11));
    for (const std::string& line : server.heard()) told = told || absl::StrContains(line, plain);
    EXPECT_EQ(told, c.tells_the_password);
  }
}

}  // namespace
}  // namespace postern::sender::smtp
