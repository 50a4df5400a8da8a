#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/data_form.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kInfo[] = "http://jabber.org/protocol/disco#info";
constexpr char kItems[] = "http://jabber.org/protocol/disco#items";
constexpr char kRegister[] = "jabber:iq:register";

Element Query(const char* ns, const std::string& node = "") {
  Element query = MakeElement("query", ns);
  if (!node.empty()) query.Set("node", node);
  return query;
}

std::set<std::string> AttrsOf(const Element& answer, const char* child, const char* attr) {
  std::set<std::string> values;
  if (answer.children.empty()) return values;
  for (const Element& one : answer.children.front().children) {
    if (one.name == child) values.insert(std::string(one.Attr(attr)));
  }
  return values;
}

Element Submit(const std::map<std::string, std::string>& fields) {
  Element form = MakeElement("x", kDataFormNs);
  form.Set("type", "submit");
  for (const auto& [var, value] : fields) {
    Element field = MakeElement("field");
    field.Set("var", var).AddText("value", value);
    form.Add(std::move(field));
  }
  Element query = MakeElement("query", kRegister);
  query.Add(std::move(form));
  return query;
}

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

TEST_F(Features, TheGatewayTellsWhatItIs) {
  const Element answer = bench.AskIq("get", kAnn, kDomain, Query(kInfo));
  EXPECT_EQ(AttrsOf(answer, "identity", "category"),
            (std::set<std::string>{"gateway", "headline"}));
  const auto features = AttrsOf(answer, "feature", "var");
  for (const char* var : {kInfo, kItems, kRegister, "jabber:iq:gateway", "jabber:iq:version",
                          "jabber:iq:last", "vcard-temp", "urn:xmpp:ping", "jid\\20escaping"}) {
    EXPECT_TRUE(features.contains(var)) << var;
  }
}

TEST_F(Features, EachInfoHasAnIdentityAndEchoesItsNode) {
  const struct {
    const char *to, *node;
  } places[] = {
      {kDomain, ""},
      {"mail.example.org/IMAP", ""},
      {"mail.example.org/IMAP", "IMAP"},
      {"mail.example.org", "SMTP"},
      {"mail.example.org/POP3", "POP3"},
      {"work@mail.example.org", ""},
      {"work@mail.example.org/IMAP", "IMAP/work"},
      {"bob\\40example.net@mail.example.org", ""},
      {"bob%example.net@mail.example.org", ""},
  };
  for (const auto& place : places) {
    SCOPED_TRACE(absl::StrCat(place.to, " ", place.node));
    const Element answer = bench.AskIq("get", kAnn, place.to, Query(kInfo, place.node));
    EXPECT_EQ(answer.Attr("type"), "result");
    EXPECT_FALSE(AttrsOf(answer, "identity", "category").empty());
    ASSERT_FALSE(answer.children.empty());
    EXPECT_EQ(answer.children.front().Attr("node"), place.node);
  }
}

TEST_F(Features, TheTreeHasTypesAndTheAskersAccounts) {
  EXPECT_EQ(AttrsOf(bench.AskIq("get", kAnn, kDomain, Query(kItems)), "item", "jid"),
            (std::set<std::string>{"mail.example.org/IMAP", "mail.example.org/POP3",
                                   "mail.example.org/SMTP"}));
  const Element imap = bench.AskIq("get", kAnn, "mail.example.org/IMAP", Query(kItems, "IMAP"));
  EXPECT_EQ(AttrsOf(imap, "item", "jid"), (std::set<std::string>{"work@mail.example.org/IMAP"}));
  EXPECT_EQ(AttrsOf(imap, "item", "node"), (std::set<std::string>{"IMAP/work"}));
  const Element leaf =
      bench.AskIq("get", kAnn, "work@mail.example.org/IMAP", Query(kItems, "IMAP/work"));
  EXPECT_EQ(leaf.Attr("type"), "result");
  EXPECT_TRUE(AttrsOf(leaf, "item", "jid").empty());
}

TEST_F(Features, WhatIsNotThereOrNotOnesOwnIsNotFound) {
  const struct {
    const char *to, *node;
  } places[] = {
      {kDomain, "nonsense"},
      {kDomain, "IMAP/home"},
      {kDomain, "IMAP/"},
      {kDomain, "SMTP/work"},
      {"home@mail.example.org", ""},
      {"home@mail.example.org/IMAP", "IMAP/home"},
      {"work@mail.example.org/SMTP", ""},
  };
  for (const auto& place : places) {
    SCOPED_TRACE(absl::StrCat(place.to, " ", place.node));
    for (const char* ns : {kInfo, kItems}) {
      EXPECT_EQ(ConditionOf(bench.AskIq("get", kAnn, place.to, Query(ns, place.node))),
                "item-not-found");
    }
  }
}

