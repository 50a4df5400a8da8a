// When, and which mailboxes are looked into: what admin takes, keeps and tells.
#include "services/admin/watching.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "lib/words/wording.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

v1::Account Pop3Account(const std::string& owner, const std::string& name) {
  v1::Account account = ImapAccount(owner, name);
  account.set_type(v1::ACCOUNT_TYPE_POP3);
  account.clear_mailbox();
  return account;
}

v1::Watching FullWatching() {
  v1::Watching watching;
  watching.add_more_mailboxes("Lists");
  watching.add_more_mailboxes("Entwürfe");
  watching.set_schedule("[LAN]\nMO-FR *:*0\n");
  watching.set_quiet_hours("22:00-07:00, SA-SU 00:00-24:00");
  watching.set_time_zone("Europe/Berlin");
  return watching;
}

TEST(CheckedWatching, KeepsWhatMeansSomething) {
  v1::Watching wanted = FullWatching();
  for (const char* mailbox : {"inbox", "INBOX", "Lists", "", "  ", "lists"}) {
    wanted.add_more_mailboxes(mailbox);
  }
  wanted.set_quiet_hours("  22:00-07:00, SA-SU 00:00-24:00\n");
  wanted.set_time_zone(" Europe/Berlin ");
  const auto checked = CheckedWatching(ImapAccount(kAnn, "home"), wanted);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(checked->more_mailboxes(), ::testing::ElementsAre("Lists", "Entwürfe", "lists"));
  EXPECT_EQ(checked->quiet_hours(), FullWatching().quiet_hours());
  EXPECT_EQ(checked->time_zone(), "Europe/Berlin");
  EXPECT_EQ(checked->schedule(), FullWatching().schedule());

  wanted.Clear();
  wanted.set_schedule(" \r\n\n");
  const auto nothing = CheckedWatching(Pop3Account(kAnn, "old"), wanted);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->ByteSizeLong(), 0u) << "watched all the time";
}

v1::Watching WithMailboxes(size_t count, const std::string& prefix = "m") {
  v1::Watching watching;
  for (size_t i = 0; i < count; ++i) watching.add_more_mailboxes(absl::StrCat(prefix, i));
  return watching;
}

TEST(CheckedWatching, NamesTheFieldAndTheLine) {
  const auto schedule = [](const char* text) {
    v1::Watching watching;
    watching.set_schedule(text);
    return watching;
  };
  const auto quiet = [](const char* text) {
    v1::Watching watching;
    watching.set_quiet_hours(text);
    return watching;
  };
  v1::Watching zone, days, too_many_days;
  zone.set_time_zone("Berlin");
  days.set_remove_after_days(3);
  too_many_days.set_remove_after_days(kMostRemoveAfterDays + 1);
  const v1::Account imap = ImapAccount(kAnn, "home"), pop3 = Pop3Account(kAnn, "old");
  const struct {
    const v1::Account& account;
    v1::Watching wanted;
    const char* error;
  } cases[] = {
      {imap, schedule("[LAN]\n* *:00\nMO 24:00"),
       "schedule: 3:4: must be an hour from 00 to 23, or a pattern like *, 1*, *5"},
      {imap, schedule("[LAN]\npassword: hunter2\n* *:00"),
       "schedule: 2:1: leave the password out: the account has its own, and a schedule is stored "
       "as it is"},
      {imap, schedule("[LAN]\ntype: SMTP\n* *:00"),
       "schedule: by this schedule no mail would ever be fetched"},
      {imap, schedule("# later"), "schedule: by this schedule no mail would ever be fetched"},
      {imap, schedule("* 5"), "schedule: by this schedule no mail would ever be fetched"},
      {imap, quiet("22-7"),
       "quiet_hours: \"22-7\" is no time to be quiet; write it like 22:00-07:00 or "
       "SA-SU 00:00-24:00"},
      {imap, zone, "time_zone: must be a time zone by its name, like Europe/Berlin or UTC"},
      {imap, days, "remove_after_days: only POP3 accounts remove mails from their server"},
      {pop3, too_many_days, "remove_after_days: must be a number of days from 0 to 3650"},
      {pop3, WithMailboxes(1), "more_mailboxes: only IMAP accounts have more than one folder"},
      {imap, WithMailboxes(kMostMoreMailboxes + 1), "more_mailboxes: there may be at most 20"},
      {imap, WithMailboxes(1, "a\nb"), "more_mailboxes: must not hold control characters"},
      {imap, WithMailboxes(1, std::string(512, 'x')),
       "more_mailboxes: must have at most 512 bytes"},
      {SmtpAccount(kAnn, "out"), v1::Watching(), "type: this account sends mail and receives none"},
      {RelayAccount(kAnn, "relay"), days, "type: this account sends mail and receives none"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.error);
    const auto checked = CheckedWatching(c.account, c.wanted);
    ASSERT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(checked.status().message(), c.error);
    EXPECT_TRUE(words::WordingOf(checked.status()).has_value());
  }
  EXPECT_TRUE(CheckedWatching(imap, WithMailboxes(kMostMoreMailboxes)).ok());
  EXPECT_TRUE(CheckedWatching(imap, schedule("[#LAN]")).ok()) << "other connections will do";
  EXPECT_TRUE(CheckedWatching(pop3, days).ok());
}

