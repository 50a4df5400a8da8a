// Stories of registration: accounts made and changed.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/xmpp-edge/registration_story.h"

namespace postern::xmpp_edge {
namespace {

class Registration : public RegistrationStory {};

TEST_F(Registration, HasAFormAtTheGatewayTheTypesAndTheAccounts) {
  bench.Install();
  for (const char* to : {kDomain, kImap, kWork}) {
    SCOPED_TRACE(to);
    const Element answer = Form(to);
    ASSERT_EQ(answer.Attr("type"), "result");
    const Element& query = answer.children.front();
    EXPECT_NE(query.Child("registered"), nullptr);
    EXPECT_NE(query.ChildText("instructions"), "");
    EXPECT_EQ(ValueOf(answer, "password"), "");
    EXPECT_EQ(ValueOf(answer, "store_untested"), "0");
    EXPECT_FALSE(absl::StrContains(ToXml(answer), "sealed"));
  }
  EXPECT_EQ(ValueOf(Form("mail.example.org/POP3"), "port"), "995");
  EXPECT_EQ(Form(kDomain, "eve@example.org/x").children.front().Child("registered"), nullptr);
  EXPECT_EQ(ConditionOf(Form("home@mail.example.org/IMAP")), "item-not-found");
  EXPECT_EQ(ConditionOf(Form("mail.example.org/GlobalSMTP")), "item-not-found");
  EXPECT_EQ(ConditionOf(Form("bob\\40example.net@mail.example.org")), "item-not-found");
}

TEST_F(Registration, AtTheGatewayTakesOneStep) {
  bench.Install();
  Fields fields = With(NewSmtp("mine"), "type", "SMTP");
  fields["mailbox"] = "";
  const Element answer = Submit(kDomain, fields, "eve@example.org/x");
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
                                QueryOf("http://jabber.org/protocol/disco#items", "SMTP")),
                    "item", "node"),
            (std::set<std::string>{"SMTP/mine"}));
  ExpectNowhere("s3cret");
}

TEST_F(Registration, OfAPop3AccountHasNoMailbox) {
  bench.Install();
  const Element answer =
      Submit("mail.example.org/POP3", With(NewImap("pop"), "mailbox", "Archive"));
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  const auto put = bench.admin.puts().front();
  EXPECT_EQ(put.account().type(), admin::v1::ACCOUNT_TYPE_POP3);
  EXPECT_EQ(put.account().port(), 995u);
  EXPECT_EQ(put.account().mailbox(), "");
  EXPECT_EQ(Tried().size(), 1u);
}

TEST_F(Registration, AnAccountIsChangedAtItsOwnEntry) {
  bench.Install();
  const Element answer = Submit(kWork, {{"name", "work"}, {"port", "1993"}, {"password", ""}});
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("Updated account") != nullptr; }));
  const auto put = bench.admin.puts().front();
  EXPECT_EQ(put.account().id(), kWorkId);
  EXPECT_EQ(put.account().port(), 1993u);
  EXPECT_EQ(put.account().host(), "imap.example.org");
  EXPECT_EQ(put.password(), "");
  ASSERT_EQ(Tried().size(), 1u);
  EXPECT_EQ(Tried().front().account().id(), kWorkId) << "whose password it is";
}

TEST_F(Registration, NobodyReachesAnotherUsersAccount) {
  bench.Install();
  for (const std::string to : {"home@mail.example.org/IMAP", "home@mail.example.org",
                               "home@mail.example.org/IMAP/INBOX"}) {
    SCOPED_TRACE(to);
    EXPECT_EQ(ConditionOf(Submit(to, {{"host", "evil.example"}})), "item-not-found");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ConditionOf(Remove(to)), "item-not-found");
  }
  EXPECT_EQ(ConditionOf(Form(kDomain, kAnn, "IMAP/home")), "item-not-found");
  EXPECT_TRUE(bench.admin.puts().empty());
  EXPECT_TRUE(Tried().empty());
  EXPECT_TRUE(bench.admin.Has("bob@example.org/home"));
}