TEST_F(Features, SmallQuestionsAreAnswered) {
  EXPECT_EQ(bench.AskIq("get", kAnn, kDomain, MakeElement("ping", "urn:xmpp:ping")).Attr("type"),
            "result");
  const Element version = bench.AskIq("get", kAnn, kDomain, Query("jabber:iq:version"));
  EXPECT_EQ(version.children.front().ChildText("name"), "Postern");
  EXPECT_NE(version.children.front().ChildText("version"), "");
  const Element last = bench.AskIq("get", kAnn, kDomain, Query("jabber:iq:last"));
  EXPECT_NE(last.children.front().Attr("seconds"), "");
  EXPECT_EQ(ConditionOf(bench.AskIq("get", kAnn, "home@mail.example.org", Query("jabber:iq:last"))),
            "item-not-found");
  const Element card = bench.AskIq("get", kAnn, "bob\\40example.net@mail.example.org",
                                   MakeElement("vCard", "vcard-temp"));
  ASSERT_NE(card.children.front().Child("EMAIL"), nullptr);
  EXPECT_EQ(card.children.front().Child("EMAIL")->ChildText("USERID"), "bob@example.net");
}

TEST_F(Features, ThePromptTurnsAnAddressIntoAJid) {
  EXPECT_NE(bench.AskIq("get", kAnn, kDomain, Query("jabber:iq:gateway"))
                .children.front()
                .ChildText("prompt"),
            "");
  Element query = Query("jabber:iq:gateway");
  query.AddText("prompt", "mailto:bob@example.net");
  const Element answer = bench.AskIq("set", kAnn, kDomain, query);
  ASSERT_EQ(answer.Attr("type"), "result");
  EXPECT_EQ(answer.children.front().ChildText("jid"), "bob\\40example.net@mail.example.org");
  EXPECT_EQ(answer.children.front().ChildText("prompt"), "bob\\40example.net@mail.example.org");
  Element wrong = Query("jabber:iq:gateway");
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

TEST_F(Features, AFormIsThereAtTheGatewayTheTypesAndTheAccounts) {
  for (const char* to : {kDomain, "mail.example.org/IMAP", "work@mail.example.org/IMAP"}) {
    SCOPED_TRACE(to);
    const Element answer = bench.AskIq("get", kAnn, to, Query(kRegister));
    ASSERT_EQ(answer.Attr("type"), "result");
    const Element& query = answer.children.front();
    EXPECT_NE(query.Child("registered"), nullptr);
    EXPECT_NE(query.ChildText("instructions"), "");
    ASSERT_NE(query.Child("x", kDataFormNs), nullptr);
    EXPECT_EQ(ToXml(answer).find("sealed"), std::string::npos);
  }
  const Element stranger = bench.AskIq("get", "eve@example.org/x", kDomain, Query(kRegister));
  EXPECT_EQ(stranger.children.front().Child("registered"), nullptr);
  EXPECT_EQ(ConditionOf(bench.AskIq("get", kAnn, "mail.example.org/POP3", Query(kRegister))),
            "feature-not-implemented");
  EXPECT_EQ(ConditionOf(bench.AskIq("get", kAnn, "home@mail.example.org/IMAP", Query(kRegister))),
            "item-not-found");
}

TEST_F(Features, RegistrationAtTheGatewayTakesOneStep) {
  const Element answer = bench.AskIq("set", "eve@example.org/x", kDomain,
                                     Submit({{"type", "SMTP"},
                                             {"name", "mine"},
                                             {"login", "eve"},
                                             {"password", "s3cret"},
                                             {"host", "smtp.example.org"},
                                             {"default_from", "eve@example.org"},
                                             {"mailbox", ""}}));
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("Welcome") != nullptr; }));
  EXPECT_NE(bench.SentWith("New account 'mine' created"), nullptr);
  ASSERT_EQ(bench.admin.puts().size(), 1u);
  const auto put = bench.admin.puts().front();
  EXPECT_EQ(put.account().owner(), "eve@example.org");
  EXPECT_EQ(put.account().port(), 465u);
  EXPECT_EQ(put.password(), "s3cret");
  // At once, without news from admin.
  EXPECT_EQ(AttrsOf(bench.AskIq("get", "eve@example.org/x", "mail.example.org/SMTP",
                                Query(kItems, "SMTP")),
                    "item", "node"),
            (std::set<std::string>{"SMTP/mine"}));
  for (const Element& stanza : bench.sink.sent) {
    EXPECT_EQ(ToXml(stanza).find("s3cret"), std::string::npos);
  }
}

