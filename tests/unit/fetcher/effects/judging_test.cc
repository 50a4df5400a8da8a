// How the rules are asked, and what becomes of mails that they have no answer for.

#include "tests/unit/fetcher/effects/ruled_delivery_bench.h"

namespace postern::fetcher {
namespace {

TEST_F(RuledDeliveryTest, BringsTheBytesOfAMailToRulesThatAskForThem) {
  peers_.said["a"] = "wants_message: true";
  peers_.later["a"] = "verdict: VERDICT_KEEP actions { discard {} }";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), absl::StrCat("again ", std::string(kRaw).size(), " 0|deliver b"));
  EXPECT_TRUE(progress_.WantsRaw(std::time(nullptr))) << "the next ones bring theirs along";
}

TEST_F(RuledDeliveryTest, AsksAgainForFactsThoughNobodyKnowsThem) {
  peers_.said["a"] = "missing_facts: 'mailbox:A'";
  peers_.later["a"] = kKeep;
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "again 0 1|deliver a");
}

TEST_F(RuledDeliveryTest, KeepsWhatRulesAskAboutWithoutEnd) {
  peers_.said["a"] = peers_.later["a"] = "missing_facts: 'mailbox:A'";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  const std::string events = Events();
  EXPECT_TRUE(absl::EndsWith(events,
                             "|tell ann@example.org Your rules ask for more than can be looked up "
                             "for one mail, and did nothing with it.|deliver a|deliver b"))
      << events;
}

TEST_F(RuledDeliveryTest, ChainsOfFactsAreFollowed) {
  peers_.said["a"] = "missing_facts: 'mailbox:A'";
  peers_.by_facts = {"missing_facts: 'mailbox:B'", "missing_facts: 'mailbox:C'",
                     "missing_facts: 'mailbox:D'", "missing_facts: 'mailbox:E'", kKeep};
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "again 0 1|again 0 2|again 0 3|again 0 4|again 0 5|deliver a");
}

// Whatever is wrong with one mail, or with what the rules say of it, it comes, and so do the
// others.

TEST_F(RuledDeliveryTest, KeepsWhatRulesCanNotJudgeAfterSomeTries) {
  peers_.unbearable = "b";
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(HandOn({"a", "b", "c"}).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(Events(), "");
  }
  EXPECT_TRUE(HandOn({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org Your rules could not look at a mail, and did nothing with it.|"
            "deliver a|deliver b|deliver c");
}

TEST_F(RuledDeliveryTest, ACopyOfAMailOfTheSameBatchIsJudgedBehindIt) {
  peers_.said["a"] = absl::StrCat(kKeep, "marks { key: 'm' seconds: 1 }");
  peers_.said["b"] = "missing_facts: 'committed:id1'";
  peers_.alone["b"] = "verdict: VERDICT_KEEP actions { discard {} } marks { key: 'n' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(), "deliver a|deliver c|commit id1 m|commit id2 n");
}

}  // namespace
}  // namespace postern::fetcher
