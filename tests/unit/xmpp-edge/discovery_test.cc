// Stories of service discovery: the tree as a client walks it.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/xmpp-edge/component_link.h"
#include "services/xmpp-edge/features/caps.h"
#include "services/xmpp-edge/features/disco_info.h"
#include "services/xmpp-edge/result_set.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kInfo[] = "http://jabber.org/protocol/disco#info";
constexpr char kItems[] = "http://jabber.org/protocol/disco#items";
constexpr char kRegister[] = "jabber:iq:register";
constexpr char kWork[] = "work@mail.example.org/IMAP";
constexpr char kWorkId[] = "ann@example.org/work";

using Names = std::set<std::string>;

fetcher::v1::Folder Folder(const std::string& name, const std::string& mailbox, bool has_children) {
  fetcher::v1::Folder folder;
  folder.set_name(name);
  folder.set_mailbox(mailbox);
  folder.set_selectable(true);
  folder.set_has_children(has_children);
  return folder;
}

class Discovery : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.admin.Add(ImapAccount("bob@example.org", "home"));
    auto& folders = bench.fetcher.folders;
    fetcher::v1::ListFoldersResponse& top = folders[{kWorkId, ""}];
    *top.add_folders() = Folder("INBOX", "INBOX", false);
    *top.add_folders() = Folder("Lists", "Lists", true);
    fetcher::v1::ListFoldersResponse& lists = folders[{kWorkId, "Lists"}];
    *lists.mutable_self() = Folder("Lists", "Lists", true);
    *lists.add_folders() = Folder("C/C++", "Lists.C/C++", false);
    *lists.add_folders() = Folder("Küche", "Lists.Küche", false);
    *folders[{kWorkId, "Lists\nC/C++"}].mutable_self() = Folder("C/C++", "Lists.C/C++", false);
  }

  Element Info(const std::string& to, const std::string& node = "", const char* from = kAnn) {
    return bench.AskIq("get", from, to, QueryOf(kInfo, node));
  }
  Element Items(const std::string& to, const std::string& node = "", const char* from = kAnn) {
    return bench.AskIq("get", from, to, QueryOf(kItems, node));
  }
  // "max=2" and so on.
  Element Page(const std::string& to, const std::map<std::string, std::string>& wishes) {
    Element query = QueryOf(kItems);
    Element set = MakeElement("set", kResultSetNs);
    for (const auto& [name, value] : wishes) set.AddText(name, value);
    query.Add(std::move(set));
    return bench.AskIq("get", kAnn, to, std::move(query));
  }
  void OfferRelay(const std::string& label) {
    admin::v1::GetSiteResponse site;
    site.set_relay_offered(true);
    site.set_relay_label(label);
    bench.admin.SetSite(site);
    bench.Install();
    ASSERT_TRUE(bench.RunUntil([this] { return bench.context().site.current().relay_offered(); }));
  }

  FeatureBench bench;
};

TEST_F(Discovery, TheGatewayTellsWhatItIs) {
  bench.Install();
  const Element answer = Info(kDomain);
  EXPECT_EQ(AttrsOf(answer, "identity", "category"), (Names{"gateway", "headline"}));
  EXPECT_EQ(AttrsOf(answer, "identity", "type"), (Names{"smtp", "newmail"}));
  const Names features = AttrsOf(answer, "feature", "var");
  for (const char* var :
       {kInfo, kItems, kRegister, "jabber:iq:gateway", "jabber:iq:version", "jabber:iq:last",
        "vcard-temp", "urn:xmpp:ping", "jid\\20escaping", "http://jabber.org/protocol/commands"}) {
    EXPECT_TRUE(features.contains(var)) << var;
  }
  EXPECT_EQ(answer.children.front().Child("x"), nullptr);
}

TEST_F(Discovery, TheGatewayTellsWhomToWriteTo) {
  bench.contacts = {{"abuse-addresses", {"mailto:abuse@example.org"}}};
  bench.Install();
  const Element answer = Info(kDomain);
  const Element* form = answer.children.front().Child("x", "jabber:x:data");
  ASSERT_NE(form, nullptr);
  EXPECT_TRUE(absl::StrContains(ToXml(*form), "mailto:abuse@example.org"));
}

