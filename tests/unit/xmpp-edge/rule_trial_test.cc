#include "services/xmpp-edge/rule_trial.h"

#include "tests/unit/xmpp-edge/rule_bench.h"

namespace postern::xmpp_edge {
namespace {

class RuleTrialByChat : public ::testing::Test, public RuleBench {
 protected:
  void SetUp() override { Begin(); }

  void Judge(std::vector<std::string> actions) {
    const std::lock_guard lock(bench.fetcher.mutex);
    auto& judged = bench.fetcher.judged.emplace_back();
    judged.mutable_mail()->set_id(absl::StrCat("7:", bench.fetcher.judged.size()));
    for (std::string& action : actions) judged.add_actions(std::move(action));
  }
};

TEST_F(RuleTrialByChat, CountsWhatWouldBeDoneAndChangesNothing) {
  Judge({"fileinto Lists"});
  Judge({"fileinto Lists", "redirect bob@example.net"});
  Judge({});
  bench.fetcher.most_judged = 2;  // so that it goes on below
  EXPECT_EQ(
      Said(kDomain, "rules try Lists/dev team"),
      "What rules (yours and this gateway's) would do with 3 mails in Lists/dev team (work):\n"
      "2 × move it to the folder \"Lists\"\n"
      "1 × send it on to \"bob@example.net\", and don't show it\n"
      "1 × nothing\n"
      "Nothing was changed. Write \"rules apply work Lists/dev team\" to have it done.");
  ASSERT_EQ(bench.fetcher.applied.size(), 2u);
  EXPECT_EQ(bench.fetcher.applied[1].before_id(), "7:2");
  for (const auto& request : bench.fetcher.applied) {
    EXPECT_EQ(request.account_id(), "ann@example.org/work");
    EXPECT_EQ(request.mailbox(), "Lists/dev team");
    EXPECT_FALSE(request.carry_out() || request.deliver());
  }
}

TEST_F(RuleTrialByChat, AppliesOnceAfterAYes) {
  Judge({"fileinto Lists", "deliver full", "reply bob@example.net"});
  const std::string asked = Said(kDomain, "rules apply");
  EXPECT_TRUE(absl::StrContains(asked, "Answer \"yes\" within ten minutes to have that done, or"));
  EXPECT_TRUE(absl::StrContains(asked, "1 × move it")) << asked;
  EXPECT_FALSE(absl::StrContains(asked, "show it at once") || absl::StrContains(asked, "bob"))
      << asked;
  EXPECT_FALSE(bench.fetcher.applied.back().carry_out());
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "Yes"), "gateway's) did with 1 mail in INBOX"));
  EXPECT_TRUE(bench.fetcher.applied.back().carry_out());
  EXPECT_FALSE(bench.fetcher.applied.back().deliver());
  const size_t calls = bench.fetcher.applied.size();
  EXPECT_EQ(Said(kDomain, "yes"), "There is no question that waits for an answer.");
  EXPECT_EQ(bench.fetcher.applied.size(), calls);
}

TEST_F(RuleTrialByChat, DoesNothingAfterANo) {
  Judge({"fileinto Lists"});
  Said(kDomain, "rules apply");
  EXPECT_EQ(Said(kDomain, "no"), "Nothing was done.");
  EXPECT_FALSE(bench.fetcher.applied.back().carry_out());
  EXPECT_EQ(Said(kDomain, "yes"), "There is no question that waits for an answer.");
  EXPECT_FALSE(bench.fetcher.applied.back().carry_out());
}

TEST_F(RuleTrialByChat, TellsApartWhatIsDoneWithNewMailOnly) {
  Judge({"deliver full", "keep [\\Seen]"});
  Judge({"reply bob@example.net"});
  EXPECT_EQ(Said(kDomain, "rules try"),
            "What rules (yours and this gateway's) would do with 2 mails in INBOX (work):\n"
            "1 × keep it, marked with [\\Seen]\n"
            "1 × nothing\n"
            "If such mails came now (those that lie there are neither shown again nor answered):\n"
            "1 × answer bob@example.net\n"
            "1 × show it at once, whatever your presence and the hour\n"
            "Nothing was changed. Write \"rules apply work INBOX\" to have it done.");
}

TEST_F(RuleTrialByChat, TellsWhatIsWrong) {
  EXPECT_EQ(Said(kDomain, "rules try"), "There is no mail in INBOX (work).");
  bench.fetcher.failure = {grpc::StatusCode::UNAVAILABLE, "the mail server is away"};
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "rules try Nowhere"),
                                "The mails in Nowhere could not be looked at: "));
  user = kBob;
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "rules try work INBOX"), "could not be looked at"));
  EXPECT_EQ(bench.fetcher.applied.back().account_id(), "bob@example.org/his");
  user = "eve@example.org/x";
  EXPECT_TRUE(absl::StrContains(Said(kDomain, "rules try"), "no account that receives mail"));
}

TEST_F(RuleTrialByChat, ActionsInPlainWords) {
  const Words english("en");
  const struct {
    const char *action, *text;
  } cases[] = {{"discard", "don't show it, and leave it in the mailbox"},
               {"keep [\\Flagged later]", "keep it, marked with [\\Flagged later]"},
               {"fileinto Lists/dev team", "move it to the folder \"Lists/dev team\""},
               {"deliver headers", "show only who wrote, and the subject"},
               {"deliver full", "show it at once, whatever your presence and the hour"},
               {"deliver none bob@example.org", "deliver none bob@example.org"},
               {"reply bob@example.org", "answer bob@example.org"},
               {"hold 2026-01-01T07:00Z", "hold 2026-01-01T07:00Z"},
               {"something new", "something new"}};
  for (const auto& c : cases) EXPECT_EQ(AppliedActionText(c.action, english), c.text);
}

}  // namespace
}  // namespace postern::xmpp_edge
