#include "services/fetcher/connect_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Id = ConnectQueue::Id;
using Time = ConnectQueue::Time;

const Time kStart = Time() + std::chrono::hours(1);

ConnectLimits Limits(int per_second, int per_host) {
  ConnectLimits limits;
  limits.per_second = per_second;
  limits.per_host = per_host;
  return limits;
}

// A host that was reached before.
void Trust(ConnectQueue& queue, const std::string& host) {
  const Id id = queue.Enter(host, kStart);
  ASSERT_EQ(queue.Next(kStart), id);
  queue.Leave(id, true, kStart);
}

// All that may dial now.
std::vector<Id> Take(ConnectQueue& queue, Time now) {
  std::vector<Id> taken;
  while (const auto id = queue.Next(now)) taken.push_back(*id);
  return taken;
}

TEST(ConnectQueue, LetsTheAccountsOfAHostGoInTheirOrder) {
  ConnectQueue queue(Limits(0, 0));
  const Id first = queue.Enter("a", kStart), second = queue.Enter("a", kStart),
           third = queue.Enter("a", kStart);
  queue.Leave(second, std::nullopt, kStart);
  EXPECT_EQ(Take(queue, kStart), (std::vector<Id>{first, third}));
  EXPECT_EQ(queue.dialling(), 2u);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(queue.NextAt(), ConnectQueue::kNever);
}

TEST(ConnectQueue, LetsHostsTakeTurns) {
  ConnectQueue queue(Limits(0, 0));
  Trust(queue, "a");  // the other one is not known
  std::vector<Id> a, b;
  for (int i = 0; i < 3; ++i) a.push_back(queue.Enter("a", kStart));
  for (int i = 0; i < 2; ++i) b.push_back(queue.Enter("b", kStart));
  EXPECT_EQ(Take(queue, kStart), (std::vector<Id>{a[0], b[0], a[1], b[1], a[2]}));
}

TEST(ConnectQueue, KeepsToItsRates) {
  struct {
    const char* name;
    int per_second, per_host, hosts;
    size_t at_once, after_a_second;
  } const cases[] = {
      {"one host", 100, 10, 1, 10, 20},          {"two hosts", 100, 10, 2, 20, 40},
      {"more than all may", 15, 10, 4, 15, 30},  {"no limit for all", 0, 10, 4, 40, 80},
      {"no limit for a host", 30, 0, 1, 30, 60},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ConnectLimits limits = Limits(c.per_second, c.per_host);
    limits.doubted_host_in_flight = limits.host_in_flight;
    ConnectQueue queue(limits);
    for (int i = 0; i < 400; ++i) queue.Enter(absl::StrCat("host ", i % c.hosts), kStart);
    std::vector<Id> taken = Take(queue, kStart);
    EXPECT_EQ(taken.size(), c.at_once);
    // No sooner than it says, and then indeed.
    for (Time now = queue.NextAt(); now <= kStart + milliseconds(1001); now = queue.NextAt()) {
      EXPECT_TRUE(Take(queue, now - milliseconds(2)).empty());
      const std::vector<Id> more = Take(queue, now);
      ASSERT_FALSE(more.empty());
      for (const Id id : more) queue.Leave(id, true, now);
      taken.insert(taken.end(), more.begin(), more.end());
    }
    EXPECT_EQ(taken.size(), c.after_a_second);
  }
}

TEST(ConnectQueue, BoundsTheDialsThatAreUnderWay) {
  ConnectLimits limits = Limits(0, 0);
  limits.in_flight = 5;
  limits.host_in_flight = 3;
  ConnectQueue queue(limits);
  Trust(queue, "a");
  Trust(queue, "b");
  for (int i = 0; i < 10; ++i) queue.Enter("a", kStart);
  std::vector<Id> a = Take(queue, kStart);
  EXPECT_EQ(a.size(), 3u);
  for (int i = 0; i < 10; ++i) queue.Enter("b", kStart);
  EXPECT_EQ(Take(queue, kStart).size(), 2u);
  EXPECT_EQ(queue.NextAt(), ConnectQueue::kNever);
  queue.Leave(a[0], true, kStart);
  EXPECT_EQ(Take(queue, kStart).size(), 1u);
}