TEST_F(Registration, AWrongFieldIsNamed) {
  bench.Install();
  const Element wrong = Submit(kImap, With(NewImap("x"), "port", "70000"));
  EXPECT_EQ(ConditionOf(wrong), "not-acceptable");
  EXPECT_EQ(ErrorTextOf(wrong), "Error with 'port' field (Port): must be a number from 1 to 65535");
  EXPECT_EQ(ConditionOf(Submit(kImap, NewImap("work"))), "conflict");
  EXPECT_EQ(ConditionOf(Submit(kImap, NewImap("WORK"))), "conflict");
  EXPECT_TRUE(Tried().empty()) << "what can't be stored is not tried";

  bench.admin.FailWith({grpc::StatusCode::INVALID_ARGUMENT, "host: is not a host name"});
  EXPECT_EQ(ErrorTextOf(Submit(kWork, {{"host", "h..example"}, {"password", "p"}})),
            "Error with 'host' field (Host name of the mail server): is not a host name");
  bench.admin.FailWith({grpc::StatusCode::INVALID_ARGUMENT, "interval: must be from 1 to 9",
                        std::string("must be from $0 to $1\x1f") + "1\x1f" + "9"});
  EXPECT_EQ(ErrorTextOf(Submit(kWork, {{"interval", "12"}})),
            "Error with 'interval' field (Minutes between checks, and between digests): must be "
            "from 1 to 9");
  bench.admin.FailWith({grpc::StatusCode::UNAVAILABLE, "redis"});
  EXPECT_EQ(ConditionOf(Submit(kWork, {{"interval", "12"}})), "remote-server-timeout");
}

// As Gajim 1.7 does.
TEST_F(Registration, ALabelStandsForItsValue) {
  HasFolder("Lists.xmpp");
  bench.Install();
  Fields fields = With(NewImap("x"), "away_action", "Do nothing");
  fields["type"] = "IMAP: receive mail";
  ASSERT_EQ(Submit(kDomain, fields).Attr("type"), "result");
  EXPECT_EQ(bench.admin.puts().back().account().actions().away(), admin::v1::ACTION_NOTHING);
  ASSERT_EQ(Submit(kFolder, {{"name", "l"}, {"dnd_action", "Do nothing"}}).Attr("type"), "result");
  EXPECT_EQ(bench.admin.puts().back().account().actions().dnd(), admin::v1::ACTION_NOTHING);
}

