#include "lib/process/log_together.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "lib/process/log.h"

namespace postern::log {
namespace {

// What is written to standard error meanwhile, one element for each write.
template <class Work>
std::vector<std::string> WritesOf(Work work) {
  int ends[2];
  // A pipe in packet mode keeps writes apart.
  if (::pipe2(ends, O_DIRECT | O_NONBLOCK) != 0) return {"no pipe"};
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  work();
  ::dup2(before, STDERR_FILENO);
  std::vector<std::string> writes;
  char bytes[4096];
  for (ssize_t n; (n = ::read(ends[0], bytes, sizeof bytes)) > 0;) writes.emplace_back(bytes, n);
  for (const int each : {before, ends[0], ends[1]}) ::close(each);
  return writes;
}

ptrdiff_t Lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(Together, WritesItsLinesAtOnceAtItsEndInTheirOrder) {
  const auto writes = WritesOf([] {
    Info("before");
    {
      const Together outer;
      Info("one", {{"mail", "m1"}});
      {
        const Together inner;
        Warn("two");
      }
      Info("three\nfour");
    }
    Info("behind");
  });
  ASSERT_EQ(writes.size(), 3u);
  EXPECT_EQ(Lines(writes[0]), 1);
  EXPECT_EQ(Lines(writes[1]), 3);
  EXPECT_LT(writes[1].find("one mail=m1"), writes[1].find("two"));
  EXPECT_LT(writes[1].find("two"), writes[1].find("three"));
  EXPECT_EQ(Lines(writes[2]), 1);
}

TEST(Together, KeepsToTheLevelAndWritesNothingForNothing) {
  ASSERT_TRUE(Configure("text", "error"));
  const auto writes = WritesOf([] {
    { const Together nothing; }
    {
      const Together lines;
      Info("not wanted");
    }
    const Together lines;
    Error("wanted");
  });
  ASSERT_TRUE(Configure("text", "info"));
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_NE(writes[0].find("wanted"), std::string::npos);
  EXPECT_EQ(Lines(writes[0]), 1);
}

}  // namespace
}  // namespace postern::log
