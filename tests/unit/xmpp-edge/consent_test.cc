// Stories of consent in place of a password: asked for once, given, lost; and at registration.
#include <memory>

#include "absl/strings/match.h"
#include "services/xmpp-edge/consent_desk.h"
#include "services/xmpp-edge/features/account_status.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/command_bench.h"

namespace postern::xmpp_edge {
namespace {

using testing::Await;

constexpr char kUser[] = "ann@example.org", kWork[] = "work@mail.example.org";

admin::v1::Account Consented(const std::string& name) {
  admin::v1::Account account = ImapAccount(kUser, name);
  account.set_oauth2_provider("ours");
  account.set_settings_revision(1);
  return account;
}

class Consent : public ::testing::Test, public CommandBench {
 protected:
  void SetUp() override {
    admin::v1::GetSiteResponse site;
    admin::v1::OAuth2Provider& provider = *site.add_oauth2_providers();
    provider.set_name("ours");
    provider.set_label("Our Mail");
    provider.add_hosts("*.provider.example");
    bench.admin.SetSite(site);
    bench.admin.Add(Consented("work"));
    bench.Install();
    StartDesk();
  }
  void TearDown() override {
    Await(bench.io, bench.context().tasks.Stop());
    desk_.reset();
  }
  void StartDesk() {
    desk_ = std::make_unique<ConsentDesk>(bench.context(), bench.sessions(), [] { return true; });
    bench.context().tasks.Spawn("ask", desk_->Ask());
  }
  void ComeOnline() {
    (void)Await(bench.io, bench.sessions().SetAvailable(*ParseJid(kAnn), edge::v1::SHOW_ONLINE));
  }
  // As admin tells it.
  void Health(admin::v1::HealthState state, uint64_t revision, const std::string& error = "") {
    admin::v1::Account account = *bench.context().directory.Find(kUser, "work");
    account.mutable_health()->set_state(state);
    account.mutable_health()->set_error(error);
    account.mutable_health()->set_changed_unix(++clock_);
    account.set_settings_revision(revision);
    bench.context().directory.Apply(std::move(account));
  }
  int Told(const std::string& text) const {
    int told = 0;
    for (const Element& stanza : bench.sink.sent) {
      told += stanza.Attr("from") == kWork && absl::StrContains(stanza.ChildText("body"), text);
    }
    return told;
  }
  int Notices() const { return Told("waits for your consent at Ours"); }

  std::unique_ptr<ConsentDesk> desk_;
  int64_t clock_ = 1700000000;
};

TEST_F(Consent, IsAskedForOnceForEachLoss) {
  Health(admin::v1::HEALTH_STATE_ASKING, 1);
  bench.Settle();
  EXPECT_EQ(Notices(), 0) << "nobody is there";
  ComeOnline();
  ASSERT_TRUE(bench.RunUntil([&] { return Notices() == 1; }));
  EXPECT_EQ(Told("Account 'work' waits for your consent at Ours. Open this link in your browser, "
                 "and sign in to your mailbox there: https://id.example/1\nOr open "
                 "https://id.example/device on any device, and type the code AB-CD there.\n"),
            1);
  // It is tried, and asks again; the edge starts anew.
  Health(admin::v1::HEALTH_STATE_CHECKING, 1);
  Health(admin::v1::HEALTH_STATE_ASKING, 1, "no access");
  bench.Settle();
  bench.Restart();
  (void)Await(bench.io, bench.sessions().Load(kUser));
  StartDesk();
  ComeOnline();
  Health(admin::v1::HEALTH_STATE_ASKING, 1);
  bench.Settle();
  EXPECT_EQ(Notices(), 1);
  // Given, and lost.
  Health(admin::v1::HEALTH_STATE_CHECKING, 2);
  Health(admin::v1::HEALTH_STATE_OK, 2);
  ASSERT_TRUE(bench.RunUntil(
      [&] { return Told("Thank you. Account 'work' works with your consent.") == 1; }));
  Health(admin::v1::HEALTH_STATE_CHECKING, 2);
  Health(admin::v1::HEALTH_STATE_OK, 2);
  bench.Settle();
  EXPECT_EQ(Told("works with your consent"), 1);
  Health(admin::v1::HEALTH_STATE_ASKING, 3, "Consent is gone.");
  ASSERT_TRUE(bench.RunUntil([&] { return Notices() == 2; }));
  EXPECT_EQ(Told("Consent is gone.\nAccount 'work' waits"), 1);
}

TEST_F(Consent, IsAskedForWhenAdminIsBack) {
  bench.admin.FailWith(grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"));
  ComeOnline();
  Health(admin::v1::HEALTH_STATE_ASKING, 1);
  bench.Settle();
  EXPECT_EQ(Notices(), 0);
  bench.admin.FailWith(grpc::Status::OK);
  ASSERT_TRUE(bench.RunUntil([&] { return Notices() == 1; }));
}

TEST_F(Consent, ComesAgainWhenItIsAskedFor) {
  Health(admin::v1::HEALTH_STATE_ASKING, 1);
  bench.Write(kAnn, kDomain, "c1", "Consent");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("https://id.example/1") != nullptr; }));
  bench.Write(kAnn, kDomain, "c2", "consent work");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("https://id.example/2") != nullptr; }));
  bench.Write(kAnn, kDomain, "c3", "consent other");
  ASSERT_TRUE(bench.RunUntil([&] { return bench.SentWith("None of your accounts") != nullptr; }));
  bench.Write(kBob, kDomain, "c4", "consent");
  bench.Settle();
  EXPECT_EQ(bench.admin.consents(), 2) << "nobody gets another's link";
  const Element answer = Execute(kWork, "jcl#get-last-error");
  EXPECT_TRUE(absl::StrContains(ToXml(answer), "https://id.example/3"));
  bench.admin.FailWith(grpc::Status(grpc::StatusCode::UNAVAILABLE, "away"));
  bench.Write(kAnn, kDomain, "c5", "consent");
  EXPECT_TRUE(bench.RunUntil(
      [&] { return bench.SentWith("There is no link for account 'work'") != nullptr; }));
}

