#include "lib/mail/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

// Texts are looked at several bytes at a time: what is special is found at each place.
TEST(Utf8, FindsWhatIsSpecialAtEachPlace) {
  const struct {
    const char* name;
    std::string special;
    std::string in_text;
    std::string in_line;
    bool valid;
  } cases[] = {
      {"space", " ", " ", " ", true},
      {"tilde", "~", "~", "~", true},
      {"control", "\x1F", "", "", true},
      {"NUL", std::string(1, '\0'), "", "", true},
      {"DEL", "\x7F", "", "", true},
      {"tab", "\t", "\t", " ", true},
      {"CRLF", "\r\n", "\n", " ", true},
      {"CR", "\r", "\n", " ", true},
      {"LF", "\n", "\n", " ", true},
      {"umlaut", "ä", "ä", "ä", true},
      {"no character", "\xFF", "\xEF\xBF\xBD", "\xEF\xBF\xBD", false},
      {"torn", "\xE2\x82", "\xEF\xBF\xBD", "\xEF\xBF\xBD", false},
      {"C1", "\xC2\x80", "", "", true},
  };
  for (const auto& c : cases) {
    for (size_t at = 1; at < 20; ++at) {
      for (size_t behind = 1; behind < 20; ++behind) {
        SCOPED_TRACE(c.name + (" " + std::to_string(at)) + " " + std::to_string(behind));
        const std::string head(at, 'a'), tail(behind, '}');
        const std::string text = head + c.special + tail;
        EXPECT_EQ(CleanText(text), head + c.in_text + tail);
        EXPECT_EQ(CleanLine(text), head + c.in_line + tail);
        EXPECT_EQ(IsUtf8(text), c.valid);
      }
    }
  }
}

}  // namespace
}  // namespace postern::mail
