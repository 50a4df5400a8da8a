// How accounts send, and by which route: what admin takes, keeps and tells.
#include "services/admin/sending.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "services/admin/relay_senders.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

v1::Identity IdentityOf(const std::string& from, const std::string& signature = "") {
  v1::Identity identity;
  identity.set_from(from);
  identity.set_signature(signature);
  return identity;
}

v1::Sending FullSending() {
  v1::Sending sending;
  sending.set_signature("Ann\nExample Ltd");
  *sending.add_identities() = IdentityOf("Sales <sales@example.org>", "Sales");
  sending.set_form(v1::BODY_FORM_HTML);
  sending.set_undo_seconds(10);
  sending.set_schedule("[LAN]\ntype: SMTP\nMO-FR *:*0\n");
  sending.set_time_zone("Europe/Berlin");
  sending.set_sent_folder("home/Sent");
  sending.set_hide_jabber_id(true);
  return sending;
}

OwnerAccounts Owner() {
  OwnerAccounts owner;
  owner.owner = kAnn;
  owner.accounts = {ImapAccount(kAnn, "home"), SmtpAccount(kAnn, "out")};
  return owner;
}

absl::StatusOr<v1::Sending> Checked(const v1::Sending& wanted,
                                    const v1::Account& account = SmtpAccount(kAnn, "out")) {
  return CheckedSending(Owner(), account, wanted, RelayOfExampleOrg());
}

TEST(CheckedSending, KeepsWhatMeansSomething) {
  const auto full = Checked(FullSending());
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->SerializeAsString(), FullSending().SerializeAsString());

  v1::Sending wanted;
  wanted.set_signature("-- \r\nAnn\r\n\tExample Ltd \r\n\r\n");
  *wanted.add_identities() = IdentityOf("  sales@example.org ");
  wanted.set_form(v1::BODY_FORM_PLAIN);
  wanted.set_schedule(" \r\n\n");
  wanted.set_sent_folder(" - ");
  const auto checked = Checked(wanted);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->signature(), "Ann\n\tExample Ltd");
  EXPECT_EQ(checked->identities(0).from(), "sales@example.org");
  EXPECT_EQ(checked->form(), v1::BODY_FORM_UNSPECIFIED) << "the same as plain";
  EXPECT_EQ(checked->schedule(), "");
  EXPECT_EQ(checked->sent_folder(), "-");
}

TEST(CheckedSending, NamesTheFieldAndTheLine) {
  const auto sending = [](void (*change)(v1::Sending&)) {
    v1::Sending wanted;
    change(wanted);
    return wanted;
  };
  const auto identities = [](std::initializer_list<const char*> all) {
    v1::Sending wanted;
    for (const char* from : all) *wanted.add_identities() = IdentityOf(from);
    return wanted;
  };
  v1::Sending eleven;
  for (int i = 0; i < 11; ++i) *eleven.add_identities() = IdentityOf(absl::StrCat("a", i, "@b.c"));
  const v1::Account out = SmtpAccount(kAnn, "out"), relay = RelayAccount(kAnn, "relay");
  const struct {
    const v1::Account& account;
    v1::Sending wanted;
    const char* error;
  } cases[] = {
      {out, sending([](auto& s) { s.set_signature(std::string(1025, 'x')); }),
       "signature: must have at most 1024 bytes"},
      {out, sending([](auto& s) { s.set_signature("a\x1b[2J"); }),
       "signature: must not hold control characters"},
      {out, identities({"sales@example.org", "nobody"}),
       "identities: 2: must be a mail address, like ann@example.org or Ann <ann@example.org>"},
      {out, identities({"a@example.org\nBcc: b@example.org"}),
       "identities: 1: must be a mail address, like ann@example.org or Ann <ann@example.org>"},
      {out, identities({"Other <ANN@example.org>"}),
       "identities: 1: ANN@example.org is there already; an address can stand for one sender of "
       "an account only"},
      {out, eleven, "identities: there may be at most 10"},
      {relay, identities({"boss@example.org"}),
       "identities: 1: must be an address that you may use with this mail server: ann@example.org"},
      {out, sending([](auto& s) { s.set_form(static_cast<v1::BodyForm>(7)); }),
       "form: must be one of plain and html"},
      {out, sending([](auto& s) { s.set_undo_seconds(121); }),
       "undo_seconds: must be a number of seconds from 0 to 120"},
      {out, sending([](auto& s) { s.set_schedule("[LAN]\nMO 24:00"); }),
       "schedule: 2:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5"},
      {out, sending([](auto& s) { s.set_schedule("[LAN]\npassword: hunter2\n* *:00"); }),
       "schedule: 2:1: leave the password out: the account has its own, and a schedule is stored "
       "as it is"},
      {out, sending([](auto& s) { s.set_schedule("[LAN]\ntype: POP3\n* *:00"); }),
       "schedule: by this schedule no mail would ever be sent"},
      {out, sending([](auto& s) { s.set_time_zone("Berlin"); }),
       "time_zone: must be a time zone by its name, like Europe/Berlin or UTC"},
      {out, sending([](auto& s) { s.set_sent_folder("out/Sent"); }),
       "sent_folder: 'out' is none of your IMAP accounts; write its name, or its name and a folder "
       "like work/Sent, or - to keep no copies"},
      {out, sending([](auto& s) { s.set_sent_folder("home/a\rb"); }),
       "sent_folder: must not hold control characters"},
      {ImapAccount(kAnn, "home"), v1::Sending(), "type: this account receives mail and sends none"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.error);
    const auto checked = Checked(c.wanted, c.account);
    ASSERT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(checked.status().message(), c.error);
    EXPECT_TRUE(words::WordingOf(checked.status()).has_value());
  }
  EXPECT_TRUE(Checked(sending([](auto& s) { s.set_schedule("* 5"); })).ok()) << "a full queue";
  EXPECT_TRUE(Checked(sending([](auto& s) { s.set_undo_seconds(120); })).ok());
  EXPECT_TRUE(Checked(sending([](auto& s) { s.set_sent_folder("HOME"); })).ok());
}

