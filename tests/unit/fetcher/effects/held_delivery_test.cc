// Mails that rules put off, or that wait for their user.

#include <chrono>

#include "lib/net/deadline.h"
#include "tests/unit/fetcher/effects/ruled_delivery_bench.h"

namespace postern::fetcher {
namespace {

TEST_F(RuledDeliveryTest, HoldsAMailUntilItsTime) {
  const int64_t now = std::time(nullptr);
  peers_.said["a"] = absl::StrCat(kKeep, "actions { hold { until_unix: ", now + 3600, " } }");
  peers_.said["b"] = absl::StrCat(kKeep, "actions { hold { until_unix: ", now - 5, " } }");
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "deliver b") << "its time is over";
  EXPECT_TRUE(held_.Due("box:7", now + 3599).empty());
  ASSERT_EQ(held_.Due("box:7", now + 3600).size(), 1u);
  EXPECT_EQ(held_.NextDue("box:7", now), now + 3600);
  EXPECT_TRUE(progress_.lease.has_held);
}

TEST_F(RuledDeliveryTest, JudgesMailThatHasToWaitAndShowsOnlyWhatIsUrgent) {
  RuledDelivery delivery = Delivery();
  EXPECT_TRUE(testing::Await(io_, delivery.JudgesAhead(32)));
  peers_.said["b"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_FULL } }");
  peers_.said["c"] = "verdict: VERDICT_KEEP actions { discard {} }";
  EXPECT_TRUE(JudgeAhead({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(), "deliver b urgent");
  ASSERT_EQ(held_.Due("box:7", std::time(nullptr)).size(), 1u);
  EXPECT_EQ(held_.Due("box:7", std::time(nullptr))[0].delivery_id, "id1");

  // Then they are a mailbox of their own.
  HeldMailbox box(mailbox_, held_, progress_.lease);
  auto found = testing::Await(io_, box.Look());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->mails.size(), 1u);
  EXPECT_EQ(box.Id(found->mails[0]), "id1");
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver a") << "the rules are not asked once more";
  EXPECT_TRUE(testing::Await(io_, box.Settle(found->mails)).ok());
  EXPECT_TRUE(held_.empty());
}

TEST_F(RuledDeliveryTest, ShowsAHeldMailAsItWasEdited) {
  peers_.said["a"] = absl::StrCat(
      kKeep,
      "edits { body { change: CHANGE_REPLACE_HEADER header: 'Subject' pattern: 'raw' text: "
      "'edited' } }");
  EXPECT_TRUE(JudgeAhead({"a"}).ok());
  EXPECT_EQ(Events(), "");
  HeldMailbox box(mailbox_, held_, progress_.lease);
  ASSERT_TRUE(testing::Await(io_, box.Look()).ok());
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver edited");
}

TEST_F(RuledDeliveryTest, OthersDoNotWaitForThePresenceOfTheOwner) {
  AddUser("bob@example.org");
  peers_.said["a"] = absl::StrCat(kKeep, "actions { deliver { to: 'bob@example.org' } }");
  EXPECT_TRUE(JudgeAhead({"a"}).ok());
  EXPECT_EQ(Events(), "deliver a urgent to bob@example.org");
  const auto held = held_.Due("box:7", std::time(nullptr));
  ASSERT_EQ(held.size(), 1u) << "the owner's";
  EXPECT_TRUE(held[0].others.empty());
}

TEST_F(RuledDeliveryTest, OthersGetTheirsThoughTheMailsOfTheOwnerAreGathered) {
  AddUser("bob@example.org");
  peers_.said["a"] = absl::StrCat(kKeep, "actions { deliver { to: 'bob@example.org' } }");
  peers_.said["b"] =
      "verdict: VERDICT_KEEP actions { deliver { to: 'bob@example.org' to: 'eve@example.org' } }";
  RuledDelivery delivery = Delivery();
  auto lines = testing::Await(io_, delivery.LeaveForDigest(Mails({"a", "b"})));
  ASSERT_TRUE(lines.ok()) << lines.status();
  const std::string events = Events();
  EXPECT_NE(events.find("deliver a urgent to bob@example.org"), std::string::npos) << events;
  EXPECT_NE(events.find("deliver b urgent to bob@example.org"), std::string::npos) << events;
  EXPECT_EQ(events.find("deliver b urgent to eve@example.org"), std::string::npos) << "no user";
  ASSERT_EQ(lines->size(), 2u) << "what was for nobody here is the owner's";
}

TEST_F(RuledDeliveryTest, WhatIsPutOffForOthersWhoHaveGoneMeanwhileIsTheOwnersAlone) {
  AddUser("bob@example.org");
  const int64_t now = std::time(nullptr);
  peers_.said["a"] = absl::StrCat(kKeep,
                                  "actions { deliver { to: 'bob@example.org' } } actions { "
                                  "hold { until_unix: ",
                                  now + 1, " } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "");
  ASSERT_EQ(held_.Due("box:7", now + 1).at(0).others.size(), 1u);
  book_.Remove("bob@example.org");
  while (std::time(nullptr) < now + 1)
    testing::Await(io_, net::Sleep(std::chrono::milliseconds(50)));
  HeldMailbox box(mailbox_, held_, progress_.lease);
  ASSERT_TRUE(testing::Await(io_, box.Look()).ok());
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver a");
}

TEST_F(RuledDeliveryTest, WhatMovesAwayCanNotWaitForItsUser) {
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "actions { deliver { form: FORM_HEADERS } }";
  EXPECT_EQ(JudgeAhead({"a"}).code(), absl::StatusCode::kUnavailable) << "no server to file it";
  EXPECT_EQ(Events(), "deliver a headers urgent");
}

TEST_F(RuledDeliveryTest, WhatMovesAwayIsInNoDigest) {
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "actions { deliver { form: FORM_HEADERS } }";
  RuledDelivery delivery = Delivery();
  const auto lines = testing::Await(io_, delivery.LeaveForDigest(Mails({"a", "b"})));
  EXPECT_EQ(lines.status().code(), absl::StatusCode::kUnavailable) << "no server to file it";
  EXPECT_EQ(Events(), "deliver a headers urgent");
}

TEST_F(RuledDeliveryTest, NoMoreIsPutOffThanThereIsRoomFor) {
  std::vector<HeldMail> many(HeldMails::kMost);
  for (size_t i = 0; i < many.size(); ++i) {
    many[i].place = "box:7";
    many[i].delivery_id = absl::StrCat("x", i);
    many[i].due_unix = std::time(nullptr) + 9999;
  }
  ASSERT_TRUE(testing::Await(io_, held_.Add(progress_.lease, std::move(many))).ok());
  peers_.said["a"] =
      absl::StrCat(kKeep, "actions { hold { until_unix: ", std::time(nullptr) + 3600, " } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "deliver a urgent");
}

TEST_F(RuledDeliveryTest, DoesNotJudgeAheadWhereNothingIsInForce) {
  peers_.in_force = false;
  RuledDelivery delivery = Delivery();
  EXPECT_FALSE(testing::Await(io_, delivery.JudgesAhead(32)));
}

TEST_F(RuledDeliveryTest, GathersWhatIsForTheDigest) {
  peers_.said["a"] = peers_.said["b"] =
      absl::StrCat(kKeep, "actions { deliver { form: FORM_DIGEST } }");
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "");
  const int64_t due = held_.NextDue("box:7", std::time(nullptr));
  EXPECT_EQ(held_.Due("box:7", due).size(), 2u) << "at the same time";
}

}  // namespace
}  // namespace postern::fetcher
