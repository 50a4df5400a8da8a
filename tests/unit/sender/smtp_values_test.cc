#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/sender/smtp/capabilities.h"
#include "services/sender/smtp/dot_stuffing.h"
#include "services/sender/smtp/reply.h"

namespace postern::sender::smtp {
namespace {

TEST(Reply, IsReadFromItsLines) {
  const struct {
    const char* name;
    std::vector<std::string> lines;
    int code;
    const char* enhanced;
    const char* text;
  } cases[] = {
      {"one line", {"250 ok"}, 250, "", "250 ok"},
      {"code alone", {"250"}, 250, "", "250"},
      {"code and space", {"354 "}, 354, "", "354"},
      {"two lines", {"250-first", "250 second"}, 250, "", "250 first / second"},
      {"enhanced code", {"550 5.1.1 no such user"}, 550, "5.1.1", "550 5.1.1 no such user"},
      {"enhanced code of another class", {"550 2.1.1 odd"}, 550, "", "550 2.1.1 odd"},
      {"looks like an enhanced code", {"550 5.1 of us"}, 550, "", "550 5.1 of us"},
      {"not the same code: the last counts", {"250-ok", "550 no"}, 550, "", "550 ok / no"},
      {"control characters", {"550 a\tb\x1b[31m"}, 550, "", "550 a?b?[31m"},
      {"UTF-8 stays", {"550 gibt's nicht: jörg"}, 550, "", "550 gibt's nicht: jörg"},
      {"what is no UTF-8 does not", {"550 j\xf6rg"}, 550, "", "550 j?rg"},
      {"nor does a surrogate", {"550 \xed\xa0\x80"}, 550, "", "550 ???"},
      {"nor a cut sequence", {"550 \xe2\x82"}, 550, "", "550 ??"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ReplyAssembler assembler;
    for (size_t i = 0; i < c.lines.size(); ++i) {
      const auto complete = assembler.Add(c.lines[i]);
      ASSERT_TRUE(complete.ok()) << complete.status();
      EXPECT_EQ(*complete, i + 1 == c.lines.size());
    }
    const Reply reply = assembler.Take();
    EXPECT_EQ(reply.code, c.code);
    EXPECT_EQ(reply.enhanced, c.enhanced);
    EXPECT_EQ(reply.Text(), c.text);
  }
}

TEST(Reply, IsRefusedWhenItIsNone) {
  const std::string cases[] = {"",         "25",     "HTTP/1.1 200 OK", "2x0 ok",   "150 early",
                               "650 late", "250_ok", "+OK ready",       "* OK IMAP"};
  for (const std::string& line : cases) {
    SCOPED_TRACE(line);
    const auto complete = ReplyAssembler().Add(line);
    EXPECT_EQ(complete.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(complete.status().message(), "did not answer like an SMTP server");
  }
}

TEST(Reply, IsBounded) {
  ReplyAssembler endless;
  size_t lines = 0;
  while (endless.Add("250-more").ok()) ASSERT_LT(++lines, 1000u);
  EXPECT_EQ(lines, 200u);

  ReplyAssembler wide;
  ASSERT_TRUE(wide.Add(absl::StrCat("250 ", std::string(60'000, 'x'))).ok());
  EXPECT_LT(wide.Take().Text().size(), 500u);
}

TEST(Reply, TextIsCutBetweenLetters) {
  std::string umlauts;
  for (int i = 0; i < 250; ++i) umlauts += "ö";
  for (const char* before : {"", "x"}) {
    ReplyAssembler assembler;
    ASSERT_TRUE(assembler.Add(absl::StrCat("550 ", before, umlauts)).ok());
    const std::string text = assembler.Take().Text();
    EXPECT_EQ(text.substr(text.size() - 5), "ö...");
  }
}

TEST(Capabilities, AreWhatEhloLists) {
  const Reply ehlo{250,
                   "",
                   {"STARTTLS is my name", "starttls", "SIZE 35882577", "8BITMIME", "SMTPUTF8",
                    "AUTH LOGIN plain", "AUTH=CRAM-MD5", "", "X-ODD  "}};
  const Capabilities offered = ParseCapabilities(ehlo);
  EXPECT_TRUE(offered.start_tls);
  EXPECT_TRUE(offered.eight_bit);
  EXPECT_TRUE(offered.utf8);
  EXPECT_TRUE(offered.size);
  EXPECT_EQ(offered.max_size, 35882577u);
  EXPECT_EQ(offered.auth, (std::vector<std::string>{"LOGIN", "PLAIN", "CRAM-MD5"}));
  EXPECT_FALSE(ParseCapabilities({250, "", {"STARTTLS"}}).start_tls) << "that is the server's name";
  EXPECT_EQ(ParseCapabilities({250, "", {"x", "SIZE"}}).max_size, 0u);
  EXPECT_EQ(ParseCapabilities({250, "", {"x", "SIZE 99999999999999999999999"}}).max_size, 0u);
}

TEST(DotStuffer, WritesWireForm) {
  const struct {
    const char* name;
    std::string content, wire;
  } cases[] = {
      {"empty", "", ".\r\n"},
      {"plain", "hi\r\n", "hi\r\n.\r\n"},
      {"dot first", ".hi\r\n", "..hi\r\n.\r\n"},
      {"dot alone", ".\r\n", "..\r\n.\r\n"},
      {"dot inside", "a.b\r\n", "a.b\r\n.\r\n"},
      {"dot after a line", "a\r\n.b\r\n", "a\r\n..b\r\n.\r\n"},
      {"no final CRLF", "hi", "hi\r\n.\r\n"},
      {"bare LF", "a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
      {"bare CR", "a\r.\rb\r", "a\r\n..\r\nb\r\n.\r\n"},
      {"LF dot CRLF", "a\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"},
      {"CR CR LF", "a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"},
      {"LF CR", "a\n\rb", "a\r\n\r\nb\r\n.\r\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    // In two pieces, wherever they meet; the first or the last may be empty.
    for (size_t at = 0; at <= c.content.size(); ++at) {
      DotStuffer pieces;
      const std::string first = pieces.Add(c.content.substr(0, at));
      const std::string second = pieces.Add(c.content.substr(at));
      const std::string end = pieces.End();
      EXPECT_EQ(first + second + end, c.wire) << "in pieces at " << at;
    }
  }
}

}  // namespace
}  // namespace postern::sender::smtp
