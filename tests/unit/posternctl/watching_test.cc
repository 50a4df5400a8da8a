// posternctl accounts watching, and schedule check.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tests/unit/posternctl/posternctl_fixture.h"

namespace postern::posternctl {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kAccount[] = "ann@example.org/work";

class WatchingTest : public PosternctlTest {
 protected:
  admin::v1::Account& account() { return *admin_.accounts.mutable_accounts(0); }
  admin::v1::Watching& watching() { return *account().mutable_watching(); }
  const admin::v1::Watching& asked() { return admin_.watching_asked.watching(); }
};

TEST_F(WatchingTest, ShowsWhatIsSetAndTheNextLooks) {
  EXPECT_EQ(Done({"accounts", "watching", kAccount}),
            "account:         ann@example.org/work\n"
            "more mailboxes:  -\n"
            "looked into:     all the time\n"
            "quiet hours:     -\n"
            "time zone:       UTC\n");
  EXPECT_EQ(admin_.watching_asked.account_id(), "") << "nothing was changed";
  watching().set_schedule(
      "[LAN]\r\nMO 12:30\n# \xC2\x9B"
      "2J\n");
  watching().set_time_zone("Asia/Kolkata");
  watching().set_quiet_hours("22:00-07:00");
  watching().add_more_mailboxes("Lists");
  watching().add_more_mailboxes("Drafts");
  const std::string line = "  Mon [-0-9]+ 12:30 \\+05:30\n";
  EXPECT_THAT(Done({"accounts", "watching", kAccount}),
              MatchesRegex("account:         ann@example.org/work\n"
                           "more mailboxes:  Lists, Drafts\n"
                           "looked into:     by a schedule\n"
                           "quiet hours:     22:00-07:00\n"
                           "time zone:       Asia/Kolkata\n\n"
                           "Next looks:\n" +
                           line + line + line + line + line +
                           "\nSchedule:\n  \\[LAN\\]\n  MO 12:30\n  # [ -~]*2J\n  \n"));
  EXPECT_THAT(Done({"accounts", "show", kAccount}),
              AllOf(HasSubstr("looked into:     by a sch"), HasSubstr("quiet hours:     22:00")));
  const std::string json = Done({"accounts", "watching", kAccount, "--json"});
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
  const auto& fields = parsed.fields();
  EXPECT_EQ(fields.at("next_looks").list_value().values_size(), 5);
  EXPECT_THAT(fields.at("next_looks").list_value().values(0).string_value(),
              MatchesRegex("[-0-9]+T07:00:00Z"));
  EXPECT_EQ(fields.at("watching").struct_value().fields().at("quiet_hours").string_value(),
            "22:00-07:00");
}

TEST_F(WatchingTest, ChangesWhatItNamesAndLeavesTheRest) {
  watching().set_schedule("* 12:00");
  watching().set_time_zone("Europe/Berlin");
  watching().set_quiet_hours("22:00-07:00");
  watching().add_more_mailboxes("Lists");
  EXPECT_THAT(Done({"accounts", "watching", kAccount, "--more-mailboxes", "A,B c"}),
              HasSubstr("more mailboxes:  A, B c\n"));
  EXPECT_EQ(admin_.watching_asked.account_id(), "a1b2");
  EXPECT_EQ(admin_.watching_asked.owner(), "") << "it is an operator's change";
  EXPECT_THAT(asked().more_mailboxes(), ElementsAre("A", "B c"));
  EXPECT_EQ(asked().schedule(), "* 12:00");
  EXPECT_EQ(asked().quiet_hours(), "22:00-07:00");

  const TemporaryFile file(
      "[B\xFC"
      "ro]\r\n* *:00\r\n");  // Latin-1
  Done({"accounts", "watching", kAccount, "--schedule", file.path(), "--quiet-hours", ""});
  EXPECT_EQ(asked().schedule(),
            "[B\xC3\xBC"
            "ro]\r\n* *:00\r\n");
  EXPECT_EQ(asked().quiet_hours(), "");
  EXPECT_EQ(asked().time_zone(), "Europe/Berlin");
  EXPECT_THAT(asked().more_mailboxes(), ElementsAre("Lists"));

  Done({"accounts", "watching", kAccount, "--no-schedule", "--time-zone", "", "--remove-after-days",
        "0"});
  EXPECT_EQ(asked().schedule(), "");
  EXPECT_EQ(asked().time_zone(), "");
  EXPECT_EQ(asked().quiet_hours(), "22:00-07:00");
}

TEST_F(WatchingTest, IsNothingForAccountsThatSend) {
  account().set_type(admin::v1::ACCOUNT_TYPE_SMTP);
  const Finished refused = Run({"accounts", "watching", kAccount});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("ann@example.org/work sends mail and receives none"));
}

