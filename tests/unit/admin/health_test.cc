#include "services/admin/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::admin {
namespace {

v1::ReportHealthRequest Report(v1::HealthState state, const std::string& error = "") {
  v1::ReportHealthRequest request;
  request.set_state(state);
  request.set_error(error);
  if (!error.empty()) request.mutable_problem()->set_text("$0 said no");
  if (!error.empty()) request.mutable_problem()->add_arguments(error);
  return request;
}

TEST(Health, FollowsTheReports) {
  const auto report = [](v1::HealthState state, const std::string& error = "") {
    return Report(state, error);
  };
  v1::Health health = UntriedHealth({}, 10);
  EXPECT_EQ(health.changed_unix(), 10);
  EXPECT_EQ(health.last_ok_unix(), 0);
  EXPECT_FALSE(IsNews(health, ReportedHealth(health, report(v1::HEALTH_STATE_CHECKING), 11)));

  v1::Health before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 20);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.last_ok_unix(), 20);

  before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 30);
  EXPECT_FALSE(IsNews(before, health));
  EXPECT_EQ(health.last_ok_unix(), 30);
  EXPECT_EQ(health.changed_unix(), 20);

  before = health;
  health = ReportedHealth(
      health, report(v1::HEALTH_STATE_ERROR, "refused\r\n" + std::string(2'000, 'x')), 40);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.error().size(), 512u);
  EXPECT_THAT(health.error(), ::testing::StartsWith("refused  xxx"));
  EXPECT_EQ(health.last_ok_unix(), 30);

  before = health;
  health = ReportedHealth(health, report(v1::HEALTH_STATE_CHECKING), 50);
  EXPECT_FALSE(IsNews(before, health));

  health = ReportedHealth(health, report(v1::HEALTH_STATE_OK), 60);
  EXPECT_EQ(health.error(), "");
  EXPECT_EQ(health.last_error(), before.error());
}

TEST(Health, AskingIsNoErrorAndKeepsWhyItAsksAgain) {
  v1::Health health = UntriedHealth({}, 10);
  v1::Health before = health;
  health = ReportedHealth(health, Report(v1::HEALTH_STATE_ASKING), 20);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.changed_unix(), 20);
  EXPECT_EQ(health.error(), "");
  EXPECT_EQ(health.last_error_unix(), 0);
  EXPECT_FALSE(IsNews(health, ReportedHealth(health, Report(v1::HEALTH_STATE_ASKING), 25)));

  health = ReportedHealth(health, Report(v1::HEALTH_STATE_CHECKING), 30);
  EXPECT_EQ(health.state(), v1::HEALTH_STATE_CHECKING);
  health = ReportedHealth(health, Report(v1::HEALTH_STATE_ASKING, "refused"), 40);
  EXPECT_EQ(health.error(), "refused");
  EXPECT_EQ(health.problem().arguments(0), "refused");
  EXPECT_EQ(health.last_error(), "refused");
  EXPECT_EQ(health.last_error_unix(), 40);

  before = health;  // gone offline, and back
  health = ReportedHealth(health, Report(v1::HEALTH_STATE_ASKING), 50);
  EXPECT_TRUE(IsNews(before, health));
  EXPECT_EQ(health.error(), "");
  EXPECT_FALSE(health.has_problem());
  EXPECT_EQ(health.last_error_unix(), 40);

  health = ReportedHealth(health, Report(v1::HEALTH_STATE_ERROR, "no such host"), 60);
  health = ReportedHealth(health, Report(v1::HEALTH_STATE_ASKING), 70);
  EXPECT_EQ(health.state(), v1::HEALTH_STATE_ASKING);
  EXPECT_EQ(DisabledHealth(health, 80).error(), "");
}

TEST(Health, AProblemTravelsBesideItsEnglish) {
  v1::Health health = ReportedHealth({}, Report(v1::HEALTH_STATE_ERROR, "a\r\nb"), 10);
  EXPECT_EQ(health.error(), "a  b");
  EXPECT_EQ(health.problem().text(), "$0 said no");
  EXPECT_EQ(health.problem().arguments(0), "a  b");
  EXPECT_EQ(health.last_error_unix(), 10);
  // The same again is no news, nor a later error.
  v1::Health again = ReportedHealth(health, Report(v1::HEALTH_STATE_ERROR, "a\r\nb"), 20);
  EXPECT_FALSE(IsNews(health, again));
  EXPECT_EQ(again.last_error_unix(), 10);
  // The same English with another wording is news: a new release translates it.
  auto reworded = Report(v1::HEALTH_STATE_ERROR, "a\r\nb");
  reworded.mutable_problem()->set_text("no, said $0");
  EXPECT_TRUE(IsNews(health, ReportedHealth(health, reworded, 20)));

  health = ReportedHealth(health, Report(v1::HEALTH_STATE_OK), 30);
  EXPECT_FALSE(health.has_problem());
  EXPECT_EQ(health.last_problem().arguments(0), "a  b");
  EXPECT_EQ(health.last_error(), "a  b");

  auto english = Report(v1::HEALTH_STATE_ERROR, "only English");
  english.clear_problem();
  health = ReportedHealth(health, english, 40);
  EXPECT_FALSE(health.has_last_problem());
  auto oversized = Report(v1::HEALTH_STATE_ERROR, "long");
  for (int i = 0; i < 9; ++i) oversized.mutable_problem()->add_arguments(std::string(500, 'x'));
  EXPECT_FALSE(ReportedHealth(health, oversized, 50).has_problem());
}

}  // namespace
}  // namespace postern::admin
