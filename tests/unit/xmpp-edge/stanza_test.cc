#include "services/xmpp-edge/stanza.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

std::string Utf8(uint32_t point) {
  std::string out;
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out = {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
  } else if (point < 0x10000) {
    out = {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
           static_cast<char>(0x80 | (point & 0x3F))};
  } else {
    out = {static_cast<char>(0xF0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 0x3F)),
           static_cast<char>(0x80 | (point >> 6 & 0x3F)), static_cast<char>(0x80 | (point & 0x3F))};
  }
  return out;
}

// XML 1.0 section 2.2, production Char.
bool IsXmlChar(uint32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

TEST(SanitizeXmlText, KeepsExactlyTheCharactersOfXml) {
  for (uint32_t point = 0; point <= 0x10FFFF; ++point) {
    const std::string text = Utf8(point);
    const std::string clean = SanitizeXmlText(text);
    if (IsXmlChar(point)) {
      ASSERT_EQ(clean, text) << point;
    } else {
      ASSERT_EQ(clean.find(kBad), 0u) << point;
      ASSERT_EQ(clean.size() % 3, 0u) << point;
    }
  }
}

TEST(SanitizeXmlText, ReplacesBrokenUtf8) {
  const std::string bad = kBad;
  const struct {
    const char* name;
    std::string text, clean;
  } cases[] = {
      {"lone continuation", "a\x80z", "a" + bad + "z"},
      {"overlong slash", "\xC0\xAF", bad + bad},
      {"overlong 3", "\xE0\x80\xAF", bad + bad + bad},
      {"surrogate", "\xED\xA0\x80", bad + bad + bad},
      {"too high", "\xF4\x90\x80\x80", bad + bad + bad + bad},
      {"cut off", "a\xE2\x82", "a" + bad + bad},
      {"five bytes", "\xF8\x88\x80\x80\x80", bad + bad + bad + bad + bad},
      {"FF", "\xFF", bad},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(SanitizeXmlText(c.text), c.clean);
  }
}

TEST(ToXml, EscapesTextAndAttributes) {
  Element element = MakeElement("a");
  element.Set("k", "<\"'&>\n\t\r").SetText("<b>&\"'\r\n]]>\x01");
  EXPECT_EQ(ToXml(element), std::string("<a k=\"&lt;&quot;&apos;&amp;&gt;&#10;&#9;&#13;\">"
                                        "&lt;b&gt;&amp;\"'&#13;\n]]&gt;") +
                                kBad + "</a>");
}

TEST(ToXml, WritesANamespaceOnlyWhereItChanges) {
  Element iq = MakeStanza("iq", "a@b", "c@d", "result", "1");
  Element query = MakeElement("query", "jabber:iq:register");
  query.AddText("username", "ann").AddText("x", "", "jabber:x:data");
  iq.Add(query);
  EXPECT_EQ(ToXml(iq, "jabber:component:accept"),
            "<iq from=\"a@b\" id=\"1\" to=\"c@d\" type=\"result\">"
            "<query xmlns=\"jabber:iq:register\"><username>ann</username>"
            "<x xmlns=\"jabber:x:data\"/></query></iq>");
}

TEST(ToXml, LeavesOutNamesThatWouldBreakTheStream) {
  Element element = MakeElement("a");
  element.Set("b c", "x").Set("", "x").Set("1", "x").Set("ok", "x");
  element.Add(MakeElement("</stream:stream>")).Add(MakeElement("b"));
  EXPECT_EQ(ToXml(element), "<a ok=\"x\"><b/></a>");
}

TEST(Element, FindsChildrenByNameAndNamespace) {
  Element message = MakeElement("message", "outer");
  message.AddText("body", "hi").AddText("x", "1", "one").AddText("x", "2", "two");
  EXPECT_EQ(message.ChildText("body"), "hi");
  EXPECT_NE(message.Child("body", "outer"), nullptr) << "an empty namespace is the parent's";
  EXPECT_EQ(message.Child("x", "two")->text, "2");
  EXPECT_EQ(message.Child("x")->text, "1");
  EXPECT_EQ(message.Child("x", "three"), nullptr);
  EXPECT_EQ(message.ChildText("none"), "");
  EXPECT_EQ(message.Attr("none"), "");
}

TEST(ErrorAnswer, GoesBackWithTheSameId) {
  const Element request = MakeStanza("message", "a@b/c", "d@e", "chat", "7");
  EXPECT_EQ(ToXml(ErrorAnswer(request, "cancel", "item-not-found", "No such user")),
            "<message from=\"d@e\" id=\"7\" to=\"a@b/c\" type=\"error\"><error type=\"cancel\">"
            "<item-not-found xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>"
            "<text xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\">No such user</text>"
            "</error></message>");
  EXPECT_EQ(ToXml(IqResult(MakeStanza("iq", "a@b/c", "d@e", "get", "7"))),
            "<iq from=\"d@e\" id=\"7\" to=\"a@b/c\" type=\"result\"/>");
}

TEST(ErrorAnswer, OfAMessageHoldsNothingThatAClientCouldTakeForMarkup) {
  const char kText[] = "550 5.1.1 <eve@x>: a & b &lt;i&gt; &#38;";
  const struct {
    const char *kind, *text;
  } cases[] = {
      {"message", "550 5.1.1 ‹eve@x›: a ＆ b ＆lt;i＆gt; ＆#38;"},
      {"iq", kText},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind);
    const Element request = MakeStanza(c.kind, "a@b/c", "d@e", "", "7");
    const Element answer = ErrorAnswer(request, "cancel", "item-not-found", kText);
    EXPECT_EQ(answer.Child("error")->ChildText("text"), c.text);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