TEST(CheckedSending, AnIdentityThatTheRelayNoLongerTakesIsNotTold) {
  v1::Account account = RelayAccount(kAnn, "relay");
  *account.mutable_sending()->add_identities() = IdentityOf("boss@example.org");
  *account.mutable_sending()->add_identities() = IdentityOf("Ann again <ann@example.org>");
  const v1::Account told = AsTold(account, RelayOfExampleOrg());
  ASSERT_EQ(told.sending().identities_size(), 1);
  EXPECT_EQ(told.sending().identities(0).from(), "Ann again <ann@example.org>");
  account.set_type(v1::ACCOUNT_TYPE_SMTP);
  EXPECT_EQ(AsTold(account, RelayOfExampleOrg()).sending().identities_size(), 2);
}

class SendingTest : public AdminHarness {
 protected:
  absl::StatusOr<v1::SetSendingResponse> Set(const std::string& id, const v1::Sending& sending,
                                             const std::string& owner = "") {
    v1::SetSendingRequest request;
    request.set_account_id(id);
    request.set_owner(owner);
    *request.mutable_sending() = sending;
    return one_.Call(&AdminCalls::SetSending, request);
  }
  absl::Status Route(const std::string& id, const std::string& route) {
    v1::SetRouteRequest request;
    request.set_account_id(id);
    request.set_route(route);
    return one_.Call(&AdminCalls::SetRoute, request).status();
  }
};

TEST_F(SendingTest, IsToldInTheFeedAuditedAndKept) {
  MustPut(ImapAccount(kAnn, "home"));
  const v1::Account out = MustPut(SmtpAccount(kAnn, "out"));
  const auto before = Changes(0);
  const auto answer = Set(out.id(), FullSending(), "Ann@Example.org");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->account().sealed_password(), "");
  const auto since = Changes(before.revision());
  ASSERT_EQ(since.changed_size(), 1);
  EXPECT_EQ(since.changed(0).sending().SerializeAsString(), FullSending().SerializeAsString());
  EXPECT_GT(since.changed(0).settings_revision(), out.settings_revision());
  EXPECT_THAT(NewestEntry(),
              ::testing::IsSupersetOf({std::string(kAnn), std::string("change sending"),
                                       std::string("ann@example.org/out"),
                                       std::string("signature, identities, form, undo_seconds, "
                                                   "schedule, time_zone, sent_folder, "
                                                   "hide_jabber_id")}));
  ASSERT_TRUE(Set(out.id(), FullSending()).ok());
  EXPECT_EQ(Changes(since.revision()).revision(), since.revision()) << "nothing changed";

  v1::Account wanted = SmtpAccount(kAnn, "out");
  wanted.set_id(out.id());
  wanted.set_default_from("sales@example.org");  // what was an identity
  const v1::Sending kept = MustPut(wanted).sending();
  EXPECT_EQ(kept.identities_size(), 0);
  EXPECT_EQ(kept.undo_seconds(), 10u);
}

TEST_F(SendingTest, IsOfItsOwnerAlone) {
  const v1::Account out = MustPut(SmtpAccount(kAnn, "out"));
  v1::Sending sending;
  sending.set_undo_seconds(5);
  EXPECT_EQ(Set(out.id(), sending, kBob).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Set("nobody's", sending, kBob).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(List(kAnn)->accounts(0).has_sending());
}

TEST_F(SendingTest, ARouteIsTheOperatorsAndStays) {
  const v1::Account out = MustPut(SmtpAccount(kAnn, "out"));
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Route(out.id(), "satellite").ok());
  EXPECT_THAT(NewestEntry(),
              ::testing::IsSupersetOf({std::string("operator"), std::string("change route"),
                                       std::string("satellite")}));
  v1::Account wanted = SmtpAccount(kAnn, "out");
  wanted.set_id(out.id());
  wanted.set_route("mine");
  wanted.set_port(587);
  EXPECT_EQ(MustPut(wanted).route(), "satellite");
  EXPECT_EQ(Route(home.id(), "satellite").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Route(out.id(), "a\nb").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Route("nobody's", "x").code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Route(out.id(), "").ok());
}

}  // namespace
}  // namespace postern::admin
