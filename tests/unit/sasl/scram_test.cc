#include "lib/sasl/scram.h"

#include <gsasl.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "tests/support/hidden_text.h"

namespace postern::sasl {
namespace {

// The other side, with a password of its own.
class Server {
 public:
  Server(Mechanism mechanism, std::string password, int iterations = 4096)
      : password_(std::move(password)), iterations_(absl::StrCat(iterations)) {
    EXPECT_EQ(gsasl_init(&context_), GSASL_OK);
    gsasl_callback_set(context_, &Server::Provide);
    const std::string name(NameOf(mechanism));
    EXPECT_EQ(gsasl_server_start(context_, name.c_str(), &session_), GSASL_OK);
    gsasl_session_hook_set(session_, this);
  }
  ~Server() {
    gsasl_finish(session_);
    gsasl_done(context_);
  }

  // Nothing when it refuses.
  std::optional<std::string> Step(const std::string& response) {
    char* output = nullptr;
    const int step = gsasl_step64(session_, response.c_str(), &output);
    if (step != GSASL_OK && step != GSASL_NEEDS_MORE) return std::nullopt;
    std::string challenge(output);
    gsasl_free(output);
    return challenge;
  }

 private:
  static int Provide(Gsasl*, Gsasl_session* session, Gsasl_property property) {
    const auto* server = static_cast<Server*>(gsasl_session_hook_get(session));
    if (property == GSASL_PASSWORD) {
      return gsasl_property_set(session, property, server->password_.c_str());
    }
    if (property == GSASL_SCRAM_ITER) {
      return gsasl_property_set(session, property, server->iterations_.c_str());
    }
    return GSASL_NO_CALLBACK;
  }

