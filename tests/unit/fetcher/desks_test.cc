// Trials, and what the desks keep and limit.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/fetcher/account_trial.h"
#include "services/fetcher/folder_desk.h"
#include "tests/support/await.h"
#include "tests/unit/fetcher/visit_bench.h"

namespace postern::fetcher {
namespace {

using std::chrono::seconds;
using testing::Await;
using testing::kPop3List;
using testing::kPop3Login;
using testing::ScriptedStream;
using testing::VisitBench;

// Up to the login with this password.
std::string LoginWith(const std::string& password) {
  return absl::StrCat("S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"", password,
                      "\"\nS: A1 OK [CAPABILITY IMAP4rev1] in\n");
}

const std::string kInbox =
    "C: A2 EXAMINE \"INBOX\"\nS: * 0 EXISTS\nS: * OK [UIDVALIDITY 7]\nS: A2 OK\n";

std::string Folders(int tag, const std::string& name) {
  return absl::StrCat("C: A", tag, " LIST \"\" \"%\"\nS: A", tag, " OK\nC: A", tag + 1,
                      " LIST \"\" \"*\"\nS: * LIST () \".\" \"", name, "\"\nS: A", tag + 1,
                      " OK\n");
}

TEST(AccountTrial, TellsWhatIsWrongAndWhereToLook) {
  struct {
    const char* name;
    std::string script;
    const char* mailbox;
    const char* password;  // of the request
    const char* problem;
    const char* field;
  } const cases[] = {
      {"works", LoginWith("secret") + kInbox, "INBOX", "", "", ""},
      {"works with the new password", LoginWith("new") + kInbox, "INBOX", "new", "", ""},
      {"wrong password",
       "S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"new\"\nS: A1 NO bad\n", "INBOX",
       "new", "imap.example.org refused the login: wrong user name or password (server says: bad)",
       "password"},
      {"mailbox by another spelling",
       LoginWith("secret") + "C: A2 EXAMINE \"INBOX/happycoders\"\nS: A2 NO none\n" +
           Folders(3, "INBOX.Happycoders"),
       "INBOX/happycoders", "",
       "imap.example.org has no mailbox \"INBOX/happycoders\"; did you mean "
       "\"INBOX.Happycoders\"?",
       "mailbox"},
      {"mailbox missing",
       LoginWith("secret") + "C: A2 EXAMINE \"Work\"\nS: A2 NO none\n" + Folders(3, "Play"), "Work",
       "",
       "imap.example.org does not open the mailbox \"Work\": check its name (server says: none)",
       "mailbox"},
      {"not IMAP", "S: 220 smtp.example.org ESMTP\n", "INBOX", "",
       "imap.example.org port 993 gives answers that make no sense; is it the right port?", "port"},
      {"a line break in the password", "S: * OK [CAPABILITY IMAP4rev1] hi\n", "INBOX", "a\r\nb",
       "the user name or the password holds a line break or another character that can't be sent",
       "login"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    VisitBench bench({ScriptedStream(c.script)});
    bench.account.mailbox = c.mailbox;
    AccountTrial trial(bench.Parts());
    const auto result = Await(trial.Try(bench.account, crypto::Secret(c.password)));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(words::English(result->problem), c.problem);
    EXPECT_EQ(result->field, c.field);
    EXPECT_EQ(bench.dialer.mismatch(), "");
  }
}

TEST(AccountTrial, TakesTheHeldPasswordWhereNoneIsStored) {
  VisitBench bench({ScriptedStream(LoginWith("held") + kInbox)});
  bench.account.sealed_password.clear();
  AccountTrial trial(bench.Parts());
  auto result = Await(trial.Try(bench.account, crypto::Secret()));
  EXPECT_EQ(result->field, "password") << "there is none";
  EXPECT_EQ(bench.dialer.dialled(), 0u);
  bench.passwords.Hold("acc", "ann@example.org", crypto::Secret("held"));
  result = Await(trial.Try(bench.account, crypto::Secret()));
  EXPECT_EQ(words::English(result->problem), "");
  EXPECT_EQ(bench.dialer.mismatch(), "");
}

TEST(AccountTrial, OpensNoPasswordThatIsSealedForAnotherAccount) {
  VisitBench bench({});
  bench.account.id = "other";
  AccountTrial trial(bench.Parts());
  const auto result = Await(trial.Try(bench.account, crypto::Secret()));
  EXPECT_EQ(words::English(result->problem), "the stored password can't be read; enter it again");
  EXPECT_EQ(bench.dialer.dialled(), 0u);
}

TEST(AccountTrial, RefusesAHostThatIsNone) {
  VisitBench bench({});
  AccountTrial trial(bench.Parts());
  for (const std::string& host : {std::string(), std::string("a\nb"), std::string("a\x1f")}) {
    bench.account.host = host;
    EXPECT_EQ(Await(trial.Try(bench.account, crypto::Secret("x")))->field, "host");
  }
}

TEST(AccountTrial, UnlocksTheMailboxAndTellsWhenItTakesTheNextLogin) {
  VisitBench bench({ScriptedStream(absl::StrCat(kPop3Login, kPop3List, "C: QUIT\nS: +OK\n"))});
  bench.account.type = AccountType::kPop3;
  AccountTrial trial(bench.Parts());
  const auto result = Await(trial.Try(bench.account, crypto::Secret()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(words::English(result->problem), "");
  EXPECT_EQ(bench.dialer.mismatch(), "");
  const auto now = LoginDelays::Clock::now();
  EXPECT_GT(bench.login_delays.Left(bench.account, now), seconds(50));
}

TEST(LoginDelays, AreThoseOfOneMailbox) {
  LoginDelays delays;
  const auto now = LoginDelays::Clock::now();
  Account ann, bob;
  ann.type = bob.type = AccountType::kPop3;
  ann.host = bob.host = "pop3.example.org";
  ann.login = "ann";
  bob.login = "bob";
  delays.Note(ann, seconds(60), now);
  delays.Note(bob, seconds(0), now);
  ann.id = "the account that came of a trial";
  EXPECT_EQ(delays.Left(ann, now), seconds(61));
  EXPECT_EQ(delays.Left(ann, now + seconds(61)), seconds(0));
  EXPECT_EQ(delays.Left(bob, now), seconds(0));
  for (size_t i = 0; i <= LoginDelays::kMost; ++i) {
    bob.login = absl::StrCat(i);
    delays.Note(bob, seconds(60), now);
  }
  EXPECT_EQ(delays.Left(bob, now), seconds(0)) << "there is a limit";
  delays.Note(bob, seconds(60), now + seconds(100));
  EXPECT_EQ(delays.Left(bob, now + seconds(100)), seconds(61));
}

TEST(VisitLimits, CountTheOnesInside) {
  VisitLimits limits(2, 3);
  auto first = limits.Enter("a");
  {
    auto second = limits.Enter("a");
    ASSERT_TRUE(second.ok());
    const auto third = limits.Enter("a");
    EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(words::WordingOf(third.status()).has_value());
    EXPECT_TRUE(limits.Enter("b").ok());
    auto other = limits.Enter("b");
    EXPECT_FALSE(limits.Enter("c").ok()) << "three are all there may be";
  }
  EXPECT_TRUE(limits.Enter("a").ok());
}

class FolderDeskTest : public ::testing::Test {
 protected:
  FolderDesk DeskOn(VisitBench& bench) {
    return FolderDesk(bench.Parts(), limits_, [this] { return now_; });
  }
  std::string First(FolderDesk& desk, VisitBench& bench) {
    const auto tree = Await(desk.TreeOf(bench.Copy()));
    if (!tree.ok()) return std::string(tree.status().message());
    const auto top = (*tree)->Below({});
    return top.empty() ? "" : top.front().name;
  }
  static ScriptedStream Script(const std::string& name) {
    return ScriptedStream(LoginWith("secret") + Folders(2, name));
  }

  VisitLimits limits_{2, 32};
  FolderDesk::Clock::time_point now_ = FolderDesk::Clock::now();
};

TEST_F(FolderDeskTest, KeepsAnAnswerForAWhile) {
  VisitBench bench({Script("one"), Script("two")});
  FolderDesk desk = DeskOn(bench);
  EXPECT_EQ(First(desk, bench), "one");
  now_ += FolderDesk::kKeep - seconds(1);
  EXPECT_EQ(First(desk, bench), "one");
  now_ += seconds(2);
  EXPECT_EQ(First(desk, bench), "two");
  EXPECT_EQ(bench.dialer.dialled(), 2u);
}

TEST_F(FolderDeskTest, DropsItWhenTheSettingsChangeOrTheAccountGoes) {
  VisitBench bench({Script("one"), Script("two"), Script("three")});
  FolderDesk desk = DeskOn(bench);
  EXPECT_EQ(First(desk, bench), "one");
  ++bench.account.settings_revision;
  EXPECT_EQ(First(desk, bench), "two");
  desk.Forget("acc");
  EXPECT_EQ(First(desk, bench), "three");
}

TEST_F(FolderDeskTest, TriesARefusedLoginOnceForAWholeTree) {
  VisitBench bench({ScriptedStream("S: * BYE too busy\n"), Script("one")});
  FolderDesk desk = DeskOn(bench);
  EXPECT_NE(First(desk, bench).find("too busy"), std::string::npos);
  EXPECT_NE(First(desk, bench).find("too busy"), std::string::npos);
  EXPECT_EQ(bench.dialer.dialled(), 1u);
  now_ += seconds(11);
  EXPECT_EQ(First(desk, bench), "one");
}

net::Task<bool> AskAtOnce(FolderDesk& desk, std::shared_ptr<const Account> account, int& left) {
  const auto tree = co_await desk.TreeOf(account);
  --left;
  co_return tree.ok();
}

TEST_F(FolderDeskTest, AsksTheServerOnceForAllWhoWait) {
  VisitBench bench({Script("one")});
  FolderDesk desk = DeskOn(bench);
  boost::asio::io_context io;
  int left = 5, good = 0;
  for (int i = 0; i < 5; ++i) {
    boost::asio::co_spawn(io, AskAtOnce(desk, bench.Copy(), left),
                          [&](std::exception_ptr, bool ok) { good += ok; });
  }
  io.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(good, 5);
  EXPECT_EQ(bench.dialer.dialled(), 1u);
}

}  // namespace
}  // namespace postern::fetcher