TEST_F(Consent, ShowsInThePresenceOfTheContact) {
  Health(admin::v1::HEALTH_STATE_ASKING, 1, "No access.");
  const Element presence = AccountPresence(*bench.context().directory.Find(kUser, "work"), kDomain,
                                           kAnn, bench.context().interpreter.Of(kUser));
  EXPECT_EQ(presence.ChildText("show"), "xa");
  EXPECT_TRUE(absl::StartsWith(presence.ChildText("status"), "Waiting for your consent: "));
}

TEST_F(Consent, NeedsNoPasswordAtRegistrationAndNoTrial) {
  constexpr char kRegister[] = "jabber:iq:register", kImap[] = "mail.example.org/IMAP";
  ASSERT_TRUE(
      bench.RunUntil([&] { return bench.context().site.current().oauth2_providers_size() == 1; }));
  const Element form = bench.AskIq("get", kAnn, kImap, QueryOf(kRegister));
  EXPECT_TRUE(absl::StrContains(ToXml(form), "With Our Mail, leave the password empty"));
  const Element smtp = bench.AskIq("get", kAnn, "mail.example.org/SMTP", QueryOf(kRegister));
  EXPECT_TRUE(absl::StrContains(ToXml(smtp), "With Our Mail, leave the password empty"));

  std::map<std::string, std::string> fields = {
      {"name", "new"}, {"host", "imap.provider.example"}, {"login", "ann"}};
  Element answer = bench.AskIq("set", kAnn, kImap, FilledForm(fields));
  EXPECT_EQ(answer.Attr("type"), "result") << ErrorTextOf(answer);
  EXPECT_EQ(bench.admin.puts().size(), 1u);
  EXPECT_TRUE(bench.fetcher.tried.empty());

  fields["name"] = "other";
  fields["password"] = "app password";
  answer = bench.AskIq("set", kAnn, kImap, FilledForm(fields));
  EXPECT_EQ(answer.Attr("type"), "result");
  EXPECT_EQ(bench.fetcher.tried.size(), 1u) << "a password is tried as ever";

  fields["name"] = "third";
  fields["password"] = "";
  fields["host"] = "imap.elsewhere.example";
  answer = bench.AskIq("set", kAnn, kImap, FilledForm(fields));
  EXPECT_TRUE(absl::StrContains(ErrorTextOf(answer), "password")) << ErrorTextOf(answer);
}

}  // namespace
}  // namespace postern::xmpp_edge
