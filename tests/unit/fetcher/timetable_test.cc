#include "services/fetcher/timetable.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/fetcher/account.h"
#include "services/fetcher/account_feed.h"

namespace postern::fetcher {
namespace {

constexpr int64_t kMonday = 1767571200;  // 2026-01-05 00:00 UTC
constexpr int64_t kHour = 3600;

std::shared_ptr<const Timetable> Made(absl::string_view schedule, absl::string_view quiet,
                                      absl::string_view zone) {
  auto made = Timetable::Make(schedule, quiet, zone);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *made : nullptr;
}

TEST(Timetable, TellsWhenToLook) {
  const auto timetable =
      Made("[LAN]\ntype: POP3\n* 12:00\n[#Out]\ntype: SMTP\n* *:00\n", "", "Europe/Berlin");
  EXPECT_TRUE(timetable->HasSchedule());
  EXPECT_FALSE(timetable->LooksWhenConnected()) << "that one only sends";
  EXPECT_EQ(timetable->NextLook(kMonday), kMonday + 11 * kHour);
  EXPECT_EQ(timetable->LookOwed(kMonday + 12 * kHour - 1), kMonday + 11 * kHour);
  EXPECT_EQ(timetable->LookOwed(kMonday + 12 * kHour), std::nullopt);
  EXPECT_EQ(timetable->QuietUntil(kMonday), std::nullopt);
}

TEST(Timetable, TellsOfQuietHoursAndOfOtherConnections) {
  const auto quiet = Made("", "22:00-07:00", "Asia/Kolkata");
  EXPECT_FALSE(quiet->HasSchedule());
  EXPECT_EQ(quiet->NextLook(kMonday), std::nullopt);
  EXPECT_EQ(quiet->QuietUntil(kMonday), kMonday + 90 * 60) << "07:00 in Kolkata";
  const auto any = Made("[#LAN]\n", "", "");
  EXPECT_TRUE(any->HasSchedule());
  EXPECT_TRUE(any->LooksWhenConnected());
  EXPECT_EQ(any->NextLook(kMonday), std::nullopt);
}

TEST(Timetable, IsOneForAllWhoHaveTheSameTimes) {
  const auto one = Made("* 12:00", "22:00-07:00", "UTC");
  EXPECT_EQ(Made("* 12:00", "22:00-07:00", "UTC"), one);
  EXPECT_NE(Made("* 12:00", "22:00-07:00", "Asia/Kolkata"), one);
  EXPECT_NE(Made("* 12:00", "", "UTC"), one);
  for (int i = 0; i < 1000; ++i)
    Made("", absl::StrCat("12:00-", i / 60, ":", i % 60 / 10, "1"), "");
  EXPECT_EQ(Made("* 12:00", "22:00-07:00", "UTC"), one) << "others come and go";
}

TEST(Timetable, IsNoneWithoutTimesAndRefusesWhatAdminWould) {
  EXPECT_EQ(Made("", "", "Europe/Berlin"), nullptr);
  EXPECT_FALSE(Timetable::Make("MO 25:00", "", "").ok());
  EXPECT_FALSE(Timetable::Make("", "22-7", "").ok());
  EXPECT_FALSE(Timetable::Make("", "22:00-7:00", "Mars").ok());
}

TEST(Timetable, ComesWithTheAccount) {
  admin::v1::Account told;
  told.set_id("acc");
  told.mutable_watching()->set_quiet_hours("00:00-12:00");
  told.mutable_watching()->add_more_mailboxes("Lists");
  told.mutable_watching()->set_remove_after_days(3);
  told.set_oauth2_provider("google");
  const Account account = FromProto(told);
  ASSERT_NE(account.timetable, nullptr);
  EXPECT_EQ(QuietUntil(account, kMonday), kMonday + 12 * kHour);
  EXPECT_EQ(account.more_mailboxes, std::vector<std::string>{"Lists"});
  EXPECT_EQ(account.remove_after_days, 3u);
  EXPECT_EQ(account.oauth2_provider, "google");
  told.mutable_watching()->set_quiet_hours("whenever");
  EXPECT_EQ(FromProto(told).timetable, nullptr) << "its mail is fetched all the same";
  EXPECT_EQ(QuietUntil(FromProto(told), kMonday), std::nullopt);
}

TEST(QuietHours, HoldEveryMailThatWouldBeDelivered) {
  Account account;
  account.timetable = Made("", "00:00-12:00", "");
  Availability online;
  online.known = true;
  online.show = Show::kOnline;
  const int64_t end = kMonday + 12 * kHour;
  EXPECT_EQ(Decide(account, online, kMonday, end - 1), Disposition::kWait);
  EXPECT_EQ(Decide(account, online, kMonday, end), Disposition::kDeliver);
  account.actions.online = Action::kDigest;
  EXPECT_EQ(Decide(account, online, kMonday, end - 1), Disposition::kWait);
  account.live_email_only = true;
  online.since_unix_ms = (kMonday + 1) * 1000;
  EXPECT_EQ(Decide(account, online, kMonday, end - 1), Disposition::kWait) << "nothing is lost yet";
  EXPECT_EQ(Decide(account, online, kMonday, end), Disposition::kPassOver);
  account.live_email_only = false;
  account.actions.online = Action::kFull;
  const Availability offline{true, Show::kOffline, 0};
  account.actions.offline = Action::kNothing;
  EXPECT_FALSE(Releases(account, offline, online, kMonday, end - 1)) << "back, but it is quiet";
  EXPECT_TRUE(Releases(account, offline, online, kMonday, end));
}

}  // namespace
}  // namespace postern::fetcher
