#include "services/sender/accounts/account_trial.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/net/dial_error.h"
#include "tests/support/await.h"
#include "tests/support/scripted_stream.h"

namespace postern::sender {
namespace {

using testing::Await;

// Answers each call with the next script, or with an error where there is none.
class ScriptedDialer final : public net::Dialer {
 public:
  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> Dial(net::Endpoint to) override {
    endpoint = to;
    ++dialled;
    while (waits) co_await net::Sleep(std::chrono::milliseconds(5));
    if (script.empty()) co_return error;
    auto stream = std::make_unique<testing::ScriptedStream>(script, to.tls);
    last = stream.get();
    co_return stream;
  }
  std::string script;
  absl::Status error = absl::UnavailableError("no script");
  net::Endpoint endpoint;
  int dialled = 0;
  bool waits = false;
  testing::ScriptedStream* last = nullptr;
};

constexpr char kGood[] = R"(
  S: 220 smtp.example.org ESMTP
  C: EHLO [127.0.0.1]
  S: 250-smtp.example.org
  S: 250 AUTH PLAIN
  C: AUTH PLAIN AGFubgBzZWNyZXQ=
  S: 235 ok
  C: MAIL FROM:<ann@example.org>
  S: 250 ok
  C: RSET
  S: 250 ok
  C: QUIT
  S: 221 bye
)";
constexpr char kRefused[] = R"(
  S: 220 smtp.example.org ESMTP
  C: EHLO [127.0.0.1]
  S: 250-smtp.example.org
  S: 250 AUTH PLAIN
  C: AUTH PLAIN AGFubgBzZWNyZXQ=
  S: 535 5.7.8 wrong
)";

struct AccountTrialTest : ::testing::Test {
  AccountTrialTest() {
    settings.set_id("work");
    settings.set_owner("ann@a.example");
    settings.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
    settings.set_host("smtp.example.org");
    settings.set_port(465);
    settings.set_security(admin::v1::SECURITY_TLS);
    settings.set_login("ann");
    settings.set_default_from("Ann <ann@example.org>");
  }
  ~AccountTrialTest() override { Await(io, trial.Stop()); }

  TrialResult Try(const std::string& password) {
    auto result = Await(io, trial.Try(settings, crypto::Secret(password)));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : TrialResult();
  }
  std::string FieldAfter(const std::string& script) {
    dialer.script = script;
    return Try("secret").field;
  }
  void OfferSiteRelay() {
    site_relay.host = "10.0.0.7";
    site_relay.port = 25;
    site_relay.security = Security::kTls;
    site_relay.login = "ann";
    site_relay.password = crypto::Secret("secret");
    settings.clear_host();
    settings.clear_port();
    settings.clear_login();
    settings.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  }

  boost::asio::io_context io;
  crypto::SecretBox box = *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("k"), "test");
  ScriptedDialer dialer, site_dialer;
  SiteRelay site_relay;
  HeldPasswords passwords;
  Relay relay{dialer, box, passwords, /*allow_plaintext_auth=*/false, {&site_relay, &site_dialer}};
  AccountTrial trial{io.get_executor(), relay};
  admin::v1::Account settings;
};

TEST_F(AccountTrialTest, SignsInAndLeaves) {
  dialer.script = kGood;
  const TrialResult result = Try("secret");
  EXPECT_TRUE(result.problem.empty()) << words::English(result.problem);
  EXPECT_EQ(dialer.endpoint.host, "smtp.example.org");
  EXPECT_EQ(dialer.endpoint.port, 465);
  EXPECT_EQ(dialer.last->mismatch(), "");
}

TEST_F(AccountTrialTest, TakesThePasswordThatIsKnown) {
  dialer.script = kGood;
  settings.set_sealed_password(box.Seal(crypto::Secret("secret"), "work"));
  EXPECT_TRUE(Try("").problem.empty());

  settings.clear_sealed_password();
  const TrialResult none = Try("");
  EXPECT_EQ(none.field, "password");
  EXPECT_EQ(words::English(none.problem), "the password is missing; enter it");
  EXPECT_EQ(dialer.dialled, 1) << "nobody is asked without a password";

  Account account;
  account.id = "work";
  passwords.Hold(account, crypto::Secret("secret"));
  EXPECT_TRUE(Try("").problem.empty());

  settings.set_sealed_password("damaged");
  EXPECT_EQ(words::English(Try("").problem),
            "the stored password can't be read any more; enter it again in the account's settings");
}

TEST_F(AccountTrialTest, ForgetsNothing) {
  Account account;
  account.id = "work";
  passwords.Hold(account, crypto::Secret("secret"));
  dialer.script = kRefused;
  EXPECT_EQ(Try("").field, "password");
  EXPECT_EQ(passwords.Find("work").Reveal(), "secret") << "another server may take it";
}

