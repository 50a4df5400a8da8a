#include "lib/mail/html_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/html_to_text.h"
#include "lib/mail/link_finder.h"

namespace postern::mail {
namespace {

// What stands in the body, with the quote's look left out.
std::string BodyOf(std::string html) {
  const size_t begin = html.find("<body dir=\"auto\">\n") + 18;
  html = html.substr(begin, html.find("</body>") - begin);
  return absl::StrReplaceAll(html,
                             {{" type=\"cite\" style=\"margin:0 0 0 0.8ex;border-left:2px solid "
                               "#ccc;padding-left:1ex\"",
                               ""}});
}

std::string Styled(absl::string_view text) {
  HtmlWriter html;
  html.AddStyled(text);
  return BodyOf(std::move(html).Take());
}

TEST(HtmlWriter, KnowsTheStylesOfChat) {
  const struct {
    const char *text, *html;
  } cases[] = {
      {"a *b* c", "a <strong>b</strong> c<br>\n"},
      {"_a_ ~b~ `c`", "<em>a</em> <s>b</s> <code>c</code><br>\n"},
      {"*_a_*", "<strong><em>a</em></strong><br>\n"},
      {"*a _b_ c*", "<strong>a <em>b</em> c</strong><br>\n"},
      {"`*a*`", "<code>*a*</code><br>\n"},
      // XEP-0393 section 5.2: lazily, and not across each other.
      {"*strong*plain*", "<strong>strong</strong>plain*<br>\n"},
      {"* plain *strong*", "* plain <strong>strong</strong><br>\n"},
      {"not strong*", "not strong*<br>\n"},
      {"*not strong", "*not strong<br>\n"},
      {"*not \n strong", "*not <br>\n&nbsp;strong<br>\n"},
      {"*not *strong", "*not *strong<br>\n"},
      {"**", "**<br>\n"},
      {"****", "****<br>\n"},
      {"a*b*c", "a*b*c<br>\n"},
      {"*this cannot _overlap*_", "<strong>this cannot _overlap</strong>_<br>\n"},
      {"2 * 3 * 4", "2 * 3 * 4<br>\n"},
      {"snake_case_name", "snake_case_name<br>\n"},
      // Blocks.
      {"> a\n>> b\nc",
       "<blockquote>\na<br>\n<blockquote>\nb<br>\n</blockquote>\n</blockquote>\nc<br>\n"},
      {"```\n*a*  b\n```\nc", "<pre>*a*  b\n</pre>\nc<br>\n"},
      {"```lang\na", "<pre>a\n</pre>\n"},
      {"> ```\n> a\nb", "<blockquote>\n<pre>a\n</pre>\n</blockquote>\nb<br>\n"},
      {"> ```\n> > a\n> ```\n> *b*",
       "<blockquote>\n<pre>&gt; a\n</pre>\n<strong>b</strong><br>\n</blockquote>\n"},
      // Nothing of a text is markup.
      {"<b>&amp;\"", "&lt;b&gt;&amp;amp;\"<br>\n"},
      {"*<i>*", "<strong>&lt;i&gt;</strong><br>\n"},
      {"```<x>\n</pre><script>\n```", "<pre>&lt;/pre&gt;&lt;script&gt;\n</pre>\n"},
      {"a  b", "a &nbsp;b<br>\n"},
      {"", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Styled(c.text), c.html);
  }
}

TEST(HtmlWriter, MakesLinksOfWhatIsOne) {
  const struct {
    const char *text, *link;  // as it stands in the text; "" for none
  } cases[] = {
      {"see https://example.org/a?b=1&c=2.", "https://example.org/a?b=1&c=2"},
      {"HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG"},
      {"(https://example.org/a_(b))", "https://example.org/a_(b)"},
      {"<https://example.org>", "https://example.org"},
      {"mailto:ann@example.org, thanks", "mailto:ann@example.org"},
      {"mailto:nobody", ""},
      {"http://", ""},
      {"http:///x", ""},
      {"https:foo", ""},
      {"javascript:alert(1)", ""},
      {"xhttp://example.org", ""},
      {"data:text/html,x", ""},
      {"http://...", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::string_view text = c.text;
    const auto link = FindLink(text);
    EXPECT_EQ(link ? text.substr(link->begin, link->end - link->begin) : "", c.link);
  }
  EXPECT_EQ(Styled("https://example.org/?a=\"b\"&c"),
            "<a href=\"https://example.org/?a=\">https://example.org/?a=</a>\"b\"&amp;c<br>\n");
  EXPECT_EQ(Styled("x https://a.example/?b&c y"),
            "x <a href=\"https://a.example/?b&amp;c\">https://a.example/?b&amp;c</a> y<br>\n");
}

TEST(HtmlWriter, TellsWhetherItSaysMoreThanText) {
  const struct {
    const char* text;
    bool rich;
  } cases[] = {
      {"hello", false}, {"a * b", false},      {"<b>", false}, {"*a*", true},
      {"> a", true},    {"```\na\n```", true}, {"`a`", true},  {"https://a.example", true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    HtmlWriter html;
    html.AddStyled(c.text);
    EXPECT_EQ(html.rich(), c.rich);
  }
}

TEST(HtmlWriter, LeavesTheWordsOfOthersUnstyled) {
  HtmlWriter html;
  html.AddPlain("*a* https://a.example\n> b", 1);
  EXPECT_EQ(BodyOf(std::move(html).Take()),
            "<blockquote>\n*a* <a href=\"https://a.example\">https://a.example</a><br>\n"
            "<blockquote>\nb<br>\n</blockquote>\n</blockquote>\n");
}

TEST(HtmlWriter, LetsNoNameOrIdBecomeMarkup) {
  HtmlWriter html;
  html.AddImage("a%\"><script>", "<b>\"");
  EXPECT_EQ(BodyOf(std::move(html).Take()),
            "<img src=\"cid:a%25&quot;&gt;&lt;script&gt;\" alt=\"&lt;b&gt;&quot;\"><br>\n");
}

TEST(HtmlWriter, ReadsAsTheTextDid) {
  HtmlWriter html;
  html.AddStyled("Hello *Bob*,\n\nsee `this`:\n> quoted\nbye");
  const std::string text = ReadHtml(std::move(html).Take(), 10'000).text;
  for (const char* word : {"Hello ", "Bob", "see ", "this", "quoted", "bye"}) {
    EXPECT_TRUE(absl::StrContains(text, word)) << text;
  }
}

// A megabyte of openings without an end; a quadratic reader would take minutes.
TEST(HtmlWriter, IsLinear) {
  for (const char* piece : {"*a ", "_a *b ", "http:", "http://", "mailto:", "(", "> ", "`"}) {
    SCOPED_TRACE(piece);
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    HtmlWriter html;
    html.AddStyled(text);
    EXPECT_LT(std::move(html).Take().size(), 100'000'000u);
  }
}

}  // namespace
}  // namespace postern::mail
