// What a login leaves behind of the password: nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/crypto/secret_words.h"
#include "services/fetcher/imap/session.h"
#include "services/fetcher/pop3/session.h"
#include "tests/support/answering_stream.h"
#include "tests/support/await.h"
#include "tests/support/hidden_text.h"

namespace postern::fetcher {
namespace {

using testing::AnsweringStream;
using testing::Await;
using testing::HiddenText;

sasl::Credentials Ann(const crypto::Secret& password) {
  sasl::Credentials credentials;
  credentials.login = "ann";
  credentials.secret = password;
  return credentials;
}

net::Task<absl::Status> LogIn(imap::Session& session, const crypto::Secret& password) {
  if (absl::Status s = co_await session.Greet(false); !s.ok()) co_return s;
  const sasl::Credentials credentials = Ann(password);
  co_return co_await session.Login(credentials, PasswordRule::kEncryptedOnly);
}

net::Task<absl::Status> LogIn(pop3::Session& session, const crypto::Secret& password) {
  if (absl::Status s = co_await session.Greet(); !s.ok()) co_return s;
  const sasl::Credentials credentials = Ann(password);
  co_return co_await session.Login(credentials, PasswordRule::kEncryptedOnly);
}

template <class Session>
void ExpectNothingLeft(const std::vector<std::string>& answers, absl::StatusCode outcome) {
  SCOPED_TRACE(answers.front());
  const HiddenText password = HiddenText::Random(96);
  const HiddenText sasl(crypto::SaslPlain("ann", password.Reveal().Reveal()));
  AnsweringStream stream(answers);
  Session session(stream);
  {
    const crypto::Secret secret = password.Reveal();
    EXPECT_GE(password.CopiesInMemory(), 1u) << "this one is found";
    EXPECT_EQ(Await(LogIn(session, secret)).code(), outcome);
  }
  EXPECT_EQ(password.CopiesInMemory(), 0u);
  EXPECT_EQ(sasl.CopiesInMemory(), 0u);
}

TEST(LoginMemory, HoldsNoPasswordAfterImap) {
  using imap::Session;
  constexpr auto kOk = absl::StatusCode::kOk;
  ExpectNothingLeft<Session>(
      {"* OK [CAPABILITY IMAP4rev1] by LOGIN", "A1 OK [CAPABILITY IMAP4rev1] in"}, kOk);
  ExpectNothingLeft<Session>(
      {"* OK [CAPABILITY AUTH=PLAIN SASL-IR] at once", "A1 OK [CAPABILITY IMAP4rev1] in"}, kOk);
  ExpectNothingLeft<Session>(
      {"* OK [CAPABILITY AUTH=PLAIN] in two steps", "+ ", "A1 OK [CAPABILITY IMAP4rev1] in"}, kOk);
  ExpectNothingLeft<Session>({"* OK [CAPABILITY IMAP4rev1] refused", "A1 NO no"},
                             absl::StatusCode::kUnauthenticated);
  ExpectNothingLeft<Session>({"* OK [CAPABILITY IMAP4rev1] hung up"},
                             absl::StatusCode::kUnavailable);
}

TEST(LoginMemory, HoldsNoPasswordAfterPop3) {
  using pop3::Session;
  ExpectNothingLeft<Session>({"+OK by PASS", "-ERR CAPA?", "+OK", "+OK"}, absl::StatusCode::kOk);
  ExpectNothingLeft<Session>({"+OK by AUTH", "+OK", "SASL PLAIN", ".", "+", "+OK"},
                             absl::StatusCode::kOk);
  ExpectNothingLeft<Session>({"+OK refused", "-ERR CAPA?", "+OK", "-ERR no"},
                             absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace postern::fetcher
