#include "services/rules/jsmail/finger.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::rules::jsmail {
namespace {

TEST(Finger, TakesFormsApart) {
  const struct {
    const char* text;
    Finger finger;
  } cases[] = {
      {"A\n[WIDE]\nB\n", {"A\n", "A\nB\n"}},
      {"A\r\n[WIDE]\r\nB\r\n", {"A\n", "A\nB\n"}},
      {"A", {"A", "A"}},
      {"[WIDE]B", {"", "B"}},
      {"a[wide]b", {"a[wide]b", "a[wide]b"}},
      {"a[WIDE]b[WIDE]c", {"a", "abc"}},
      {"a\x1b[31m\x07", {"a[31m", "a[31m"}},
      {"", {"", ""}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const ReadFinger read = ParseFinger(c.text, "fred.fgr");
    EXPECT_TRUE(read.problems.empty());
    EXPECT_EQ(read.finger.brief, c.finger.brief);
    EXPECT_EQ(read.finger.full, c.finger.full);
  }
  EXPECT_EQ(ParseFinger(std::string(kMaxFingerBytes + 1, 'x'), "f").problems.size(), 1u);
}

TEST(Finger, KnowsWhoseFileItIs) {
  EXPECT_EQ(FingerUser("Fred.FGR"), "fred");
  for (const char* name : {"fred.txt", ".fgr", "..fgr", "../fred.fgr", "a b.fgr", "x\\y.fgr"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(FingerUser(name), std::nullopt);
  }
}

TEST(Finger, AnswersQueries) {
  FingerBook book;
  ASSERT_TRUE(book.Put("Fred", ParseFinger("A\n[WIDE]\nB\n", "f").finger));
  EXPECT_EQ(book.Answer(ReadFingerQuery("fred\r\n")), "A\n");
  EXPECT_EQ(book.Answer(ReadFingerQuery("/W FRED")), "A\nB\n");
  EXPECT_EQ(book.Answer(ReadFingerQuery("/w  fred")), "A\nB\n");
  EXPECT_EQ(book.Answer(ReadFingerQuery("joe")), "no such user");
  EXPECT_EQ(book.Answer(ReadFingerQuery("/wfred")), "no such user");
  ASSERT_NE(book.Find("FRED"), nullptr);
  EXPECT_EQ(book.Find("FRED")->brief, "A\n");
  EXPECT_EQ(book.Find("joe"), nullptr);
  book.Remove("fred");
  EXPECT_EQ(book.Answer(ReadFingerQuery("fred")), "no such user");
}

}  // namespace
}  // namespace postern::rules::jsmail
