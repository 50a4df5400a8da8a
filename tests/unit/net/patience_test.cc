#include "lib/net/patience.h"

#include <gtest/gtest.h>

#include "lib/net/task_group.h"
#include "tests/support/await.h"

namespace postern::net {
namespace {

using namespace std::chrono_literals;

struct Wait {
  Duration allowed;
  Duration lasts;
};

// Answers how many of the waits came to their end.
Task<absl::StatusOr<int>> Dialogue(Patience& patience, std::vector<Wait> waits, int& unwound) {
  const std::shared_ptr<void> end(nullptr, [&unwound](void*) { ++unwound; });
  int ended = 0;
  for (const Wait& wait : waits) {
    patience.Allow(wait.allowed);
    co_await Sleep(wait.lasts);
    ++ended;
  }
  co_return ended;
}

TEST(Patience, HasALimitForEachWait) {
  const struct {
    const char* name;
    Duration first;
    std::vector<Wait> waits;
    bool ends;
  } cases[] = {
      {"all in time", 1h, {{1h, 0s}, {1h, 1ms}, {2h, 0s}}, true},
      {"the first never ends", 1h, {{1ms, 1h}}, false},
      {"a later one never ends", 1h, {{1h, 1ms}, {1ms, 1h}}, false},
      {"the limit before was longer", 1h, {{2h, 0s}, {1ms, 1h}}, false},
      {"the limit before was shorter", 1ms, {{1h, 20ms}}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Patience patience;
    int unwound = 0;
    const auto ended =
        testing::Await(WithPatience(patience, c.first, Dialogue(patience, c.waits, unwound)));
    EXPECT_EQ(ended.status().code(),
              c.ends ? absl::StatusCode::kOk : absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(unwound, 1);
    if (c.ends && ended.ok()) {
      EXPECT_EQ(*ended, static_cast<int>(c.waits.size()));
    }
  }
}

Task<void> CountTo(int most, int& count, const int& other, int& apart) {
  while (count < most) {
    ++count;
    apart = std::max(apart, count - other);
    co_await Yield();
  }
}

TEST(Yield, LetsOthersHaveTheirTurn) {
  boost::asio::io_context io;
  TaskGroup tasks(io.get_executor());
  int one = 0, two = 0, apart = 0, ignored = 0;
  tasks.Spawn("one", CountTo(1000, one, two, apart));
  tasks.Spawn("two", CountTo(1000, two, one, ignored));
  io.run();
  EXPECT_EQ(one, 1000);
  EXPECT_EQ(two, 1000);
  EXPECT_LE(apart, 2);
}

}  // namespace
}  // namespace postern::net
