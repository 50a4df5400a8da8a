#include "services/xmpp-edge/spool/spool_view.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

using std::chrono::seconds;

TEST(SpoolName, IsThatOfAMessageALockOrWork) {
  using Kind = SpoolName::Kind;
  const struct {
    const char* name;
    Kind kind;
    const char *stem, *file, *worker;
  } cases[] = {
      {"IM-1.SEM", Kind::kMessage, "im-1", "IM-1.SEM", ""},
      {"im-007.sem", Kind::kMessage, "im-007", "im-007.sem", ""},
      {"Im-12.Lck", Kind::kLock, "im-12", "Im-12.Lck", ""},
      {"IM-12.SEM.work.a.B", Kind::kWork, "im-12", "IM-12.SEM", "a.B"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto name = ReadSpoolName(c.name);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->kind, c.kind);
    EXPECT_EQ(name->stem, c.stem);
    EXPECT_EQ(name->file, c.file);
    EXPECT_EQ(name->worker, c.worker);
  }
  for (const char* other :
       {"IM-.SEM", "XM-1.SEM", "IM-1.SEM~", "IM-1", "IM-1.SEM.work.", "IM-1.LCK.work.x",
        "IM-1a.SEM", "IM1.SEM", "", ".", "..", "failed", "IM--1.SEM", "IM-1.SEM.work",
        "IM-123456789012345678901234567890123.SEM"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(ReadSpoolName(other));
  }
  EXPECT_EQ(ReadSpoolName(WorkName("IM-1.SEM", "w"))->worker, "w");
}

// A folder in which time goes by.
struct View : ::testing::Test {
  // Written and touched now.
  void Put(const std::string& name, int64_t size = 10) {
    files[name] = {name, ++inode, size, now.count() * 1'000'000'000, now.count() * 1'000'000'000};
  }
  void Touch(const std::string& name) { files[name].touched_ns = now.count() * 1'000'000'000; }
  static std::vector<std::string> Of(const std::vector<SpoolFile>& found) {
    std::vector<std::string> names;
    for (const SpoolFile& file : found) names.push_back(file.name);
    return names;
  }
  SpoolView::Sight Look() {
    std::vector<SpoolFile> all;
    for (const auto& [name, file] : files) all.push_back(file);
    return view.Look(all, now + skew, now);
  }
  std::vector<std::string> Ready() { return Of(Look().ready); }
  // Looks each second, and stops before the last one.
  void Pass(seconds time) {
    for (seconds i(0); i < time; ++i) {
      now += seconds(1);
      if (i + seconds(1) < time) Look();
    }
  }

  SpoolView view{"me", false};
  std::map<std::string, SpoolFile> files;
  seconds now{1'000'000}, skew{0};
  uint64_t inode = 0;
};
using Names = std::vector<std::string>;

TEST_F(View, ALockedMessageWaitsAndComesAtOnceWhenTheLockIsGone) {
  Put("IM-1.LCK");
  EXPECT_EQ(Ready(), Names{});
  Put("im-1.sem");
  Pass(seconds(100));
  EXPECT_EQ(Ready(), Names{});
  files.erase("IM-1.LCK");
  EXPECT_EQ(Ready(), Names{"im-1.sem"});
  EXPECT_EQ(Ready(), Names{"im-1.sem"}) << "as long as nobody takes it";
  files.erase("im-1.sem");
  Put("IM-1.SEM");
  EXPECT_EQ(Ready(), Names{}) << "a new one of that name has no lock that was seen";
}

TEST_F(View, ALockThatComesBackHolds) {
  Put("IM-1.LCK");
  Put("IM-1.SEM");
  Ready();
  files.erase("IM-1.LCK");
  EXPECT_EQ(Ready(), Names{"IM-1.SEM"});
  Put("IM-1.LCK");
  EXPECT_EQ(Ready(), Names{});
}

TEST_F(View, WithoutALockAMessageHasToBeTwoSecondsOldAndUnchanged) {
  Put("IM-1.SEM");
  EXPECT_EQ(Ready(), Names{});
  Pass(seconds(1));
  EXPECT_EQ(Ready(), Names{});
  files["IM-1.SEM"].size = 20;  // of the same time: a coarse clock
  Pass(seconds(1));
  EXPECT_EQ(Ready(), Names{});
  Pass(seconds(2));
  EXPECT_EQ(Ready(), Names{"IM-1.SEM"});
}

TEST_F(View, AClockThatGoesWronglyHoldsNothingUp) {
  skew = seconds(-500);
  Put("IM-1.SEM");
  EXPECT_EQ(Ready(), Names{});
  Pass(seconds(2));
  EXPECT_EQ(Ready(), Names{"IM-1.SEM"});
}

TEST_F(View, TheOlderComesFirst) {
  Put("IM-9.SEM");
  now += seconds(1);
  Put("IM-10.SEM");
  Ready();
  Pass(seconds(3));
  EXPECT_EQ(Ready(), (Names{"IM-9.SEM", "IM-10.SEM"}));
}

TEST_F(View, AnOldLockIsToldOnceAndHoldsUnlessItIsPassedOver) {
  Put("IM-1.LCK");
  Put("IM-1.SEM");
  Ready();
  now += std::chrono::minutes(11);
  EXPECT_EQ(Look().stale_locks, Names{"IM-1.LCK"});
  EXPECT_EQ(Look().stale_locks, Names{});
  EXPECT_EQ(Ready(), Names{});
  SpoolView passing{"me", true};
  const std::vector<SpoolFile> all = {files["IM-1.LCK"], files["IM-1.SEM"]};
  EXPECT_EQ(passing.Look(all, now, now).stale_locks, Names{"IM-1.LCK"});
  EXPECT_EQ(Of(passing.Look(all, now, now + seconds(2)).ready), Names{"IM-1.SEM"});
}

TEST_F(View, WorkIsLeftToItsWorkerAsLongAsItIsTouched) {
  Put("IM-1.SEM.work.me");
  Put("IM-2.SEM.work.other");
  for (int i = 0; i < 30; ++i) {
    now += seconds(1);
    Touch("IM-2.SEM.work.other");
    EXPECT_TRUE(Look().abandoned.empty());
  }
  Pass(seconds(14));
  EXPECT_TRUE(Look().abandoned.empty());
  now += seconds(1);
  EXPECT_EQ(Of(Look().abandoned), Names{"IM-2.SEM.work.other"});
}

}  // namespace
}  // namespace postern::xmpp_edge
