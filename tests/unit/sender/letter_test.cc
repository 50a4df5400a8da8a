#include "services/sender/compose/letter.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postern::sender {
namespace {

Quote SomeQuote(Quote::Kind kind) {
  Quote quote;
  quote.kind = kind;
  quote.from = {{"Bob", "bob", "example.net"}};
  quote.to = {{"Ann", "ann", "example.org"}, {"", "eve", "example.org"}};
  quote.date_unix = 1795330800;
  quote.subject = "Lunch";
  quote.text = "Noon?\n\n> Where?\n> > When?\n";
  return quote;
}

TEST(Letter, PutsTogetherWhatThereIs) {
  const char* const reply =
      "On Sun, 22 Nov 2026 at 12:30 +0530, Bob wrote:\n"
      "> Noon?\n>\n>> Where?\n>>> When?\n";
  const char* const forward =
      "---------- Forwarded message ----------\n"
      "From: Bob <bob@example.net>\n"
      "Date: Sun, 22 Nov 2026 12:30:00 +0530\n"
      "Subject: Lunch\n"
      "To: Ann <ann@example.org>, eve@example.org\n"
      "\n"
      "Noon?\n\n> Where?\n> > When?\n";
  const struct {
    const char* name;
    const char *text, *signature;
    std::optional<Quote> quote;
    std::string letter;
  } cases[] = {
      {"nothing", "", "", {}, ""},
      {"text", "Hi\n\n", "", {}, "Hi\n"},
      {"signature", "Hi", "Ann\n", {}, "Hi\n-- \nAnn\n"},
      {"signature alone", "", "Ann", {}, "-- \nAnn\n"},
      {"reply", "Yes", "", SomeQuote(Quote::Kind::kReply), absl::StrCat("Yes\n\n", reply)},
      {"signed reply", "Yes", "Ann", SomeQuote(Quote::Kind::kReply),
       absl::StrCat("Yes\n\nAnn\n\n", reply)},
      {"forward", "FYI", "", SomeQuote(Quote::Kind::kForward), absl::StrCat("FYI\n\n", forward)},
      {"forward without a word", "", "", SomeQuote(Quote::Kind::kForward), forward},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Draft draft;
    draft.text = c.text;
    draft.signature = c.signature;
    draft.quote = c.quote;
    draft.zone = absl::FixedTimeZone(5 * 3600 + 1800);
    const Letter letter = WriteLetter(draft);
    EXPECT_EQ(letter.text, c.letter);
    EXPECT_EQ(letter.html, "");
  }
}

TEST(Letter, QuotesWithWhatIsKnown) {
  Draft draft;
  draft.text = "Yes";
  draft.quote = SomeQuote(Quote::Kind::kReply);
  draft.quote->text = "a";
  draft.quote->date_unix = 0;
  EXPECT_EQ(WriteLetter(draft).text, "Yes\n\nBob wrote:\n> a\n");
  draft.quote->from[0].display_name = "";
  EXPECT_EQ(WriteLetter(draft).text, "Yes\n\nbob@example.net wrote:\n> a\n");
  draft.quote->from.clear();
  EXPECT_EQ(WriteLetter(draft).text, "Yes\n\n> a\n");
  draft.quote->text = "\n";
  EXPECT_EQ(WriteLetter(draft).text, "Yes\n");
}

// A name or a subject is one line, whatever came with the mail.
TEST(Letter, LetsNoFieldOfTheQuoteMakeALine) {
  Draft draft;
  draft.quote = SomeQuote(Quote::Kind::kForward);
  draft.quote->subject = "a\r\nTo: eve";
  draft.quote->from[0].display_name = "Bob\nDate: never";
  const std::string text = WriteLetter(draft).text;
  EXPECT_TRUE(absl::StrContains(text, "\nSubject: a To: eve\n")) << text;
  EXPECT_FALSE(absl::StrContains(text, "\nDate: never")) << text;
}

TEST(Letter, CutsALongQuoteAtALine) {
  Draft draft;
  draft.quote = SomeQuote(Quote::Kind::kReply);
  draft.quote->text.clear();
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&draft.quote->text, "line ", i, "\n");
  const std::string reply = WriteLetter(draft).text;
  EXPECT_LT(reply.size(), kMaxReplyQuote * 3 / 2);
  EXPECT_TRUE(absl::EndsWith(reply, "\n> [...]\n"));
  draft.quote->kind = Quote::Kind::kForward;
  EXPECT_TRUE(absl::EndsWith(WriteLetter(draft).text, "\nline 19999\n"));
}

TEST(Letter, HasAnHtmlFormWhenThatSaysMore) {
  Draft draft;
  draft.html = true;
  draft.text = "plain";
  draft.signature = "Ann";
  EXPECT_EQ(WriteLetter(draft).html, "");

  draft.text = "*bold*";
  EXPECT_TRUE(absl::StrContains(WriteLetter(draft).html, "<strong>bold</strong>"));
  EXPECT_TRUE(absl::StrContains(WriteLetter(draft).html, "-- <br>\nAnn<br>\n"));
  EXPECT_EQ(WriteLetter(draft).text, "*bold*\n-- \nAnn\n") << "the text keeps its marks";
  draft.html = false;
  EXPECT_EQ(WriteLetter(draft).html, "");

  draft.html = true;
  draft.text = "plain";
  draft.quote = SomeQuote(Quote::Kind::kReply);
  draft.quote->text = "*not mine* <b>";
  const std::string html = WriteLetter(draft).html;
  EXPECT_TRUE(absl::StrContains(html, "\n*not mine* &lt;b&gt;<br>\n</blockquote>")) << html;
}

TEST(Letter, ShowsImagesBelowTheText) {
  Draft draft;
  draft.html = true;
  draft.text = "Look:";
  draft.attachments = {{"x", "cat.png", "image/png", "cat@x"},
                       {"y", "a.pdf", "application/pdf", ""}};
  const std::string html = WriteLetter(draft).html;
  EXPECT_TRUE(absl::StrContains(html, "Look:<br>\n<img src=\"cid:cat@x\" alt=\"cat.png\">"))
      << html;
  EXPECT_FALSE(absl::StrContains(html, "a.pdf"));
}

}  // namespace
}  // namespace postern::sender
