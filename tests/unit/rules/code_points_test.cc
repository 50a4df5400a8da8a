#include "services/rules/code_points.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::rules {
namespace {

TEST(CodePoints, AreMeasuredOneByOne) {
  const struct {
    const char* text;
    size_t bytes_of_first;
    size_t code_points;
  } cases[] = {
      {"", 0, 0},
      {"ab", 1, 2},
      {"\xC3\xA9z", 2, 2},
      {"\xE2\x82\xAC", 3, 1},
      {"\xF0\x9F\x98\x80!", 4, 2},
      {"\xE2\x82", 1, 1},  // cut off: a stray byte
      {"\xFFz", 1, 2},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(CodePointLength(c.text), c.bytes_of_first);
    EXPECT_EQ(CountCodePoints(c.text), c.code_points);
  }
}

TEST(CodePoints, AreNotSplitByShortening) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC";
  EXPECT_EQ(Shorten(text, 3), text);
  EXPECT_EQ(Shorten(text, 2), "a\xC3\xA9…");
  EXPECT_EQ(Shorten(text, 0), "…");
  EXPECT_EQ(Shorten("", 0), "");
}

}  // namespace
}  // namespace postern::rules
