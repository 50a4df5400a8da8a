// posternctl accounts sending, and route.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kAccount[] = "ann@example.org/work";

class SendingTest : public PosternctlTest {
 protected:
  void SetUp() override {
    PosternctlTest::SetUp();
    account().set_type(admin::v1::ACCOUNT_TYPE_SMTP);
    account().set_default_from("Ann <ann@example.org>");
  }
  admin::v1::Account& account() { return *admin_.accounts.mutable_accounts(0); }
  admin::v1::Sending& sending() { return *account().mutable_sending(); }
  const admin::v1::Sending& asked() { return admin_.sending_asked.sending(); }
};

TEST_F(SendingTest, ShowsWhatIsSet) {
  EXPECT_EQ(Done({"accounts", "sending", kAccount}),
            "account:      ann@example.org/work\n"
            "from:         Ann <ann@example.org>\n"
            "signature:    no signature\n"
            "identities:   -\n"
            "form:         plain\n"
            "undo:         sent at once\n"
            "sent when:    all the time\n"
            "time zone:    UTC\n"
            "sent folder:  found by itself\n"
            "jabber id:    told\n"
            "route:        -\n");
  EXPECT_EQ(admin_.sending_asked.account_id(), "") << "nothing was changed";
  sending().set_signature("Ann\n\x1b[31m");
  sending().set_undo_seconds(10);
  sending().set_schedule("[LAN]\nMO 12:30");
  EXPECT_THAT(
      Done({"accounts", "sending", kAccount}),
      AllOf(HasSubstr("undo:         10 s\n"), HasSubstr("Signature of Ann <ann@"),
            HasSubstr("\n  Ann\n"), HasSubstr("\n\nSends next:\n  Mon "),
            HasSubstr("\n\nSchedule:\n  [LAN]\n  MO 12:30\n"), ::testing::Not(HasSubstr("\x1b"))));
  const std::string json = Done({"accounts", "sending", kAccount, "--json"});
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  EXPECT_EQ(parsed.fields().at("next_runs").list_value().values_size(), 5);
}

TEST_F(SendingTest, ChangesWhatItNamesAndLeavesTheRest) {
  sending().set_signature("Ann");
  sending().set_time_zone("Europe/Berlin");
  auto& sales = *sending().add_identities();
  sales.set_from("sales@example.org");
  sales.set_signature("Sales");
  Done({"accounts", "sending", kAccount, "--undo", "15", "--form", "html", "--sent-folder", "-",
        "--hide-jabber-id"});
  EXPECT_EQ(admin_.sending_asked.account_id(), "a1b2");
  EXPECT_EQ(admin_.sending_asked.owner(), "") << "it is an operator's change";
  EXPECT_EQ(asked().undo_seconds(), 15u);
  EXPECT_EQ(asked().form(), admin::v1::BODY_FORM_HTML);
  EXPECT_EQ(asked().sent_folder(), "-");
  EXPECT_TRUE(asked().hide_jabber_id());
  EXPECT_EQ(asked().signature(), "Ann");
  EXPECT_EQ(asked().time_zone(), "Europe/Berlin");

  const TemporaryFile file("Office\n");
  Done({"accounts", "sending", kAccount, "--identity", "Sales <sales@example.org>", "--identity",
        "office@example.org", "--signature-file", file.path(), "--signature-of",
        "office@example.org"});
  ASSERT_EQ(asked().identities_size(), 2);
  EXPECT_EQ(asked().identities(0).from(), "Sales <sales@example.org>");
  EXPECT_EQ(asked().identities(0).signature(), "Sales") << "stays with its address";
  EXPECT_EQ(asked().identities(1).signature(), "Office\n");
  EXPECT_EQ(asked().signature(), "Ann");

  Done({"accounts", "sending", kAccount, "--identity", "", "--signature-file", ""});
  EXPECT_EQ(asked().identities_size(), 0);
  EXPECT_EQ(asked().signature(), "");

  account().mutable_sending()->set_schedule("MO 12:00");
  Done({"accounts", "sending", kAccount, "--schedule-file", ""});
  EXPECT_EQ(asked().schedule(), "");
}