TEST_F(Discovery, EachInfoHasAnIdentityAndEchoesItsNode) {
  bench.Install();
  const struct {
    const char *to, *node;
  } places[] = {
      {kDomain, ""},
      {"mail.example.org/IMAP", ""},
      {"mail.example.org/IMAP", "IMAP"},
      {"mail.example.org", "SMTP"},
      {"mail.example.org/POP3", "POP3"},
      {"work@mail.example.org", ""},
      {kWork, "IMAP/work"},
      {"work@mail.example.org/IMAP/Lists", ""},
      {kWork, "IMAP/work/Lists/C%2FC++"},
      {kDomain, "http://jabber.org/protocol/commands"},
      {"bob\\40example.net@mail.example.org", ""},
      {"bob%example.net@mail.example.org", ""},
  };
  for (const auto& place : places) {
    SCOPED_TRACE(absl::StrCat(place.to, " ", place.node));
    const Element answer = Info(place.to, place.node);
    EXPECT_EQ(answer.Attr("type"), "result");
    EXPECT_FALSE(AttrsOf(answer, "identity", "category").empty());
    EXPECT_TRUE(AttrsOf(answer, "feature", "var").contains(kInfo));
    ASSERT_FALSE(answer.children.empty());
    EXPECT_EQ(answer.children.front().Attr("node"), place.node);
  }
}

TEST_F(Discovery, TheTreeHasTypesAndTheAskersAccounts) {
  bench.Install();
  const Element root = Items(kDomain);
  EXPECT_EQ(AttrsOf(root, "item", "jid"),
            (Names{"mail.example.org/IMAP", "mail.example.org/POP3", "mail.example.org/SMTP"}));
  EXPECT_EQ(AttrsOf(root, "item", "name"),
            (Names{"IMAP accounts", "POP3 accounts", "SMTP accounts"}));
  const Element imap = Items("mail.example.org/IMAP", "IMAP");
  EXPECT_EQ(AttrsOf(imap, "item", "jid"), Names{kWork});
  EXPECT_EQ(AttrsOf(imap, "item", "node"), Names{"IMAP/work"});
  const Element leaf = Items("out@mail.example.org/SMTP", "SMTP/out");
  EXPECT_EQ(leaf.Attr("type"), "result");
  EXPECT_TRUE(AttrsOf(leaf, "item", "jid").empty());
}

TEST_F(Discovery, FoldersHangBelowTheirAccount) {
  bench.Install();
  const Element top = Items(kWork, "IMAP/work");
  EXPECT_EQ(AttrsOf(top, "item", "jid"),
            (Names{"work@mail.example.org/IMAP/INBOX", "work@mail.example.org/IMAP/Lists"}));
  EXPECT_EQ(AttrsOf(top, "item", "node"), (Names{"IMAP/work/INBOX", "IMAP/work/Lists"}));
  for (const auto& [to, node] :
       {std::pair{"work@mail.example.org/IMAP/Lists", ""}, std::pair{kDomain, "IMAP/work/Lists"}}) {
    SCOPED_TRACE(absl::StrCat(to, " ", node));
    const Element lists = Items(to, node);
    EXPECT_EQ(AttrsOf(lists, "item", "jid"), (Names{"work@mail.example.org/IMAP/Lists/C%2FC++",
                                                    "work@mail.example.org/IMAP/Lists/Küche"}));
    EXPECT_EQ(AttrsOf(lists, "item", "node"),
              (Names{"IMAP/work/Lists/C%2FC++", "IMAP/work/Lists/Küche"}));
    EXPECT_EQ(AttrsOf(lists, "item", "name"), (Names{"C/C++", "Küche"}));
  }
  const Element branch = Info("work@mail.example.org/IMAP/Lists");
  EXPECT_EQ(AttrsOf(branch, "identity", "type"), (Names{"branch", "newmail"}));
  EXPECT_TRUE(AttrsOf(branch, "feature", "var").contains(kItems));
  const Element leaf = Info("work@mail.example.org/IMAP/Lists/C%2FC++");
  EXPECT_EQ(AttrsOf(leaf, "identity", "type"), (Names{"leaf", "newmail"}));
  EXPECT_EQ(AttrsOf(leaf, "feature", "var"), (Names{kInfo, kRegister}));
}