  const std::string password_, iterations_;
  Gsasl* context_ = nullptr;
  Gsasl_session* session_ = nullptr;
};

Credentials Ann(absl::string_view password) {
  Credentials credentials;
  credentials.login = "ann,=@example.org";
  credentials.secret = crypto::Secret(password);
  return credentials;
}

// What comes of the client's side; the server's first refusal is UNAUTHENTICATED.
absl::Status Converse(Mechanism mechanism, const std::string& ours, const std::string& theirs,
                      int iterations = 4096) {
  Server server(mechanism, theirs, iterations);
  auto exchange = Exchange::Begin(mechanism, Ann(ours));
  if (!exchange.ok()) return exchange.status();
  std::string challenge;
  for (int i = 0; i < 2; ++i) {
    auto response = (*exchange)->Respond(challenge);
    if (!response.ok()) return response.status();
    EXPECT_EQ((*exchange)->spent(), i == 1);
    auto next = server.Step(response->Reveal());
    if (!next) return absl::UnauthenticatedError("refused");
    challenge = *next;
  }
  auto last = (*exchange)->Respond(challenge);
  if (!last.ok()) return last.status();
  EXPECT_EQ(last->Reveal(), "");
  return (*exchange)->Finish();
}

TEST(Scram, LogsInAndChecksTheServer) {
  for (Mechanism mechanism : {Mechanism::kScramSha256, Mechanism::kScramSha1}) {
    SCOPED_TRACE(NameOf(mechanism));
    for (const char* password : {"pencil", "with, commas = signs", "gr\xC3\xBC\xC3\x9F dich"}) {
      EXPECT_TRUE(Converse(mechanism, password, password).ok()) << password;
    }
    // SASLprep: a no-break space is a space, a soft hyphen is nothing.
    EXPECT_TRUE(Converse(mechanism, "a\xC2\xA0 b\xC2\xAD", "a  b").ok());
    EXPECT_TRUE(absl::IsUnauthenticated(Converse(mechanism, "wrong", "right")));
  }
}

TEST(Scram, RefusesToHashForMinutes) {
  EXPECT_TRUE(Converse(Mechanism::kScramSha256, "pencil", "pencil", 10'000).ok());
  std::string text;
  for (const char* count : {"4294967295", "65537", "99999999999999999999"}) {
    auto again = Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
    auto said = (*again)->Respond("");
    ASSERT_TRUE(said.ok() && absl::Base64Unescape(said->Reveal(), &text));
    const std::string challenge = absl::Base64Escape(
        absl::StrCat(text.substr(text.rfind("r=")), "srv,s=QSXCR+Q6sek8bf92,i=", count));
    const auto response = (*again)->Respond(challenge);
    EXPECT_FALSE(response.ok());
    EXPECT_FALSE((*again)->spent()) << "another mechanism may be tried";
  }
}

TEST(Scram, GivesNothingMoreToAServerThatProvesNothing) {
  struct {
    const char* name;
    const char* last;
  } const cases[] = {
      {"another signature", "v=AAAAbSm7pOb7wnb0ucUyDQPHjTLa+FGSlLgu5HCO+eg="},
      {"no signature", ""},
      {"nonsense", "x"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Server server(Mechanism::kScramSha256, "pencil");
    auto exchange = Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
    auto first = (*exchange)->Respond("");
    const std::string challenge = *server.Step(first->Reveal());
    ASSERT_TRUE((*exchange)->Respond(challenge).ok());
    const auto last = (*exchange)->Respond(absl::Base64Escape(c.last));
    EXPECT_EQ(last.status().code(), absl::StatusCode::kFailedPrecondition) << last.status();
    EXPECT_TRUE(words::WordingOf(last.status()).has_value());
  }
}

TEST(Scram, TakesNoSuccessWithoutAProof) {
  Server server(Mechanism::kScramSha256, "pencil");
  auto exchange = Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
  auto first = (*exchange)->Respond("");
  EXPECT_FALSE((*exchange)->Finish().ok());
  ASSERT_TRUE((*exchange)->Respond(*server.Step(first->Reveal())).ok());
  EXPECT_EQ((*exchange)->Finish().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Scram, AnswersAnErrorSoThatTheRefusalFollows) {
  Server server(Mechanism::kScramSha256, "pencil");
  auto exchange = Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
  auto first = (*exchange)->Respond("");
  ASSERT_TRUE((*exchange)->Respond(*server.Step(first->Reveal())).ok());
  const auto answer = (*exchange)->Respond(absl::Base64Escape("e=invalid-proof"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->Reveal(), "");
  EXPECT_FALSE((*exchange)->Respond(absl::Base64Escape("e=other-error")).ok());
  EXPECT_FALSE((*exchange)->Finish().ok());
}

TEST(Scram, TakesNoChallengeThatMakesNoSense) {
  for (const char* challenge : {"", "r=", "r=abc", "r=abc,s=,i=0", "r=x,s=QQ==,i=4096", "v=abc",
                                "r=abc,s=!!!,i=4096", "m=x,r=a,s=QQ==,i=1"}) {
    SCOPED_TRACE(challenge);
    auto exchange = Exchange::Begin(Mechanism::kScramSha256, Ann("pencil"));
    ASSERT_TRUE((*exchange)->Respond("").ok());
    EXPECT_FALSE((*exchange)->Respond(absl::Base64Escape(challenge)).ok());
    EXPECT_FALSE((*exchange)->spent());
  }
}

TEST(Scram, LeavesNothingOfThePassword) {
  const testing::HiddenText password = testing::HiddenText::Random(96);
  {
    Credentials credentials = Ann("");
    credentials.secret = password.Reveal();
    auto exchange = Exchange::Begin(Mechanism::kScramSha256, credentials);
    // A server that does not know it goes as far as the proof.
    Server server(Mechanism::kScramSha256, "another");
    auto first = (*exchange)->Respond("");
    ASSERT_TRUE((*exchange)->Respond(*server.Step(first->Reveal())).ok());
    EXPECT_GE(password.CopiesInMemory(), 1u) << "this one is found";
  }
  EXPECT_EQ(password.CopiesInMemory(), 0u);
}

}  // namespace
}  // namespace postern::sasl