TEST_F(AccountTrialTest, NamesTheFieldToLookAt) {
  EXPECT_EQ(FieldAfter(kRefused), "password");
  EXPECT_EQ(FieldAfter("S: HTTP/1.1 400 Bad Request\n"), "port");
  EXPECT_EQ(FieldAfter("S: 220 x\nC: EHLO [127.0.0.1]\nS: 250 x\n"), "port") << "no AUTH";
  EXPECT_EQ(FieldAfter("S: 554 5.7.1 go away\n"), "");

  const std::string no_starttls = "S: 220 x\nC: EHLO [127.0.0.1]\nS: 250 AUTH PLAIN\n";
  settings.set_security(admin::v1::SECURITY_STARTTLS);
  EXPECT_EQ(FieldAfter(no_starttls), "tls");
  settings.set_security(admin::v1::SECURITY_NONE);
  EXPECT_EQ(FieldAfter(no_starttls), "ssl");

  dialer.script.clear();
  const std::pair<net::Suspect, const char*> suspects[] = {
      {net::Suspect::kHost, "host"},
      {net::Suspect::kPort, "port"},
      {net::Suspect::kSecurity, "ssl"},
      {net::Suspect::kNone, ""},
  };
  for (const auto& [suspect, field] : suspects) {
    SCOPED_TRACE(field);
    dialer.error =
        net::DialError(absl::StatusCode::kUnavailable, words::Word("$0 is odd", "x"), suspect);
    const TrialResult result = Try("secret");
    EXPECT_EQ(result.field, field);
    EXPECT_EQ(words::English(result.problem), "x is odd");
  }
}

TEST_F(AccountTrialTest, LooksAtTheFromAddress) {
  dialer.script = std::string(kGood).substr(0, std::string(kGood).find("  S: 250 ok")) +
                  "  S: 553 5.7.1 not yours\n  C: QUIT\n  S: 221 bye\n";
  const TrialResult refused = Try("secret");
  EXPECT_EQ(refused.field, "default_from");
  EXPECT_EQ(words::English(refused.problem),
            "smtp.example.org does not take mail from ann@example.org: 553 5.7.1 not yours");

  const std::string signed_in = std::string(kGood).substr(0, std::string(kGood).find("  C: MAIL"));
  dialer.script = signed_in + "  C: QUIT\n  S: 221 bye\n";
  settings.set_default_from("ann");
  EXPECT_EQ(Try("secret").field, "default_from");
  settings.set_default_from("jörg@example.org");
  EXPECT_EQ(Try("secret").field, "default_from") << "the server has no SMTPUTF8";
  settings.set_default_from("ann@ü＠example.org");
  EXPECT_EQ(Try("secret").field, "default_from");

  settings.set_default_from("ann@example.org");
  dialer.script = signed_in + "  C: MAIL FROM:<ann@example.org>\nCLOSE\n";
  EXPECT_TRUE(Try("secret").problem.empty()) << "the login works";

  dialer.script =
      "S: 220 x\nC: EHLO [127.0.0.1]\nS: 250 AUTH PLAIN\n"
      "C: MAIL FROM:<ann@example.org>\nS: 530 5.7.0 sign in\nC: QUIT\nS: 221 bye\n";
  settings.clear_login();
  EXPECT_EQ(Try("").field, "login");
}

TEST_F(AccountTrialTest, ChecksWhatHasToBeThere) {
  settings.set_port(70'000);
  EXPECT_EQ(Try("secret").field, "port");
  settings.set_port(0);
  EXPECT_EQ(Try("secret").field, "port");
  settings.clear_host();
  EXPECT_EQ(Try("secret").field, "host");
  EXPECT_EQ(dialer.dialled, 0);
}

TEST_F(AccountTrialTest, TriesTheOperatorsRelay) {
  OfferSiteRelay();
  site_dialer.script = kGood;
  EXPECT_TRUE(Try("").problem.empty());
  EXPECT_EQ(site_dialer.endpoint.host, "10.0.0.7");
  EXPECT_EQ(dialer.dialled, 0) << "the policy for users' hosts does not apply";

  site_dialer.script = kRefused;
  const TrialResult refused = Try("");
  EXPECT_EQ(refused.field, "") << "no user can change that";
  EXPECT_EQ(words::English(refused.problem),
            "this gateway's own mail server does not work until its operator has seen to it");
  site_dialer.script.clear();
  EXPECT_EQ(words::English(Try("").problem),
            "this gateway's own mail server does not answer at the moment; try again later");
}

TEST_F(AccountTrialTest, SaysWhenThereIsNoRelay) {
  OfferSiteRelay();
  Relay without{dialer, box, passwords, false};
  AccountTrial other{io.get_executor(), without};
  const auto result = Await(io, other.Try(settings, crypto::Secret()));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(words::English(result->problem),
            "this gateway has no mail server of its own any more; register an SMTP account of "
            "your own");
}

TEST_F(AccountTrialTest, TriesAFewAtOnce) {
  dialer.waits = true;
  std::vector<absl::StatusOr<TrialResult>> results;
  for (int i = 0; i < 32; ++i) {
    boost::asio::co_spawn(io, trial.Try(settings, crypto::Secret("secret")),
                          [&](std::exception_ptr, absl::StatusOr<TrialResult> result) {
                            results.push_back(std::move(result));
                          });
  }
  io.poll();
  const auto one_more = Await(io, trial.Try(settings, crypto::Secret("secret")));
  EXPECT_TRUE(absl::IsResourceExhausted(one_more.status()));
  EXPECT_TRUE(words::WordingOf(one_more.status()));
  dialer.waits = false;
  dialer.script = kRefused;
  io.restart();
  io.run();
  EXPECT_EQ(results.size(), 32u);
  EXPECT_EQ(Try("secret").field, "password") << "there is room again";
}

}  // namespace
}  // namespace postern::sender
