// Stories of accounts that are removed: asked for twice.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/registration_story.h"

namespace postern::xmpp_edge {
namespace {

class RegistrationRemoval : public RegistrationStory {};

TEST_F(RegistrationRemoval, RemovalIsAskedTwice) {
  bench.Install();
  const Element asked = Remove("out@mail.example.org/SMTP");
  EXPECT_EQ(ConditionOf(asked), "not-acceptable");
  EXPECT_EQ(asked.Child("error")->Attr("type"), "modify");
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(asked), "out"));
  EXPECT_FALSE(absl::StrContains(ErrorTextOf(asked), "work"));
  ASSERT_TRUE(bench.RunUntil([this] {
    return bench.SentWith("<body>Nothing is removed yet") != nullptr;
  })) << "some clients show no errors";
  EXPECT_TRUE(bench.admin.Has("ann@example.org/out"));
  bench.LetRead();
  EXPECT_EQ(Remove("out@mail.example.org/SMTP").Attr("type"), "result");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/out"));
  EXPECT_TRUE(bench.admin.Has(kWorkId));

  bench.Settle();
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(Remove(kDomain)), "work"));
  bench.LetRead();
  EXPECT_EQ(Remove(kDomain).Attr("type"), "result");
  EXPECT_FALSE(bench.admin.Has(kWorkId));
  EXPECT_TRUE(bench.admin.Has("bob@example.org/home"));
  bench.Settle();
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "registration-required");
}

TEST_F(RegistrationRemoval, TheSecondTimeMustMeanTheSame) {
  bench.Install();
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "not-acceptable");
  EXPECT_EQ(ConditionOf(Remove(kWork)), "not-acceptable") << "another wish";
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "not-acceptable") << "the last wish was another";
  ASSERT_EQ(Submit(kImap, NewImap("new")).Attr("type"), "result");
  bench.Settle();
  const Element again = Remove(kDomain);
  EXPECT_EQ(ConditionOf(again), "not-acceptable") << "an account came in between";
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(again), "new"));
  EXPECT_TRUE(bench.admin.Has(kWorkId));
  bench.LetRead();
  EXPECT_EQ(Remove(kDomain).Attr("type"), "result");
}

TEST_F(RegistrationRemoval, WhatComesTooSoonOrTwiceUnderOneIdIsNoSecondTime) {
  bench.Install();
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "not-acceptable");
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "not-acceptable") << "a double click";
  Element iq = MakeStanza("iq", kAnn, kDomain, "set", "once");
  iq.Add(QueryOf(kRegister).Add(MakeElement("remove")));
  EXPECT_EQ(ConditionOf(bench.Ask(iq)), "not-acceptable");
  bench.LetRead();
  EXPECT_EQ(ConditionOf(bench.Ask(iq)), "not-acceptable") << "sent again by a client";
  EXPECT_TRUE(bench.admin.Has(kWorkId));
}

TEST_F(RegistrationRemoval, NobodyElsesFirstTimeCounts) {
  bench.Install();
  EXPECT_EQ(ConditionOf(Remove(kDomain, kBob)), "not-acceptable");
  EXPECT_EQ(ConditionOf(Remove(kDomain)), "not-acceptable");
  EXPECT_TRUE(bench.admin.Has(kWorkId));
}

TEST_F(RegistrationRemoval, TheFirstTimeOutlivesARestartButNotTwoMinutes) {
  bench.Install();
  EXPECT_EQ(ConditionOf(Remove(kWork)), "not-acceptable");
  const std::string key = "postern:session:removal:{ann@example.org}";
  std::vector<std::string> command = {"TTL", key};
  auto ttl = testing::Await(bench.io, bench.redis->Command(command));
  ASSERT_TRUE(ttl.ok());
  EXPECT_GT(ttl->integer, 100);
  EXPECT_LE(ttl->integer, 120);
  bench.Restart();
  bench.LetRead();
  EXPECT_EQ(Remove(kWork).Attr("type"), "result");
  command = {"EXISTS", key};
  EXPECT_EQ(testing::Await(bench.io, bench.redis->Command(command))->integer, 0);
}

TEST_F(RegistrationRemoval, RemovalAtAFolderIsThatOfItsAccount) {
  HasFolder("Lists.xmpp");
  bench.Install();
  EXPECT_EQ(ConditionOf(Remove(kFolder)), "registration-required");
  HasFolder("INBOX");
  EXPECT_EQ(ConditionOf(Remove(kFolder)), "not-acceptable");
  bench.LetRead();
  EXPECT_EQ(Remove(kFolder).Attr("type"), "result");
  EXPECT_FALSE(bench.admin.Has(kWorkId));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/out"));
}

}  // namespace
}  // namespace postern::xmpp_edge