TEST_F(WatchingTest, RemovesFromPop3ServersOnly) {
  account().set_type(admin::v1::ACCOUNT_TYPE_POP3);
  EXPECT_THAT(Done({"accounts", "watching", kAccount}),
              AllOf(HasSubstr("removes mail:  never\n"), Not(HasSubstr("more mailboxes"))));
  EXPECT_THAT(Done({"accounts", "watching", kAccount, "--remove-after-days", "3"}),
              HasSubstr("removes mail:  after 3 days\n"));
  EXPECT_EQ(asked().remove_after_days(), 3u);
}

TEST_F(WatchingTest, GivesTheReasonOfARefusal) {
  admin_.watching_error =
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "schedule: 2:4: must be an hour");
  const Finished refused = Run({"accounts", "watching", kAccount, "--quiet-hours", "x"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(refused.err, "posternctl: schedule: 2:4: must be an hour\n");
  EXPECT_EQ(Run({"accounts", "watching", kAccount, "--schedule", "/no/such"}).status, 1);
  const TemporaryFile large(std::string(16 * 1024 + 1, '#'));
  EXPECT_THAT(Run({"accounts", "watching", kAccount, "--schedule", large.path()}).err,
              HasSubstr("is larger than 16 KiB"));
  EXPECT_EQ(
      Run({"accounts", "watching", kAccount, "--schedule", large.path(), "--no-schedule"}).status,
      2);
  EXPECT_EQ(Run({"accounts", "watching", kAccount, "--remove-after-days", "-1"}).status, 2);
}

TEST(ScheduleAlone, ChecksAFile) {
  const TemporaryFile file(
      "[MYISP]\nuser: fred\npassword: scooby\ntype: SMTP\n* 12:00\nSA 13:00\nSU 5\n[#LAN]\n"
      "type: POP3\n12:30\n");
  const Finished checked = RunPosternctl({"schedule", "check", file.path()});
  EXPECT_EQ(checked.status, 0) << checked.err;
  const std::string fetch = "  [MTWFS][a-z]+ [-0-9]+ 12:30 \\+00:00\n";
  const std::string send = "  [MTWFS][a-z]+ [-0-9]+ 1[23]:00 \\+00:00\n";
  EXPECT_THAT(checked.out, MatchesRegex("warning: " + file.name() +
                                        ":10:1: there is no day: taken for every day\n"
                                        "warning: " +
                                        file.name() +
                                        ":3:1: accounts take no schedule with a password in it\n"
                                        "SECTION  DOES     TIMES A WEEK  NEXT\n"
                                        "MYISP    sends               8  [^\n]*\n"
                                        "  also when 5 mails wait\n"
                                        "LAN      fetches             7  [^\n]*\n"
                                        "  also over a connection that something else has opened\n"
                                        "Fetches next:\n" +
                                        fetch + fetch + fetch + fetch + fetch + "Sends next:\n" +
                                        send + send + send + send + send));
  EXPECT_THAT(checked.out, Not(HasSubstr("scooby")));
  const Finished json = RunPosternctl({"schedule", "check", file.path(), "--json"});
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json.out, &parsed).ok()) << json.out;
  EXPECT_EQ(parsed.fields().at("next_sends").list_value().values_size(), 5);
  EXPECT_EQ(parsed.fields().at("warnings").list_value().values_size(), 2);
}

TEST(ScheduleAlone, SaysWhatIsWrongAndWhere) {
  const TemporaryFile file("[LAN]\nMO 25:00\n"), modern("MO 08-18:30\n"), never("[LAN]\n5\n");
  const Finished refused = RunPosternctl({"schedule", "check", file.path()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, StartsWith("posternctl: " + file.name() + ":2:4: must be an hour"));
  EXPECT_EQ(RunPosternctl({"schedule", "check", modern.path()}).status, 0);
  EXPECT_THAT(RunPosternctl({"schedule", "check", modern.path(), "--strict"}).err,
              HasSubstr(":1:1: a section has to come first"));
  EXPECT_THAT(RunPosternctl({"schedule", "check", never.path()}).out,
              HasSubstr("Fetches next: never.\nSends next: never.\n"));
  EXPECT_THAT(RunPosternctl({"schedule", "check", modern.path(), "--time-zone", "Mars"}).err,
              HasSubstr("--time-zone: must be a time zone"));
  EXPECT_EQ(RunPosternctl({"schedule", "check"}).status, 2);
}

}  // namespace
}  // namespace postern::posternctl