// F6: a thousand accounts of one host that is silent.
TEST(ConnectQueue, LetsASilentHostDelayNobodyElse) {
  ConnectQueue queue(Limits(100, 20));
  std::map<Id, Time> dead;
  for (int i = 0; i < 1000; ++i) dead[queue.Enter("dead", kStart)] = Time::max();
  std::map<Id, Time> asked;
  std::vector<std::pair<Time, Id>> dials;  // of the dead host, and when they end
  Time::duration longest{0};
  size_t most_dials = 0;
  for (Time now = kStart; now < kStart + seconds(60); now += milliseconds(10)) {
    if ((now - kStart) % milliseconds(100) == milliseconds(0)) {
      asked[queue.Enter(absl::StrCat("host ", (now - kStart) / seconds(1)), now)] = now;
    }
    while (!dials.empty() && dials.front().first <= now) {
      const Id id = dials.front().second;
      dials.erase(dials.begin());
      queue.Leave(id, false, now);
      queue.Enter("dead", now);
    }
    for (const Id id : Take(queue, now)) {
      const auto found = asked.find(id);
      if (found == asked.end()) {
        dials.emplace_back(now + seconds(15), id);
        continue;
      }
      longest = std::max(longest, now - found->second);
      queue.Leave(id, true, now);
    }
    if (now > kStart + seconds(35)) most_dials = std::max(most_dials, dials.size());
  }
  EXPECT_LE(longest, milliseconds(20));
  EXPECT_LE(most_dials, 4u) << "of a host that failed";
}

// Their dials last a minute each, and would be all there are.
TEST(ConnectQueue, LeavesHalfOfTheDialsToHostsThatAnswer) {
  ConnectLimits limits = Limits(0, 0);
  limits.in_flight = 20;
  limits.host_in_flight = 8;
  ConnectQueue queue(limits);
  Trust(queue, "well");
  for (int i = 0; i < 100; ++i) queue.Enter(absl::StrCat("silent ", i % 10), kStart);
  EXPECT_EQ(Take(queue, kStart).size(), 10u) << "of hosts that nobody knows";
  EXPECT_EQ(queue.NextAt(), ConnectQueue::kNever);
  for (int i = 0; i < 20; ++i) queue.Enter("well", kStart);
  std::vector<Id> well = Take(queue, kStart);
  EXPECT_EQ(well.size(), 8u);
  // One of them answers: its dials count no more, and it gets more of them.
  const Id asked = queue.Enter("new", kStart);
  EXPECT_FALSE(queue.Next(kStart));
  for (const Id id : well) queue.Leave(id, true, kStart);
  well = Take(queue, kStart);
  EXPECT_EQ(well.size(), 8u);
  queue.Leave(asked, std::nullopt, kStart);
  EXPECT_EQ(queue.dialling(), 18u);
}

TEST(ConnectQueue, BeginsWithFewDialsToAHostThatNobodyKnows) {
  ConnectQueue queue(Limits(0, 0));
  for (int i = 0; i < 100; ++i) queue.Enter("a", kStart);
  std::vector<Id> few = Take(queue, kStart);
  EXPECT_EQ(few.size(), 4u);
  queue.Leave(few[0], true, kStart);
  EXPECT_EQ(Take(queue, kStart).size(), 61u);
}

TEST(ConnectQueue, TrustsAHostAgainThatAnswers) {
  ConnectLimits limits = Limits(0, 0);
  limits.host_in_flight = 8;
  ConnectQueue queue(limits);
  Trust(queue, "a");
  for (int i = 0; i < 30; ++i) queue.Enter("a", kStart);
  for (const Id id : Take(queue, kStart)) queue.Leave(id, false, kStart);
  std::vector<Id> few = Take(queue, kStart);
  EXPECT_EQ(few.size(), 4u);
  queue.Leave(few[0], std::nullopt, kStart);  // given up: says nothing of the host
  EXPECT_EQ(Take(queue, kStart).size(), 1u);
  queue.Leave(few[1], true, kStart);
  EXPECT_EQ(Take(queue, kStart).size(), 5u);
}

TEST(ConnectQueue, ForgetsHostsThatNobodyAsksFor) {
  ConnectQueue queue(Limits(0, 20));
  for (int i = 0; i < 5000; ++i) {
    const Time now = kStart + seconds(i);
    const Id id = queue.Enter(absl::StrCat("host ", i), now);
    ASSERT_EQ(queue.Next(now), id);
    queue.Leave(id, true, now);
  }
  EXPECT_LE(queue.hosts(), 2000u);
}

}  // namespace
}  // namespace postern::fetcher
