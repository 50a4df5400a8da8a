#include "lib/mail/encoded_word.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

TEST(DecodeHeaderText, DecodesWhatMailersSend) {
  struct {
    const char* name;
    const char* raw;
    const char* text;
  } const cases[] = {
      {"plain", "Hello", "Hello"},
      {"Q", "=?utf-8?Q?caf=C3=A9_au_lait?=", "café au lait"},
      {"lower case q", "=?UTF-8?q?caf=c3=a9?=", "café"},
      {"B", "=?utf-8?B?w4RubmE=?=", "Änna"},
      {"B without padding", "=?utf-8?B?w4RubmE?=", "Änna"},
      {"language (RFC 2231)", "=?utf-8*en?Q?hi?=", "hi"},
      {"in the middle", "Re: =?utf-8?Q?=C3=A4?= x", "Re: ä x"},
      {"two words", "=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
      {"two words folded", "=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"},
      {"two words, two charsets", "=?utf-8?Q?=C3=A4?= =?iso-8859-1?Q?=E4?=", "ää"},
      {"word and plain", "=?utf-8?Q?a?= b", "a b"},
      {"no space between", "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
      {"glued to text", "x=?utf-8?Q?a?=y", "xay"},
      {"character torn in Q", "=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"},
      {"character torn in B", "=?utf-8?B?w4Ru4oI=?= =?utf-8?B?rA==?=", "Än€"},
      {"base64 group torn", "=?utf-8?B?w4R?= =?utf-8?B?ubmE=?=", "Änna"},
      {"bare ? in Q", "=?utf-8?Q?what?=20now?=", "what? now"},
      {"ends with ?", "=?utf-8?Q?what?\?=", "what?"},
      {"bare space in Q", "=?utf-8?Q?a b?=", "a b"},
      {"bad hex in Q", "=?utf-8?Q?a=ZZ=?=", "a=ZZ="},
      {"space in B", "=?utf-8?B?w4Ru bmE=?=", "Änna"},
      {"unknown charset, UTF-8", "=?x-nonsense?Q?=C3=A4?=", "ä"},
      {"unknown charset, not UTF-8", "=?x-nonsense?Q?=E4?=", "ä"},
      {"charset lies", "=?utf-8?Q?=E4?=", "ä"},
      {"windows-1251", "=?windows-1251?B?z/Do4uXy?=", "Привет"},
      {"cp1251 misspelt", "=?Win-1251?Q?=CF=F0=E8?=", "При"},
      {"koi8-r", "=?KOI8-R?Q?=F0=D2=C9=D7=C5=D4?=", "Привет"},
      {"iso-2022-jp", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
      {"shift_jis", "=?Shift_JIS?B?k/qWew==?=", "日本"},
      {"gb2312 means gb18030", "=?gb2312?B?1tDOxA==?=", "中文"},
      {"big5", "=?big5?B?pKSk5Q==?=", "中文"},
      {"euc-kr", "=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"},
      {"raw UTF-8", "caf\xC3\xA9", "café"},
      {"raw windows-1252", "caf\xE9 \x93quoted\x94", "café “quoted”"},
      {"raw iso-2022-jp", "\x1B$BF|K\\\x1B(B", "日本"},
      {"not closed", "=?utf-8?Q?abc", "=?utf-8?Q?abc"},
      {"not a word", "a =? b ?= c", "a =? b ?= c"},
      {"unknown encoding", "=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
      {"empty word", "a =?utf-8?Q?\?= b", "a  b"},
      {"emoji", "=?utf-8?B?8J+YgA==?=", "😀"},
      {"line break inside", "=?utf-8?Q?a=0D=0ABcc:_b?=", "a Bcc: b"},
      {"control inside", "=?utf-8?Q?a=00=1B=07b?=", "ab"},
      {"bidi override inside", "=?utf-8?B?4oCuZ3BqLmV4ZQ==?=", "gpj.exe"},
      {"lone surrogate", "=?utf-8?Q?a=ED=A0=80b?= \xC3\xA4",
       "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
       "b ä"},
      {"folded with tab", "a\r\n\tb", "a b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(DecodeHeaderText(c.raw), c.text);
  }
}

TEST(DecodeHeaderText, IsLinearInHostileInput) {
  for (const char* piece :
       {"=?", "?=", "=?a?q?", "=?a?q?=", "=?utf-8?B?=", "=?utf-8?Q?x?= ", "=?utf-8?Q?x?=41"}) {
    SCOPED_TRACE(piece);
    std::string flood;
    while (flood.size() < 1000000) flood += piece;
    EXPECT_LE(DecodeHeaderText(flood).size(), flood.size() + 3);
  }
}

}  // namespace
}  // namespace postern::mail
