// What a watcher takes for new in a POP3 mailbox that shows not what it showed before.

#include "tests/unit/fetcher/pop3_watcher_bench.h"

namespace postern::fetcher {
namespace {

using Pop3NewMailTest = Pop3WatcherTest;

// As many as matter, behind others that are no longer there.
const std::vector<std::string> kSixNew = {"A", "B", "C", "D", "E", "F"};

std::string ReadSix() {
  std::string script;
  for (int number = 1; number <= 6; ++number) script += Read(number, absl::StrCat(number), 2020);
  return script;
}

TEST_F(Pop3NewMailTest, ReplaysNoMailboxWhoseServerGaveAllMailsOtherIds) {
  SetKnown({"a", "b", "c", "d", "e", "f", "g"});
  std::string asked;
  for (int number = 7; number >= 1; --number) asked += Top(number, 2020);
  Watch({absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F", "G", "new"}), Top(8, 2022), asked,
                      Read(8, "New", 2022), kQuit),
         absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F", "G", "new"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL New");
  EXPECT_EQ(CountKnown(), 15u) << "the old ids may come back";
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
}

// Others have the mail's very time in minutes' distance: ten are leeway for clocks.
TEST_F(Pop3NewMailTest, RepeatsNothingOfAServerThatGivesOtherIdsAtEachLogin) {
  SetKnown({"a", "b", "c", "d", "e", "f"});
  const auto top = [](int number, const std::string& id) {
    return absl::StrCat("C: TOP ", number, " 0\nS: +OK\n", Received(2022), "S: Message-ID: <", id,
                        "@x>\nS:\nS: .\n");
  };
  const auto read = [](int number, const std::string& id) {
    return absl::StrCat("C: LIST ", number, "\nS: +OK ", number, " 20\nC: RETR ", number,
                        "\nS: +OK\n", Received(2022), "S: Message-ID: <", id,
                        "@x>\nS: Subject: ", id, "\nS:\nS: .\n");
  };
  std::string first = absl::StrCat(kLogin, List({"1", "2", "3", "4", "5", "6"}));
  for (int number = 6; number >= 1; --number) first += top(number, absl::StrCat("m", number));
  for (int number = 1; number <= 6; ++number) first += read(number, absl::StrCat("m", number));
  std::string second = absl::StrCat(kLogin, List({"11", "12", "13", "14", "15", "16", "17"}));
  for (int number = 7; number >= 1; --number) second += top(number, absl::StrCat("m", number));
  Watch({absl::StrCat(first, kQuit), absl::StrCat(second, read(7, "m7"), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "FULL m1,m2,m3,m4,m5,m6; FULL m7");
}

TEST_F(Pop3NewMailTest, LosesNothingOfAMailboxThatWasEmptiedAndFilledAgain) {
  SetKnown({"a", "b", "c"});
  std::string asked, read;
  for (int number = 6; number >= 1; --number) asked += Top(number, 2022);
  for (int number = 1; number <= 6; ++number) read += Read(number, absl::StrCat(number), 2022);
  Watch({absl::StrCat(kLogin, List({"A", "B", "C", "D", "E", "F"}), asked, read, kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL 1,2,3,4,5,6");
}

TEST_F(Pop3NewMailTest, ForgetsNothingWhenTheServerShowsAnEmptyMailbox) {
  SetKnown({"a", "b"});
  Watch({absl::StrCat(kLogin, List({}), kQuit), absl::StrCat(kLogin, List({"a", "b"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "");
}

TEST_F(Pop3NewMailTest, ForgetsNothingWhenTheServerShowsAPartOfTheMailbox) {
  std::vector<std::string> ids;
  for (int i = 0; i < 600; ++i) ids.push_back(absl::StrCat("a", i));
  SetKnown(ids);
  Watch({absl::StrCat(kLogin, List({"a7"}), kQuit), absl::StrCat(kLogin, List(ids), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(Delivered(), "");
}

TEST_F(Pop3NewMailTest, ForgetsTheOldestOfTooManyThatAreGone) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < KnownMails::kMost; ++i) ids.push_back(absl::StrCat("a", i));
  SetKnown(ids);
  Watch({absl::StrCat(kLogin, List({"a0", "b"}), Read(2, "Hello"), kQuit),
         absl::StrCat(kLogin, List({"a0", "b"}), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(CountKnown(), KnownMails::kMost * 9 / 10);
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(Pop3NewMailTest, LosesNoMailThatHasNoDate) {
  SetKnown({"a", "b", "c"});
  std::string asked;
  for (int number = 6; number >= 1; --number) {
    absl::StrAppend(&asked, "C: TOP ", number, " 0\nS: +OK\nS: Subject: x\nS:\nS: .\n");
  }
  Watch({absl::StrCat(kLogin, List(kSixNew), asked, ReadSix(), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL 1,2,3,4,5,6");
}

TEST_F(Pop3NewMailTest, LosesNoMailOfAServerWithoutTopAndAsksItNoMoreThanItBears) {
  SetKnown({"a", "b", "c"});
  std::string asked;
  for (int number = 6; number >= 2; --number) {
    absl::StrAppend(&asked, "C: TOP ", number, " 0\nS: -ERR what?\n");
  }
  Watch({absl::StrCat(kLogin, List(kSixNew), asked, ReadSix(), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_EQ(Delivered(), "FULL 1,2,3,4,5,6");
}

TEST_F(Pop3NewMailTest, GoesOnThoughTheHeadersOfTwoMailsCanNotBeRead) {
  SetKnown({"a", "b", "c"});
  HoldPassword();
  std::string asked, read;
  for (int number = 4; number >= 1; --number) asked += Top(number, 2022);
  for (int number = 1; number <= 4; ++number) read += Read(number, absl::StrCat(number), 2022);
  absl::StrAppend(&read, "C: TOP 5 0\nS: +OK\nS: Subject: 5\nS:\nS: .\n", Read(6, "6", 2022));
  Watch({absl::StrCat(kLogin, List(kSixNew), "C: TOP 6 0\nS: nonsense\n"),
         absl::StrCat(kLogin, List(kSixNew), "C: TOP 5 0\nS: nonsense\n"),
         absl::StrCat(kLogin, List(kSixNew), asked, read, kQuit)});
  for (size_t visits = 1; visits <= 3; ++visits) EXPECT_TRUE(VisitedAndGoesOn(visits));
  EXPECT_EQ(Delivered(), "FULL 1; FULL 2; FULL 3; FULL 4; FULL 5; FULL 6");
}

TEST_F(Pop3NewMailTest, StillTakesForNewWhatHasWaitedAsNew) {
  SetKnown({"a"});
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(kLogin, List({"n1", "n2"}), kQuit),
         absl::StrCat(kLogin, List({"n1", "n2", "x3", "x4", "x5", "x6"}), Top(6, 2022),
                      Top(5, 2022), Top(4, 2020), Top(3, 2022), kQuit)});
  EXPECT_TRUE(Visited(1));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_TRUE(Visited(2));
  EXPECT_EQ(CountKnown(), 2u) << "one is old";
}

}  // namespace
}  // namespace postern::fetcher
