// What the dialogues of tests/dialogue/managesieve can't say: SCRAM, limits, and clients that wait.
#include "services/rules/managesieve/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/crypto/secret_words.h"
#include "lib/sasl/exchange.h"
#include "tests/support/await.h"
#include "tests/unit/rules/managesieve/fake_storage.h"

namespace postern::rules::managesieve {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A client that says what it is told to, and waits for ever, or hangs up, when that is all.
class TestClient : public net::ByteStream {
 public:
  // What is said next, when what came since the last time is this.
  using Speak = std::function<std::string(const std::string& heard)>;
  explicit TestClient(Speak speak, bool hangs_up = true)
      : speak_(std::move(speak)), hangs_up_(hangs_up) {}

  net::Task<absl::StatusOr<std::string>> ReadLine() override { co_return Gone(); }
  net::Task<absl::StatusOr<Piece>> ReadPiece(size_t most) override {
    size_t end;
    while ((end = said_.find('\n')) == said_.npos && said_.size() <= most) {
      absl::Status more = co_await More();
      if (!more.ok()) co_return more;
    }
    Piece piece;
    piece.ends_line = end != said_.npos && end <= most;
    piece.bytes = said_.substr(0, piece.ends_line ? end : most);
    said_.erase(0, piece.bytes.size() + (piece.ends_line ? 1 : 0));
    if (piece.ends_line && !piece.bytes.empty() && piece.bytes.back() == '\r')
      piece.bytes.pop_back();
    co_return piece;
  }
  net::Task<absl::StatusOr<std::string>> ReadExactly(size_t count) override {
    while (said_.size() < count) {
      absl::Status more = co_await More();
      if (!more.ok()) co_return more;
    }
    std::string bytes = said_.substr(0, count);
    said_.erase(0, count);
    co_return bytes;
  }
  net::Task<absl::Status> Write(std::string bytes) override {
    heard_ += bytes;
    all_ += bytes;
    co_return absl::OkStatus();
  }
  absl::StatusOr<std::optional<std::string>> LineAtHand() override { return std::nullopt; }
  void WhenReadable(absl::AnyInvocable<void()>) override {}
  net::Task<absl::Status> StartTls(std::string) override { co_return absl::OkStatus(); }
  bool IsEncrypted() const override { return true; }

  const std::string& all() const { return all_; }

 private:
  static absl::Status Gone() { return absl::UnavailableError("gone"); }
  net::Task<absl::Status> More() {
    const std::string next = speak_(std::exchange(heard_, ""));
    said_ += next;
    if (!next.empty()) co_return absl::OkStatus();
    if (hangs_up_) co_return Gone();
    boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                    std::chrono::hours(1));
    co_await never.async_wait(boost::asio::use_awaitable);
    co_return Gone();
  }