// Gajim shows a button to register where there is that identity, and else not.
TEST_F(Discovery, WhatCanBeRegisteredHasTheIdentityOfMail) {
  bench.Install();
  for (const char* to : {kDomain, "mail.example.org/SMTP", kWork, "out@mail.example.org/SMTP",
                         "work@mail.example.org/IMAP/Lists"}) {
    SCOPED_TRACE(to);
    const Element answer = Info(to);
    EXPECT_TRUE(AttrsOf(answer, "identity", "category").contains("headline"));
    EXPECT_TRUE(AttrsOf(answer, "identity", "type").contains("newmail"));
    EXPECT_EQ(AttrsOf(answer, "identity", "name").size(), 1u) << "one name";
  }
  EXPECT_EQ(AttrsOf(Info(kWork, "IMAP/work"), "identity", "name"), Names{"work"});
  EXPECT_EQ(AttrsOf(Info(kWork), "identity", "name"), Names{""}) << "the same for all accounts";
  EXPECT_FALSE(
      AttrsOf(Info("bob\\40example.net@mail.example.org"), "identity", "type").contains("newmail"));
}

TEST_F(Discovery, AFolderThatOnlyHoldsFoldersIsNotRegistered) {
  bench.fetcher.folders[{kWorkId, "Lists"}].mutable_self()->set_selectable(false);
  bench.Install();
  EXPECT_FALSE(
      AttrsOf(Info("work@mail.example.org/IMAP/Lists"), "feature", "var").contains(kRegister));
}

TEST_F(Discovery, ANameThatNoJidHoldsIsReachedByItsNode) {
  const std::string name(1020, 'x');
  *bench.fetcher.folders[{kWorkId, ""}].add_folders() = Folder(name, name, false);
  *bench.fetcher.folders[{kWorkId, name}].mutable_self() = Folder(name, name, false);
  bench.Install();
  const Element top = Items(kWork);
  EXPECT_TRUE(AttrsOf(top, "item", "jid").contains(kWork));
  EXPECT_EQ(AttrsOf(Info(kWork, absl::StrCat("IMAP/work/", name)), "identity", "type"),
            (Names{"leaf", "newmail"}));
}

