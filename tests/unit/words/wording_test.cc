#include "lib/words/wording.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"

namespace postern::words {
namespace {

TEST(Fill, PutsArgumentsInTheirPlaces) {
  struct {
    const char* text;
    std::vector<std::string> arguments;
    const char* filled;
  } const cases[] = {
      {"nothing", {"a"}, "nothing"},
      {"$0", {"a"}, "a"},
      {"$1 before $0, $1 again", {"a", "b"}, "b before a, b again"},
      {"$9", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "nine"}, "nine"},
      {"$10", {"a", "b"}, "b0"},
      {"no such $1", {"a"}, "no such $1"},
      {"$x and $", {"a"}, "$x and $"},
      {"costs $$5, $$0", {"a"}, "costs $5, $0"},
      {"an argument is not looked at: $0", {"$1 $$ $0"}, "an argument is not looked at: $1 $$ $0"},
      {"$0$1", {"$", "0"}, "$0"},
      {"", {"a"}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Fill(c.text, c.arguments), c.filled);
  }
}

TEST(Word, TakesWhatCanBeWritten) {
  EXPECT_EQ(Word("from $0 to $1", 1, "n"), (Wording{"from $0 to $1", {"1", "n"}}));
  EXPECT_EQ(English(Word("from $0 to $1", 1, "n")), "from 1 to n");
}

TEST(Error, NamesTheFieldInEnglishAndCarriesTheWording) {
  const Wording wording = Word("must be from $0 to $1", 1, 65535);
  const absl::Status error = Error(absl::StatusCode::kInvalidArgument, wording, "port");
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error.message(), "port: must be from 1 to 65535");
  EXPECT_EQ(WordingOf(error), wording);
  EXPECT_EQ(Error(absl::StatusCode::kNotFound, Word("gone")).message(), "gone");
}

TEST(WordingOf, KeepsEveryArgumentApart) {
  struct {
    const char* name;
    Wording wording, carried;
  } const cases[] = {
      {"none", {"a", {}}, {"a", {}}},
      {"empty ones", {"a", {"", "", ""}}, {"a", {"", "", ""}}},
      {"of many lines", {"a", {"550\n5.1.1\t$0"}}, {"a", {"550\n5.1.1\t$0"}}},
      {"UTF-8", {"… $0", {"Grüße"}}, {"… $0", {"Grüße"}}},
      // A server's words can't make two arguments of one.
      {"the separator", {"a", {"x\x1fy", "z"}}, {"a", {"x y", "z"}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(WordingOf(Error(absl::StatusCode::kInternal, c.wording)), c.carried);
  }
}

TEST(WordingOf, IsNothingWithoutOne) {
  EXPECT_EQ(WordingOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(WordingOf(absl::InternalError("a message")), std::nullopt);
  absl::Status empty = absl::InternalError("a message");
  empty.SetPayload(kPayload, absl::Cord());
  EXPECT_EQ(WordingOf(empty), std::nullopt);
}

}  // namespace
}  // namespace postern::words