  const Speak speak_;
  const bool hangs_up_;
  std::string said_, heard_, all_;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionOptions Options() {
    SessionOptions options;
    options.address = "192.0.2.7";
    options.script_bytes = 100'000;
    options.on_login = [this](LoginOutcome outcome, const std::string& user) {
      logins_.push_back(absl::StrCat(static_cast<int>(outcome), " ", user));
    };
    return options;
  }
  // All that the session said to these lines, said at once.
  std::string Converse(const std::string& lines, bool hangs_up = true, Waits waits = {}) {
    bool told = false;
    TestClient client(
        [&](const std::string&) { return std::exchange(told, true) ? std::string() : lines; },
        hangs_up);
    Session session(client, storage_, limits_, Options(), waits);
    testing::Await(io_, session.Run());
    return client.all();
  }
  static std::string Plain(const std::string& user, const std::string& password) {
    return absl::StrCat("AUTHENTICATE \"PLAIN\" \"", crypto::SaslPlain(user, password).Reveal(),
                        "\"\r\n");
  }
  // Logs in as a client by GNU SASL does; answers the server's last words.
  std::string LogInByScram(const std::string& user, const std::string& password, bool& proven) {
    sasl::Credentials credentials;
    credentials.login = user;
    credentials.secret = crypto::Secret(password);
    const auto exchange = *sasl::Exchange::Begin(sasl::Mechanism::kScramSha256, credentials);
    int step = 0;
    TestClient client([&](const std::string& heard) -> std::string {
      absl::string_view challenge = heard;
      absl::ConsumeSuffix(&challenge, "\r\n");
      if (++step == 1) {
        return absl::StrCat("AUTHENTICATE \"SCRAM-SHA-256\" \"", exchange->Respond("")->Reveal(),
                            "\"\r\n");
      }
      if (step == 2 && absl::ConsumePrefix(&challenge, "\"") &&
          absl::ConsumeSuffix(&challenge, "\""))
        return absl::StrCat("\"", exchange->Respond(challenge)->Reveal(), "\"\r\n");
      if (step == 3 && absl::ConsumePrefix(&challenge, "OK (SASL \"")) {
        const auto last = exchange->Respond(challenge.substr(0, challenge.find('"')));
        proven = last.ok() && exchange->Finish().ok();
      }
      return "";
    });
    Session session(client, storage_, limits_, Options());
    testing::Await(io_, session.Run());
    return client.all().substr(client.all().rfind("\r\n", client.all().size() - 3) + 2);
  }

  boost::asio::io_context io_;
  FakeStorage storage_;
  LimitOptions few_ = [] {
    LimitOptions few;
    few.failures_per_address = 4;
    few.logins_per_user = 1;
    few.script_bytes = 50'000;
    return few;
  }();
  Limits limits_{few_};
  std::vector<std::string> logins_;
};

TEST_F(SessionTest, ScramLogsInAndProvesTheServer) {
  bool proven = false;
  EXPECT_THAT(LogInByScram("Ann@Example.org", kAnnsPassword, proven), StartsWith("OK (SASL \""));
  EXPECT_TRUE(proven);
  EXPECT_THAT(logins_, ElementsAre("0 ann@example.org"));
}

TEST_F(SessionTest, ScramRefusesAWrongPasswordAndWhoHasNone) {
  bool proven = false;
  EXPECT_THAT(LogInByScram(kAnn, "wrong", proven),
              StartsWith("NO \"The user name or the password"));
  EXPECT_THAT(LogInByScram("bob@example.org", "wrong", proven),
              StartsWith("NO \"The user name or the password"));
  EXPECT_FALSE(proven);
  EXPECT_THAT(logins_, ElementsAre("1 ann@example.org", "1 bob@example.org"));
}

TEST_F(SessionTest, ThreeFailedLoginsEndASessionAndMoreStopTheAddress) {
  const std::string wrong = Plain(kAnn, "wrong");
  EXPECT_THAT(Converse(absl::StrCat(wrong, wrong, wrong, wrong)),
              EndsWith("BYE \"There were too many failed logins.\"\r\n"));
  EXPECT_THAT(logins_, ElementsAre("1 ann@example.org", "1 ann@example.org", "1 ann@example.org"));
  logins_.clear();
  EXPECT_THAT(Converse(absl::StrCat(wrong, Plain(kAnn, kAnnsPassword))),
              HasSubstr("BYE (TRYLATER) \"There were too many failed logins"));
  EXPECT_THAT(logins_, ElementsAre("1 ann@example.org", "2 ann@example.org"));
}

TEST_F(SessionTest, AVoidPasswordEndsItsSessions) {
  int step = 0;
  TestClient client([&](const std::string&) -> std::string {
    ++step;
    if (step == 1) return Plain(kAnn, kAnnsPassword);
    if (step == 3) storage_.password = "another";
    return step < 5 ? "LISTSCRIPTS\r\n" : "";
  });
  Session session(client, storage_, limits_, Options());
  testing::Await(io_, session.Run());
  EXPECT_THAT(client.all(), EndsWith("OK\r\nBYE \"Your password is void now; log in anew.\"\r\n"));
}