TEST_F(Discovery, WhatIsNotThereOrNotOnesOwnIsNotFound) {
  bench.Install();
  const struct {
    const char *to, *node;
  } places[] = {
      {kDomain, "nonsense"},
      {kDomain, "IMAP/home"},
      {kDomain, "IMAP/home/INBOX"},
      {kDomain, "IMAP/nobody/INBOX"},
      {kDomain, "IMAP/"},
      {kDomain, "IMAP/work/"},
      {kDomain, "IMAP/work/No such folder"},
      {kDomain, "IMAP/work//Lists"},
      {kDomain, "IMAP/work/%00"},
      {kDomain, "SMTP/work"},
      {kDomain, "SMTP/out/INBOX"},
      {kDomain, "GlobalSMTP"},
      {kDomain, "urn:x-postern#AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
      {"mail.example.org/GlobalSMTP", ""},
      {"home@mail.example.org", ""},
      {"home@mail.example.org", "http://jabber.org/protocol/commands"},
      {"home@mail.example.org/IMAP", "IMAP/home"},
      {"home@mail.example.org/IMAP/INBOX", ""},
      {"work@mail.example.org/SMTP", ""},
      {"out@mail.example.org/SMTP/INBOX", ""},
  };
  for (const auto& place : places) {
    SCOPED_TRACE(absl::StrCat(place.to, " ", place.node));
    EXPECT_EQ(ConditionOf(Info(place.to, place.node)), "item-not-found");
    EXPECT_EQ(ConditionOf(Items(place.to, place.node)), "item-not-found");
  }
}

// The answers differ in nothing but what was asked.
TEST_F(Discovery, AnothersAccountLooksLikeNone) {
  bench.Install();
  for (const char* ns : {kInfo, kItems, kRegister}) {
    for (const char* rest :
         {"@mail.example.org", "@mail.example.org/IMAP", "@mail.example.org/IMAP/INBOX"}) {
      SCOPED_TRACE(absl::StrCat(ns, rest));
      Element theirs = bench.AskIq("get", kAnn, absl::StrCat("home", rest), QueryOf(ns));
      Element nobodys = bench.AskIq("get", kAnn, absl::StrCat("none", rest), QueryOf(ns));
      for (Element* answer : {&theirs, &nobodys}) answer->Set("from", "").Set("id", "");
      EXPECT_EQ(ToXml(theirs), ToXml(nobodys));
    }
  }
}

TEST_F(Discovery, PagesAreThereForThoseWhoAsk) {
  for (int i = 0; i < 30; ++i) {
    admin::v1::Account account = SmtpAccount("ann@example.org", absl::StrCat("o", 10 + i));
    bench.admin.Add(account);
  }
  bench.Install();
  const Element accounts = Page("mail.example.org/SMTP", {{"max", "5"}});
  EXPECT_EQ(AttrsOf(accounts, "item", "jid").size(), 5u);
  EXPECT_EQ(accounts.children.front().Child("set", kResultSetNs)->ChildText("count"), "31");
  const Element page = Page(kWork, {{"max", "1"}});
  EXPECT_EQ(AttrsOf(page, "item", "name"), Names{"INBOX"});
  const std::string last = page.children.front().Child("set", kResultSetNs)->ChildText("last");
  EXPECT_EQ(AttrsOf(Page(kWork, {{"max", "1"}, {"after", last}}), "item", "name"), Names{"Lists"});
  EXPECT_EQ(ConditionOf(Page(kWork, {{"after", "gone"}})), "item-not-found");
  EXPECT_EQ(ConditionOf(Page(kWork, {{"max", "x"}})), "bad-request");
  for (const char* to : {"mail.example.org/SMTP", kWork}) {
    EXPECT_TRUE(AttrsOf(Info(to), "feature", "var").contains(std::string(kResultSetNs))) << to;
  }
}

TEST_F(Discovery, ThousandsOfFoldersNeverMakeAStanzaTooLarge) {
  fetcher::v1::ListFoldersResponse& top = bench.fetcher.folders[{kWorkId, ""}];
  const std::string filler(80, 'x');
  for (int i = 10'000; i < 15'000; ++i) {
    const std::string name = absl::StrCat(i, filler);
    *top.add_folders() = Folder(name, name, false);
  }
  bench.Install();
  Names seen;
  std::string after;
  for (int page = 0; page < 20 && seen.size() < 5002; ++page) {
    Element answer =
        after.empty() ? Page(kWork, {{"max", "100000"}}) : Page(kWork, {{"after", after}});
    EXPECT_LT(ToXml(answer).size(), ComponentLink::kMaxStanzaBytes);
    const Names names = AttrsOf(answer, "item", "name");
    ASSERT_FALSE(names.empty());
    seen.insert(names.begin(), names.end());
    after = answer.children.front().Child("set", kResultSetNs)->ChildText("last");
  }
  EXPECT_EQ(seen.size(), 5002u);
}

TEST_F(Discovery, AListTooLongForAClientThatKnowsNoPagesGoesOnAtItsLastItem) {
  fetcher::v1::ListFoldersResponse& top = bench.fetcher.folders[{kWorkId, ""}];
  const std::string filler(80, 'x');
  for (int i = 10'000; i < 15'000; ++i) {
    const std::string name = absl::StrCat(i, filler);
    *top.add_folders() = Folder(name, name, false);
  }
  bench.Install();
  std::vector<std::string> seen;
  std::string node = "IMAP/work";
  for (int page = 0; page < 20 && !node.empty(); ++page) {
    const Element answer = Items(kWork, node);
    EXPECT_LT(ToXml(answer).size(), ComponentLink::kMaxStanzaBytes);
    node.clear();
    for (const Element& item : answer.children.front().children) {
      if (item.name != "item") continue;
      if (absl::StartsWith(item.Attr("name"), "…")) {
        node = std::string(item.Attr("node"));
        EXPECT_EQ(ConditionOf(Info(kWork, node)), "");
      } else {
        seen.push_back(std::string(item.Attr("name")));
      }
    }
  }
  EXPECT_EQ(seen.size(), 5002u);
  EXPECT_EQ(Names(seen.begin(), seen.end()).size(), 5002u);
}

TEST_F(Discovery, AMailServerThatWontSaysWhy) {
  bench.Install();
  const struct {
    grpc::StatusCode code;
    const char *condition, *text;
  } cases[] = {
      {grpc::StatusCode::FAILED_PRECONDITION, "recipient-unavailable", "imap.example.org refuses"},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "resource-constraint", "imap.example.org refuses"},
      {grpc::StatusCode::UNAVAILABLE, "remote-server-timeout", "imap.example.org refuses"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition);
    {
      const std::lock_guard lock(bench.fetcher.mutex);
      bench.fetcher.failure = grpc::Status(c.code, "imap: LOGIN refused: secret internals",
                                           "$0 refuses\x1fimap.example.org");
    }
    for (const Element& answer :
         {Items(kWork), Info("work@mail.example.org/IMAP/Lists"),
          bench.AskIq("get", kAnn, "work@mail.example.org/IMAP/Lists", QueryOf(kRegister))}) {
      EXPECT_EQ(ConditionOf(answer), c.condition);
      EXPECT_EQ(ErrorTextOf(answer), c.text);
    }
  }
  {
    const std::lock_guard lock(bench.fetcher.mutex);
    bench.fetcher.failure = grpc::Status(grpc::StatusCode::INTERNAL, "secret internals");
  }
  EXPECT_FALSE(absl::StrContains(ErrorTextOf(Items(kWork)), "secret"));
}

