#include <gtest/gtest.h>

#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

class Features : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "home"));
    bench.Install();
  }

  FeatureBench bench;
};

TEST_F(Features, SmallQuestionsAreAnswered) {
  EXPECT_EQ(bench.AskIq("get", kAnn, kDomain, MakeElement("ping", "urn:xmpp:ping")).Attr("type"),
            "result");
  const Element version = bench.AskIq("get", kAnn, kDomain, QueryOf("jabber:iq:version"));
  EXPECT_EQ(version.children.front().ChildText("name"), "Postern");
  EXPECT_NE(version.children.front().ChildText("version"), "");
  const Element last = bench.AskIq("get", kAnn, kDomain, QueryOf("jabber:iq:last"));
  EXPECT_NE(last.children.front().Attr("seconds"), "");
  EXPECT_EQ(
      ConditionOf(bench.AskIq("get", kAnn, "home@mail.example.org", QueryOf("jabber:iq:last"))),
      "item-not-found");
  const Element card = bench.AskIq("get", kAnn, "bob\\40example.net@mail.example.org",
                                   MakeElement("vCard", "vcard-temp"));
  ASSERT_NE(card.children.front().Child("EMAIL"), nullptr);
  EXPECT_EQ(card.children.front().Child("EMAIL")->ChildText("USERID"), "bob@example.net");
}

TEST_F(Features, ThePromptTurnsAnAddressIntoAJid) {
  EXPECT_NE(bench.AskIq("get", kAnn, kDomain, QueryOf("jabber:iq:gateway"))
                .children.front()
                .ChildText("prompt"),
            "");
  Element query = QueryOf("jabber:iq:gateway");
  query.AddText("prompt", "mailto:bob@example.net");
  const Element answer = bench.AskIq("set", kAnn, kDomain, query);
  ASSERT_EQ(answer.Attr("type"), "result");
  EXPECT_EQ(answer.children.front().ChildText("jid"), "bob\\40example.net@mail.example.org");
  EXPECT_EQ(answer.children.front().ChildText("prompt"), "bob\\40example.net@mail.example.org");
  Element wrong = QueryOf("jabber:iq:gateway");
  wrong.AddText("prompt", "bob");
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, kDomain, wrong)), "not-acceptable");
}

TEST_F(Features, HelpIsThereForEveryContact) {
  for (const char* to : {kDomain, "work@mail.example.org", "out@mail.example.org",
                         "bob\\40example.net@mail.example.org", "help@mail.example.org"}) {
    SCOPED_TRACE(to);
    const size_t before = bench.sink.sent.size();
    bench.Write(kAnn, to, "h1", "Help");
    ASSERT_TRUE(bench.RunUntil([&] { return bench.sink.sent.size() > before; }));
    EXPECT_EQ(bench.sink.sent.back().Attr("type"), "chat");
    EXPECT_NE(bench.sink.sent.back().ChildText("body"), "");
  }
  EXPECT_EQ(bench.sender.calls(), 0u);
}

}  // namespace
}  // namespace postern::xmpp_edge
