#include "services/xmpp-edge/folder_path.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postern::xmpp_edge {
namespace {

using Path = std::vector<std::string>;

TEST(FolderPath, IsWrittenSoThatServersLeaveItAlone) {
  const struct {
    const char* name;
    Path path;
    const char* text;
  } cases[] = {
      {"plain", {"INBOX"}, "INBOX"},
      {"nested", {"Lists", "xmpp"}, "Lists/xmpp"},
      {"blank inside", {"Sent Items"}, "Sent Items"},
      {"blanks at the ends", {" a "}, "%20a%20"},
      {"slash", {"C/C++"}, "C%2FC++"},
      {"percent", {"100%"}, "100%25"},
      {"looks escaped", {"%2F"}, "%252F"},
      {"control", {"a\x07z"}, "a%07z"},
      {"composed", {"Großes Haus", "Küche"}, "Großes Haus/Küche"},
      {"decomposed",
       {"Ku\xCC\x88"
        "che"},
       "Ku%CC%88che"},
      {"ligature", {"\xEF\xAC\x81le"}, "%EF%AC%81le"},
      {"full width", {"\xEF\xBC\xA1"}, "%EF%BC%A1"},
      {"cyrillic", {"Входящие"}, "Входящие"},
      {"hebrew, which does not mix", {"\xD7\xAA\xD7\x99"}, "%D7%AA%D7%99"},
      {"unknown to Unicode 3.2", {"\xF0\x9F\x93\xAC"}, "%F0%9F%93%AC"},
      {"no-break space",
       {"a\xC2\xA0"
        "b"},
       "a%C2%A0b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(EncodeFolderPath(c.path), c.text);
    EXPECT_EQ(DecodeFolderPath(c.text), c.path);
  }
}

TEST(FolderPath, LongNamesComeBackToo) {
  std::string letters, many;
  for (int i = 0; i < 2000; ++i) letters += "ü";
  for (int i = 1; i < 256; ++i) {
    if (i < 0x80) many.push_back(static_cast<char>(i));
  }
  for (const std::string& name : {letters, many}) {
    EXPECT_EQ(DecodeFolderPath(EncodeFolderPath({name, "x"})), (Path{name, "x"}));
  }
}

TEST(FolderPath, NonsenseIsNoPath) {
  std::string deep = "a";
  for (int i = 0; i < 64; ++i) deep += "/a";
  for (const std::string& text :
       {std::string(), std::string("/"), std::string("a//b"), std::string("a/"), std::string("/a"),
        std::string("%00"), std::string("%FF"), std::string("%ED%A0%80"), deep}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(DecodeFolderPath(text), std::nullopt);
  }
}

TEST(FolderPath, WhatIsNotAnEscapeIsLeftAlone) {
  EXPECT_EQ(DecodeFolderPath("50% off"), Path{"50% off"});
  EXPECT_EQ(DecodeFolderPath("%"), Path{"%"});
  EXPECT_EQ(DecodeFolderPath("%4"), Path{"%4"});
  EXPECT_EQ(DecodeFolderPath("%2f"), Path{"/"});
}

}  // namespace
}  // namespace postern::xmpp_edge