class WatchingTest : public AdminHarness {
 protected:
  absl::StatusOr<v1::SetWatchingResponse> Set(const std::string& id, const v1::Watching& watching,
                                              const std::string& owner = "") {
    v1::SetWatchingRequest request;
    request.set_account_id(id);
    request.set_owner(owner);
    *request.mutable_watching() = watching;
    return one_.Call(&AdminCalls::SetWatching, request);
  }
};

TEST_F(WatchingTest, IsToldInTheFeedAndLeavesTheRestAlone) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Report(home.id(), v1::HEALTH_STATE_OK).ok());
  const auto before = Changes(0);
  const auto answer = Set(home.id(), FullWatching(), "Ann@Example.org");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->account().sealed_password(), "");
  EXPECT_EQ(answer->account().watching().schedule(), FullWatching().schedule());
  EXPECT_EQ(answer->account().health().state(), v1::HEALTH_STATE_OK);
  const auto since = Changes(before.revision());
  ASSERT_EQ(since.changed_size(), 1);
  const v1::Account& told = since.changed(0);
  EXPECT_EQ(told.watching().SerializeAsString(), FullWatching().SerializeAsString());
  EXPECT_GT(told.settings_revision(), home.settings_revision());
  EXPECT_EQ(told.health().state(), v1::HEALTH_STATE_OK);
  EXPECT_NE(told.sealed_password(), "");
  EXPECT_THAT(NewestEntry(),
              ::testing::IsSupersetOf({std::string(kAnn), std::string("change watching"),
                                       std::string("ann@example.org/home"),
                                       std::string("more_mailboxes, schedule, quiet_hours, "
                                                   "time_zone")}));
  ASSERT_TRUE(Set(home.id(), FullWatching()).ok());
  EXPECT_EQ(Changes(since.revision()).revision(), since.revision()) << "nothing changed";
  ASSERT_TRUE(Set(home.id(), v1::Watching()).ok());
  EXPECT_THAT(NewestEntry(), ::testing::Contains("operator"));
  EXPECT_EQ(List(kAnn)->accounts(0).watching().ByteSizeLong(), 0u);
}

TEST_F(WatchingTest, IsOfItsOwnerAlone) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  EXPECT_EQ(Set(home.id(), FullWatching(), kBob).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Set("nobody's", FullWatching(), kBob).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Set(home.id(), FullWatching(), kBob).status().message(),
            Set("nobody's", FullWatching(), kBob).status().message());
  EXPECT_FALSE(List(kAnn)->accounts(0).has_watching());
}

TEST_F(WatchingTest, IsKeptWhenOtherSettingsChange) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Set(home.id(), FullWatching()).ok());
  v1::Account wanted = ImapAccount(kAnn, "home");
  wanted.set_id(home.id());
  wanted.set_interval_minutes(7);
  wanted.mutable_watching()->set_time_zone("UTC");  // SetWatching alone changes it
  EXPECT_EQ(MustPut(wanted).watching().SerializeAsString(), FullWatching().SerializeAsString());
  wanted.set_mailbox("Lists");
  EXPECT_THAT(MustPut(wanted).watching().more_mailboxes(), ::testing::ElementsAre("Entwürfe"));
  EXPECT_FALSE(MustPut([] {
                 v1::Account account = ImapAccount(kAnn, "new");
                 *account.mutable_watching() = FullWatching();
                 return account;
               }())
                   .has_watching());
}

TEST_F(WatchingTest, AWrongFieldChangesNothingAndCarriesItsWording) {
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  v1::Watching wanted = FullWatching();
  wanted.set_schedule("[LAN]\nXX 12:00");
  const auto refused = Set(home.id(), wanted, kAnn);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), ::testing::StartsWith("schedule: 2:1: "));
  EXPECT_TRUE(words::WordingOf(refused.status()).has_value()) << "the edge gets it too";
  EXPECT_FALSE(List(kAnn)->accounts(0).has_watching());
}

}  // namespace
}  // namespace postern::admin
