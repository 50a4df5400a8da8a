#include "lib/mail/html_to_text.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

TEST(HtmlToText, IsReadable) {
  struct {
    const char* name;
    const char* html;
    const char* text;
  } const cases[] = {
      {"empty", "", ""},
      {"plain", "hello", "hello"},
      {"white space", "  a \n\t b  ", "a b"},
      {"inline", "a<b>b</b> <i>c</i>", "ab c"},
      {"paragraphs", "<p>a</p><p>b</p>", "a\n\nb"},
      {"divs", "<div>a</div><div>b</div>", "a\nb"},
      {"br", "a<br>b<br/>c", "a\nb\nc"},
      {"br br", "a<br><br><br><br>b", "a\n\nb"},
      {"Gmail's empty line", "<div>a</div><div><br></div><div>b</div>", "a\n\nb"},
      {"spacer paragraph", "<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"},
      {"entities", "&lt;b&gt; &amp; &euro; &#8364; &hellip;", "<b> & € € …"},
      {"heading", "<h1>T</h1>x", "T\n\nx"},
      {"rule", "a<hr>b", "a\n---\nb"},
      {"list", "x<ul><li>a</li><li>b</li></ul>y", "x\n- a\n- b\ny"},
      {"ordered list", "<ol><li>a<li>b</ol>", "1. a\n2. b"},
      {"ordered list from 9", "<ol start=9><li>a<li>b<p>c</p></ol>", "9. a\n10. b\n\n    c"},
      {"nested list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
      {"quote", "a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e",
       "a\n\n> b\n> c\n>\n> > d\n\ne"},
      {"pre", "<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"},
      {"definition", "<dl><dt>a<dd>b</dl>", "a\n  b"},
      {"link", "<a href=\"https://example.org/x\">here</a>!", "here <https://example.org/x>!"},
      {"link says its target", "<a href=\"https://example.org/\">example.org</a>", "example.org"},
      {"link to an address", "<a href=\"mailto:ann@example.org?subject=x\">ann@example.org</a>",
       "ann@example.org"},
      {"link that lies", "<a href=\"http://evil.example/\">http://bank.example/</a>",
       "http://bank.example/ <http://evil.example/>"},
      {"script link", "<a href=\"javascript:alert(1)\">x</a><a href=\"#top\">y</a>", "xy"},
      {"link that closes its bracket",
       "<a href=\"http://x.example/&gt; \n&lt;http://y.example\">z</a>",
       "z <http://x.example/%3E%20%20%3Chttp://y.example>"},
      {"link around an image", "<a href=\"http://x.example\"><img src=a></a>",
       "<http://x.example>"},
      {"link around nothing", "a<a href=\"http://x.example\"></a>b", "ab"},
      {"image", "<img alt=\"A cat\" src=x>", "A cat"},
      {"image without words", "a<img src=x>b", "ab"},
      {"tracking pixel", "a<img width=1 height=1 alt=spy src=x>b", "ab"},
      {"script and style",
       "<style>p{}</style>a<script>x()</script><!-- c --><noscript>n</noscript>", "a"},
      {"title", "<html><head><title>t</title></head><body>b</body></html>", "b"},
      {"hidden", "a<div style=\"color:red; DISPLAY : none !important\">b</div><p hidden>c</p>d",
       "ad"},
      {"conditional comment", "<!--[if mso]><p>x</p><![endif]--><![if !mso]>y<![endif]>", "y"},
      {"preview stuffing", "Hi&zwnj;&nbsp;&zwnj;&nbsp;&#8203;&shy;&#847; &zwnj;<p>b", "Hi\n\nb"},
      {"Persian keeps its joiners", "می\xE2\x80\x8Cخواهم", "می\xE2\x80\x8Cخواهم"},
      {"data table", "<table><tr><th>a<th>b<th>c<tr><td>1<td><td>3</table>", "a | b | c\n1 | | 3"},
      {"Word's table", "<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a | b"},
      {"layout row", "<table><tr><td>&nbsp;</td><td>a</td><td> </td></tr></table>", "a"},
      {"layout cells", "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc"},
      {"table in a table",
       "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>",
       "a | b\n\nc"},
      {"control characters",
       "a&#1;b\x07"
       "c&#0;",
       "abc\xEF\xBF\xBD"},
      {"broken", "<p>a<b>b<p>c</i></div>d<", "ab\n\ncd<"},
      {"not HTML at all", "a < b and c > d", "a < b and c > d"},
      {"torn UTF-8", "caf\xC3", "caf\xEF\xBF\xBD"},
      {"cut in a tag", "hello <a href=\"http://x", "hello"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(HtmlToText(c.html), c.text);
  }
}

TEST(HtmlToText, HoldsItsLimit) {
  const ReadableHtml readable = ReadHtml("<p>ää</p><p>bb</p>", 3);
  EXPECT_EQ(readable.text, "ä");
  EXPECT_TRUE(readable.truncated);
  EXPECT_FALSE(ReadHtml("<p>ää</p>", 4).truncated);
}

}  // namespace
}  // namespace postern::mail
