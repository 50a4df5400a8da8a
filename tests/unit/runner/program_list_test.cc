#include "services/runner/program_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSum(64, 'a');

std::string ErrorOf(const std::string& text) {
  const auto list = ParseProgramList(text);
  return list.ok() ? "" : std::string(list.status().message());
}

TEST(ParseProgramList, ReadsWhatALineSays) {
  const auto list = ParseProgramList(
      absl::StrCat("\xef\xbb\xbf# programs of the site\r\n\r\n  scan.sh\t/srv/programs/scan  ",
                   kSum, " 30\r\n\"my scanner\" \"/srv/with blanks/scan\" ", std::string(64, 'F'),
                   " 5 network cpu=20 memory=512 read=/srv/words \"read=/srv/other words\"\n"));
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 2u);
  const ListedProgram& plain = (*list)[0];
  EXPECT_EQ(plain.id, "scan.sh");
  EXPECT_EQ(plain.path, "/srv/programs/scan");
  EXPECT_EQ(plain.sha256, kSum);
  EXPECT_EQ(plain.seconds, 30u);
  EXPECT_EQ(plain.cpu_seconds, 5u);
  EXPECT_EQ(plain.megabytes, 256u);
  EXPECT_FALSE(plain.network);
  EXPECT_THAT(plain.readable, ElementsAre());
  const ListedProgram& other = (*list)[1];
  EXPECT_EQ(other.id, "my scanner");
  EXPECT_EQ(other.path, "/srv/with blanks/scan");
  EXPECT_EQ(other.sha256, std::string(64, 'f'));
  EXPECT_EQ(other.seconds, 5u);
  EXPECT_EQ(other.cpu_seconds, 20u);
  EXPECT_EQ(other.megabytes, 512u);
  EXPECT_TRUE(other.network);
  EXPECT_THAT(other.readable, ElementsAre("/srv/words", "/srv/other words"));
}

TEST(ParseProgramList, AnEmptyOneHasNone) {
  EXPECT_EQ(ParseProgramList("")->size(), 0u);
  EXPECT_EQ(ParseProgramList("# nothing\n\n")->size(), 0u);
}

TEST(ParseProgramList, SaysWhatIsWrongAndWhere) {
  struct {
    const char* name;
    std::string line;
    const char* error;
  } const cases[] = {
      {"id alone", "a", "1:2: the program's path is missing"},
      {"no sum", "a /b", "1:5: the program's SHA-256 is missing"},
      {"no seconds", absl::StrCat("a /b ", kSum),
       "1:70: the program's number of seconds is missing"},
      {"relative", absl::StrCat("a b ", kSum, " 1"), "1:3: the program's path has to be a whole"},
      {"upwards", absl::StrCat("a /b/../c ", kSum, " 1"), "1:3: the program's path must not have"},
      {"twice /", absl::StrCat("a /b//c ", kSum, " 1"), "1:3: the program's path must not have"},
      {"a folder", absl::StrCat("a /b/ ", kSum, " 1"), "1:3: the program's path must not have"},
      {"everything", absl::StrCat("a / ", kSum, " 1"), "1:3: the program's path must not be all"},
      {"short sum", "a /b abc 1", "1:6: a SHA-256 has 64"},
      {"no hex", absl::StrCat("a /b ", std::string(64, 'g'), " 1"), "1:6: a SHA-256 has 64"},
      {"0 seconds", absl::StrCat("a /b ", kSum, " 0"), "1:71: seconds is a number from 1 to 60"},
      {"61 seconds", absl::StrCat("a /b ", kSum, " 61"), "1:71: seconds is a number"},
      {"+5 seconds", absl::StrCat("a /b ", kSum, " +5"), "1:71: seconds is a number"},
      {"unit", absl::StrCat("a /b ", kSum, " 5s"), "1:71: seconds is a number"},
      {"unknown option", absl::StrCat("a /b ", kSum, " 5 root"), "1:73: expected network, cpu="},
      {"case", absl::StrCat("a /b ", kSum, " 5 Network"), "1:73: expected network"},
      {"value of network", absl::StrCat("a /b ", kSum, " 5 network=yes"), "1:73: expected network"},
      {"no value", absl::StrCat("a /b ", kSum, " 5 cpu"), "1:73: expected network"},
      {"empty value", absl::StrCat("a /b ", kSum, " 5 cpu="), "1:73: cpu= is a number from 1"},
      {"much memory", absl::StrCat("a /b ", kSum, " 5 memory=5000"),
       "1:73: memory= is a number from 16"},
      {"twice", absl::StrCat("a /b ", kSum, " 5 cpu=1 cpu=2"), "1:79: cpu stands twice"},
      {"network twice", absl::StrCat("a /b ", kSum, " 5 network network"),
       "1:81: network stands twice"},
      {"read relative", absl::StrCat("a /b ", kSum, " 5 read=x"), "1:73: the path of read= has to"},
      {"read all", absl::StrCat("a /b ", kSum, " 5 read=/"), "1:73: the path of read= must not be"},
      {"open quote", absl::StrCat("\"a /b ", kSum, " 5"), "1:1: the quote is not closed"},
      {"quote inside", absl::StrCat("a\"b\" /b ", kSum, " 5"), "1:1: a quote stands around"},
      {"no blank", absl::StrCat("\"a\"/b ", kSum, " 5"), "1:4: a blank is missing"},
      {"empty id", absl::StrCat("\"\" /b ", kSum, " 5"), "1:1: an id has 1 to 128 bytes"},
      {"long id", absl::StrCat(std::string(129, 'x'), " /b ", kSum, " 5"), "1:1: an id has"},
      {"control", absl::StrCat("a /b\x01 ", kSum, " 5"), "1:5: must not hold control characters"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_THAT(ErrorOf(one.line), ::testing::StartsWith(one.error));
  }
}

TEST(ParseProgramList, TellsAllFaultsInTheirOrder) {
  const std::string error =
      ErrorOf(absl::StrCat("a /b ", kSum, " 5\nb c ", kSum, " 0\n\na /d ", kSum, " 5\n"));
  EXPECT_THAT(error, HasSubstr("2:3: the program's path"));
  EXPECT_THAT(error, HasSubstr("\n2:70: seconds"));
  EXPECT_THAT(error, HasSubstr("\n4:1: there is a program a in line 1"));
}

TEST(ParseProgramList, HasAnEnd) {
  std::string lines;
  for (size_t i = 0; i < kMaxPrograms; ++i) absl::StrAppend(&lines, i, " /b ", kSum, " 5\n");
  EXPECT_EQ(ParseProgramList(lines)->size(), kMaxPrograms);
  EXPECT_THAT(ErrorOf(absl::StrCat(lines, "x /b ", kSum, " 5\n")),
              HasSubstr("201:1: there are more than 200 programs"));
  std::string many = absl::StrCat("a /b ", kSum, " 5");
  for (size_t i = 0; i <= kMaxReadable; ++i) absl::StrAppend(&many, " read=/x", i);
  EXPECT_THAT(ErrorOf(many), HasSubstr("there are more than 16 of read="));
}

}  // namespace
}  // namespace postern::runner