TEST_F(Features, AnAccountIsChangedAtItsOwnEntry) {
  const Element answer =
      bench.AskIq("set", kAnn, "work@mail.example.org/IMAP",
                  Submit({{"name", "work"}, {"port", "1993"}, {"password", ""}}));
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("Updated account 'work'") != nullptr; }));
  const auto put = bench.admin.puts().front();
  EXPECT_EQ(put.account().id(), "ann@example.org/work");
  EXPECT_EQ(put.account().port(), 1993u);
  EXPECT_EQ(put.account().host(), "imap.example.org");
  EXPECT_EQ(put.password(), "");
}

TEST_F(Features, NobodyReachesAnotherUsersAccount) {
  for (const char* to : {"home@mail.example.org/IMAP", "home@mail.example.org"}) {
    EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, to, Submit({{"host", "evil.example"}}))),
              "item-not-found");
    Element remove = Query(kRegister);
    remove.Add(MakeElement("remove"));
    EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, to, remove)), "item-not-found");
  }
  EXPECT_TRUE(bench.admin.puts().empty());
  EXPECT_TRUE(bench.admin.Has("bob@example.org/home"));
}

TEST_F(Features, AWrongFieldIsNamed) {
  const Element wrong = bench.AskIq("set", kAnn, "mail.example.org/IMAP",
                                    Submit({{"name", "x"},
                                            {"host", "h.example"},
                                            {"login", "a"},
                                            {"password", "p"},
                                            {"port", "70000"}}));
  EXPECT_EQ(ConditionOf(wrong), "not-acceptable");
  EXPECT_EQ(ErrorTextOf(wrong), "Error with 'port' field: must be a number from 1 to 65535");

  const Element taken = bench.AskIq(
      "set", kAnn, "mail.example.org/IMAP",
      Submit({{"name", "work"}, {"host", "h.example"}, {"login", "a"}, {"password", "p"}}));
  EXPECT_EQ(ConditionOf(taken), "conflict");

  bench.admin.FailWith({grpc::StatusCode::INVALID_ARGUMENT, "host: is not a host name"});
  const Element refused =
      bench.AskIq("set", kAnn, "work@mail.example.org/IMAP", Submit({{"host", "h..example"}}));
  EXPECT_EQ(ErrorTextOf(refused), "Error with 'host' field: is not a host name");
  bench.admin.FailWith({grpc::StatusCode::UNAVAILABLE, "redis"});
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, "work@mail.example.org/IMAP",
                                    Submit({{"host", "h.example"}}))),
            "remote-server-timeout");
}

TEST_F(Features, AHostileFormIsRefusedAndNothingElse) {
  Element form = MakeElement("x", kDataFormNs);
  form.Set("type", "submit");
  for (int i = 0; i < 10'000; ++i) {
    Element field = MakeElement("field");
    field.Set("var", absl::StrCat("f", i)).AddText("value", "x");
    form.Add(std::move(field));
  }
  Element query = MakeElement("query", kRegister);
  query.Add(std::move(form));
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, "mail.example.org/IMAP", query)),
            "not-acceptable");
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, "mail.example.org/IMAP", Query(kRegister))),
            "not-acceptable");
  EXPECT_EQ(ConditionOf(
                bench.AskIq("set", kAnn, "mail.example.org/IMAP", Submit({{"name", "a\nTo: b"}}))),
            "not-acceptable");
  EXPECT_TRUE(bench.admin.puts().empty());
  EXPECT_EQ(bench.AskIq("get", kAnn, kDomain, Query(kInfo)).Attr("type"), "result");
}

TEST_F(Features, RemovalAtAnAccountTakesThatOneAndAtTheGatewayAll) {
  Element remove = Query(kRegister);
  remove.Add(MakeElement("remove"));
  EXPECT_EQ(bench.AskIq("set", kAnn, "out@mail.example.org/SMTP", remove).Attr("type"), "result");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/out"));
  EXPECT_TRUE(bench.admin.Has("ann@example.org/work"));
  bench.Settle();
  EXPECT_EQ(bench.AskIq("set", kAnn, kDomain, remove).Attr("type"), "result");
  EXPECT_FALSE(bench.admin.Has("ann@example.org/work"));
  EXPECT_TRUE(bench.admin.Has("bob@example.org/home"));
  bench.Settle();
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, kDomain, remove)), "registration-required");
}

}  // namespace
}  // namespace postern::xmpp_edge