TEST_F(SendingTest, NamesWhatIsWrong) {
  const TemporaryFile file("x");
  EXPECT_THAT(Run({"accounts", "sending", kAccount, "--signature-file", file.path(),
                   "--signature-of", "nobody@example.org"})
                  .err,
              HasSubstr("the account has no identity nobody@example.org"));
  EXPECT_EQ(Run({"accounts", "sending", kAccount, "--form", "rtf"}).status, 2);
  EXPECT_EQ(Run({"accounts", "sending", kAccount, "--signature-of", "a@b.c"}).status, 2);
  EXPECT_EQ(Run({"accounts", "sending", kAccount, "--signature-file", "/no/such"}).status, 1);
  admin_.sending_error =
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "undo_seconds: must be a number");
  const Finished refused = Run({"accounts", "sending", kAccount, "--undo", "500"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "posternctl: undo_seconds: must be a number\n");
  account().set_type(admin::v1::ACCOUNT_TYPE_IMAP);
  EXPECT_THAT(Run({"accounts", "sending", kAccount}).err,
              HasSubstr("receives mail and sends none"));
}

TEST_F(SendingTest, RoutesAreShownAndSet) {
  EXPECT_EQ(Done({"accounts", "route", kAccount}), "ann@example.org/work sends by no route.\n");
  EXPECT_EQ(admin_.route_asked.account_id(), "");
  EXPECT_THAT(Run({"accounts", "route", kAccount, "satellite"}).err,
              HasSubstr("there is no route satellite in the sender's --routes-file; it has none"));
  admin_.routes.add_routes()->set_name("NIGHT");
  admin_.routes.add_routes()->set_name("Satellite");
  EXPECT_THAT(Run({"accounts", "route", kAccount, "moon"}).err,
              HasSubstr("there are: NIGHT, Satellite\n"));
  EXPECT_EQ(admin_.route_asked.account_id(), "") << "nothing was set";
  EXPECT_EQ(Done({"accounts", "route", kAccount, "satellite"}),
            "ann@example.org/work sends by route satellite.\n");
  EXPECT_EQ(admin_.route_asked.account_id(), "a1b2");
  account().set_route("satellite");
  EXPECT_EQ(Done({"accounts", "route", kAccount, "--none"}),
            "ann@example.org/work sends by no route.\n");
  EXPECT_EQ(admin_.route_asked.route(), "");
  EXPECT_EQ(Run({"accounts", "route", kAccount, "satellite", "--none"}).status, 2);
}

TEST_F(SendingTest, AFileOfRoutesIsLookedThroughWithItsTimes) {
  const TemporaryFile good("[NIGHT]\nMO 12:00\n* 5\n[#DAY]\n[ALL]\n");
  EXPECT_THAT(Done({"routes", "check", good.path()}),
              AllOf(HasSubstr("  1 time a week, from 5 mails\n  by accounts' own servers\n"),
                    HasSubstr("any connection"), HasSubstr("always")));
  const TemporaryFile bad("[A]\nsource: x\nMO 25:00\nrelais: a:25\n");
  const Finished finished = Run({"routes", "check", bad.path()});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.err,
              HasSubstr(":4:1: must be one of user, password, domain, type, tz, relay, "));
  EXPECT_LT(finished.err.find(":2:9: "), finished.err.find(":3:4: "));
  EXPECT_LT(finished.err.find(":3:4: "), finished.err.find(":4:1: "));
}

TEST_F(SendingTest, AFileOfAliasesIsShownAsItIsUnderstood) {
  const TemporaryFile file("fred,u,secret,!boss@o.net\nann,u,secret\nsales,a,fred,ann,bob@o.net\n");
  EXPECT_EQ(Done({"aliases", "check", file.path(), "--local-domain", "ex.org"}),
            "NAME   GOES TO\n"
            "fred   boss@o.net gets a copy of the header\n"
            "sales  fred\n"
            "  and to ann, bob@o.net\n"
            "2 users and 1 alias, no errors.\n");
  const std::string json =
      Done({"aliases", "check", file.path(), "--local-domain", "ex.org", "--json"});
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  EXPECT_EQ(parsed.fields().at("users").number_value(), 2);
}

}  // namespace
}  // namespace postern::posternctl