TEST_F(SessionTest, AUserHasSoManySessions) {
  const std::string login = Plain(kAnn, kAnnsPassword);
  const auto other = limits_.LogIn(kAnn);
  EXPECT_THAT(Converse(login), HasSubstr("NO (TRYLATER) \"You are logged in too many times"));
}

TEST_F(SessionTest, LoggingOutMakesRoom) {
  const std::string login = Plain(kAnn, kAnnsPassword);
  const std::string said =
      Converse(absl::StrCat(login, "UNAUTHENTICATE\r\n", login, "LISTSCRIPTS\r\n"));
  EXPECT_THAT(said, EndsWith("OK \"Welcome, ann@example.org.\"\r\nOK\r\n"));
}

TEST_F(SessionTest, AllSessionsTogetherHoldSoMuchOfScripts) {
  storage_.most_bytes = 100'000;
  const std::string script(30'000, '#');
  const std::string put = absl::StrCat("PUTSCRIPT \"a\" {30000+}\r\n", script, "\r\n");
  const std::string login = Plain(kAnn, kAnnsPassword);
  EXPECT_THAT(Converse(absl::StrCat(login, put, put)), EndsWith("OK\r\n"));
  const auto others = limits_.Hold(30'000);
  EXPECT_THAT(Converse(absl::StrCat(login, put)),
              HasSubstr("BYE (TRYLATER) \"Too much is going on"));
}

TEST_F(SessionTest, BeforeALoginLittleIsTakenIn) {
  const std::string said =
      Converse(absl::StrCat("NOOP {9000+}\r\n", std::string(9000, 'x'), "\r\n"));
  EXPECT_THAT(said, EndsWith("NO (QUOTA/MAXSIZE) \"A script has 97 KiB at most.\"\r\n"));
}

TEST_F(SessionTest, ALineHasALimit) {
  const std::string said = Converse(absl::StrCat("NOOP \"", std::string(10'000, 'x'), "\"\r\n"));
  EXPECT_THAT(said, EndsWith("BYE \"This can't be read: a line has 8192 bytes at most.\"\r\n"));
}

TEST_F(SessionTest, WhoOnlyMakesMistakesIsSentAway) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "GET / HTTP/1.1\r\n";
  EXPECT_THAT(Converse(lines), EndsWith("BYE \"There were too many mistakes.\"\r\n"));
}

TEST_F(SessionTest, WhoSaysNothingIsSentAway) {
  Waits waits;
  waits.login = std::chrono::milliseconds(1);
  EXPECT_THAT(Converse("", false, waits), EndsWith("BYE \"Nothing has come for too long.\"\r\n"));
  waits.login = std::chrono::minutes(5);
  waits.idle = std::chrono::milliseconds(1);
  EXPECT_THAT(Converse(Plain(kAnn, kAnnsPassword), false, waits),
              EndsWith("BYE \"Nothing has come for too long.\"\r\n"));
  // In the middle of a literal, whatever the idle limit.
  waits.idle = std::chrono::minutes(5);
  waits.piece = std::chrono::milliseconds(1);
  EXPECT_THAT(Converse(absl::StrCat(Plain(kAnn, kAnnsPassword), "PUTSCRIPT \"a\" {10+}\r\nabc"),
                       false, waits),
              EndsWith("BYE \"Nothing has come for too long.\"\r\n"));
  EXPECT_THAT(storage_.scripts, IsEmpty());
}

TEST_F(SessionTest, NoPasswordIsRepeated) {
  const std::string login = Plain(kAnn, "hunter2-hunter2");
  const std::string said =
      Converse(absl::StrCat(login, "AUTHENTICATE \"PLAIN\" \"aHVudGVyMg==\"\r\n"));
  EXPECT_THAT(said, Not(HasSubstr("hunter2")));
  EXPECT_THAT(said, Not(HasSubstr("aHVudGVyMg")));
}

}  // namespace
}  // namespace postern::rules::managesieve