TEST_F(Registration, AHostileFormIsRefusedAndNothingElse) {
  bench.Install();
  Fields many;
  for (int i = 0; i < 10'000; ++i) many[absl::StrCat("f", i)] = "x";
  EXPECT_EQ(ConditionOf(Submit(kImap, many)), "not-acceptable");
  EXPECT_EQ(ConditionOf(bench.AskIq("set", kAnn, kImap, QueryOf(kRegister))), "not-acceptable");
  EXPECT_EQ(ConditionOf(Submit(kImap, {{"name", "a\nTo: b"}})), "not-acceptable");
  EXPECT_TRUE(bench.admin.puts().empty());
  EXPECT_EQ(Form(kDomain).Attr("type"), "result");
}

TEST_F(Registration, AtAFolderOffersTheSettingsOfItsAccount) {
  HasFolder("Lists.xmpp");
  bench.Install();
  for (const auto& [to, node] : {std::pair{kFolder, ""}, std::pair{kDomain, "IMAP/work/Lists"}}) {
    SCOPED_TRACE(to);
    const Element form = Form(to, kAnn, node);
    ASSERT_EQ(form.Attr("type"), "result") << ErrorTextOf(form);
    EXPECT_EQ(form.children.front().Child("registered"), nullptr);
    EXPECT_EQ(ValueOf(form, "name"), "");
    EXPECT_EQ(ValueOf(form, "mailbox"), "Lists.xmpp");
    EXPECT_EQ(ValueOf(form, "host"), "imap.example.org");
    EXPECT_EQ(ValueOf(form, "login"), "ann");
    EXPECT_EQ(ValueOf(form, "password"), "");
  }
  const Element answer = Submit(kFolder, {{"name", "lists"}});
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  const auto put = bench.admin.puts().front();
  EXPECT_EQ(put.account().id(), "");
  EXPECT_EQ(put.account().name(), "lists");
  EXPECT_EQ(put.account().mailbox(), "Lists.xmpp");
  EXPECT_EQ(put.copy_password_from(), kWorkId);
  EXPECT_EQ(put.account().owner(), "ann@example.org");
  EXPECT_TRUE(Tried().empty()) << "the folder was listed with the very same settings";
  // Now there is an account for it, and the folder leads to that.
  ASSERT_TRUE(bench.RunUntil([this] { return bench.SentWith("New account") != nullptr; }));
  const Element again = Form(kFolder);
  EXPECT_EQ(ValueOf(again, "name"), "lists");
  EXPECT_NE(again.children.front().Child("registered"), nullptr);
}

TEST_F(Registration, AnotherMailboxThanTheFoldersIsTried) {
  HasFolder("Lists.xmpp");
  bench.Install();
  FetcherSays("no such mailbox", "mailbox");
  const Element refused = Submit(kFolder, {{"name", "lists"}, {"mailbox", "Lists.xmmp"}});
  EXPECT_TRUE(absl::StartsWith(ErrorTextOf(refused), "Error with 'mailbox' field (Mailbox): "));
  ASSERT_EQ(Tried().size(), 1u);
  EXPECT_EQ(Tried().front().account().id(), kWorkId) << "whose password it is";
  EXPECT_EQ(Tried().front().account().mailbox(), "Lists.xmmp");
}

TEST_F(Registration, AStoredPasswordIsNotSentElsewhere) {
  HasFolder("Lists.xmpp");
  bench.Install();
  for (const auto& [var, value] : Fields{{"host", "evil.example"}, {"login", "eve"}}) {
    const Element refused = Submit(kFolder, {{"name", "lists"}, {var, value}});
    EXPECT_TRUE(absl::StartsWith(ErrorTextOf(refused), "Error with 'password' field (Password): "));
  }
  EXPECT_TRUE(Tried().empty());
  EXPECT_TRUE(bench.admin.puts().empty());
}

TEST_F(Registration, AFolderOfFoldersIsNotRegistered) {
  HasFolder("Lists", /*selectable=*/false);
  bench.Install();
  EXPECT_EQ(ConditionOf(Form(kFolder)), "not-allowed");
  EXPECT_EQ(ConditionOf(Submit(kFolder, {{"name", "lists"}})), "not-allowed");
  EXPECT_EQ(ConditionOf(Form("work@mail.example.org/IMAP/None")), "item-not-found");
}

TEST_F(Registration, OfTheRelayNeedsAnAddressOnly) {
  admin::v1::GetSiteResponse site;
  site.set_relay_offered(true);
  site.set_welcome("Hello from Example.");
  bench.admin.SetSite(site);
  bench.Install();
  ASSERT_TRUE(bench.RunUntil([this] { return bench.context().site.current().relay_offered(); }));
  const Element form = Form("mail.example.org/GlobalSMTP");
  EXPECT_EQ(ValueOf(form, "host"), "(none)");
  EXPECT_EQ(ValueOf(form, "password"), "(none)");
  EXPECT_EQ(ValueOf(form, "default_from"), "");
  const Element answer = Submit(
      kDomain, {{"type", "GlobalSMTP"}, {"name", "relay"}, {"default_from", "eve@example.org"}},
      "eve@example.org/x");
  ASSERT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  EXPECT_EQ(bench.admin.puts().front().account().type(), admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
  EXPECT_EQ(bench.sender.tried().size(), 1u);
  ASSERT_TRUE(bench.RunUntil([this] { return bench.SentWith("Hello from Example.") != nullptr; }));
  EXPECT_EQ(bench.SentWith("Welcome!"), nullptr);
}

TEST_F(Registration, OfARelayThatIsNotOfferedIsRefused) {
  bench.Install();
  const Element answer =
      Submit(kDomain, {{"type", "GlobalSMTP"}, {"name", "r"}, {"default_from", "ann@example.org"}});
  EXPECT_EQ(ErrorTextOf(answer),
            "Error with 'type' field (Type of account): must be one of IMAP, POP3, SMTP");
}

}  // namespace
}  // namespace postern::xmpp_edge