TEST_F(Discovery, ASlowMailServerHoldsUpNothingElse) {
  bench.Install();
  bench.fetcher.Hold(true);
  Element slow = MakeStanza("iq", kAnn, kWork, "get", "slow");
  slow.Add(QueryOf(kItems));
  bench.Route(slow);
  EXPECT_EQ(Info(kDomain).Attr("type"), "result");
  EXPECT_EQ(bench.SentWith("\"slow\""), nullptr);
  for (int i = 0; i < 3; ++i) bench.Route(slow);
  EXPECT_EQ(ConditionOf(Items(kWork)), "resource-constraint") << "but not without a limit";
  bench.fetcher.Hold(false);
  ASSERT_TRUE(bench.RunUntil([this] { return bench.SentWith("\"slow\"") != nullptr; }));
  EXPECT_EQ(bench.SentWith("\"slow\"")->Attr("type"), "result");
  bench.Settle();
  EXPECT_EQ(Items(kWork).Attr("type"), "result") << "what is answered counts no more";
}

TEST_F(Discovery, TheOperatorsRelayIsShownWhereItIsOffered) {
  OfferRelay("Example's mail server");
  const Element root = Items(kDomain);
  EXPECT_TRUE(AttrsOf(root, "item", "node").contains("GlobalSMTP"));
  EXPECT_TRUE(AttrsOf(root, "item", "name").contains("Example's mail server"));
  EXPECT_EQ(AttrsOf(Info("mail.example.org/GlobalSMTP"), "identity", "name"),
            Names{"Example's mail server"});
  const Element card =
      bench.AskIq("get", kAnn, "mail.example.org/GlobalSMTP", MakeElement("vCard", "vcard-temp"));
  EXPECT_EQ(card.children.front().ChildText("FN"), "Example's mail server");
}

TEST_F(Discovery, ARelayWithoutALabelHasAName) {
  OfferRelay("");
  EXPECT_TRUE(AttrsOf(Items(kDomain), "item", "name").contains("Default SMTP Server"));
}

TEST_F(Discovery, AnAccountOfARelayThatIsNotOfferedAnyMoreIsStillThere) {
  admin::v1::Account account = SmtpAccount("ann@example.org", "relay");
  account.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  bench.admin.Add(account);
  bench.Install();
  EXPECT_TRUE(AttrsOf(Items(kDomain), "item", "node").contains("GlobalSMTP"));
  bench.Write(kAnn, kDomain, "m1", "accounts");
  EXPECT_TRUE(bench.RunUntil(
      [this] { return bench.SentWith("relay (Default SMTP Server): ") != nullptr; }));
  EXPECT_EQ(AttrsOf(Items(kDomain, "GlobalSMTP"), "item", "node"), Names{"GlobalSMTP/relay"});
  EXPECT_FALSE(AttrsOf(Items(kDomain, "", kBob), "item", "node").contains("GlobalSMTP"));
}

TEST_F(Discovery, WhatPresenceHashesIsWhatIsTold) {
  bench.contacts = {{"abuse-addresses", {"mailto:abuse@example.org"}}};
  bench.Install();
  for (const char* to : {kDomain, "work@mail.example.org", "out@mail.example.org",
                         "bob\\40example.net@mail.example.org"}) {
    SCOPED_TRACE(to);
    const Place place = PlaceOf(*ParseJid(to), *ParseJid(kAnn), bench.context().directory);
    const Element caps = Caps(place, bench.contacts);
    const std::string node = absl::StrCat(caps.Attr("node"), "#", caps.Attr("ver"));
    const Element told = Info(to, node);
    ASSERT_EQ(told.Attr("type"), "result");
    EXPECT_EQ(CapsHash(told.children.front()), caps.Attr("ver"));
    EXPECT_EQ(CapsHash(Info(to).children.front()), caps.Attr("ver"));
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
