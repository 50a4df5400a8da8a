// What signing in leaves behind of the password: nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/crypto/secret_words.h"
#include "services/sender/smtp/session.h"
#include "tests/support/answering_stream.h"
#include "tests/support/await.h"
#include "tests/support/hidden_text.h"

namespace postern::sender::smtp {
namespace {

using testing::AnsweringStream;
using testing::Await;
using testing::HiddenText;

void ExpectNothingLeft(const std::string& mechanism, const std::vector<std::string>& answers,
                       absl::StatusCode outcome) {
  SCOPED_TRACE(mechanism);
  const HiddenText password = HiddenText::Random(96);
  const HiddenText sasl(crypto::SaslPlain("ann", password.Reveal().Reveal()));
  const HiddenText base64(crypto::Base64(password.Reveal().Reveal()));
  std::vector<std::string> lines = {"220 hi", "250-hi", "250 AUTH " + mechanism};
  lines.insert(lines.end(), answers.begin(), answers.end());
  AnsweringStream stream(lines);
  Session session(stream, "smtp.example.org");
  {
    Opening opening;
    opening.credentials.login = "ann";
    opening.credentials.secret = password.Reveal();
    EXPECT_GE(password.CopiesInMemory(), 1u) << "this one is found";
    EXPECT_EQ(Await(session.Open(opening)).code(), outcome);
  }
  EXPECT_EQ(password.CopiesInMemory(), 0u);
  EXPECT_EQ(sasl.CopiesInMemory(), 0u);
  EXPECT_EQ(base64.CopiesInMemory(), 0u);
}

TEST(SmtpMemory, HoldsNoPasswordAfterSigningIn) {
  ExpectNothingLeft("PLAIN", {"235 in"}, absl::StatusCode::kOk);
  ExpectNothingLeft("PLAIN", {"334 ", "235 in"}, absl::StatusCode::kOk);
  ExpectNothingLeft("PLAIN", {"535 no"}, absl::StatusCode::kUnauthenticated);
  ExpectNothingLeft("LOGIN", {"334 ", "334 ", "235 in"}, absl::StatusCode::kOk);
  ExpectNothingLeft("LOGIN", {"334 ", "334 "}, absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace postern::sender::smtp
