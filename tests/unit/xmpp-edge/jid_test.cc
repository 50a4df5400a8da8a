#include "services/xmpp-edge/jid.h"

#include <gtest/gtest.h>

#include "services/xmpp-edge/jid_escaping.h"

namespace postern::xmpp_edge {
namespace {

TEST(ParseJid, TakesAddressesApart) {
  const struct {
    const char *text, *local, *domain, *resource;
  } cases[] = {
      {"ann@example.org", "ann", "example.org", ""},
      {"Ann@Example.ORG/Phone", "ann", "example.org", "Phone"},
      {"gateway.example.org", "", "gateway.example.org", ""},
      {"gateway.example.org/IMAP", "", "gateway.example.org", "IMAP"},
      {"work@gw.example/IMAP/INBOX/a b@c", "work", "gw.example", "IMAP/INBOX/a b@c"},
      {"ann\\40example.org@gw.example", "ann\\40example.org", "gw.example", ""},
      {"j\xC3\xBCrg@m\xC3\xBCnchen.example", "j\xC3\xBCrg", "m\xC3\xBCnchen.example", ""},
      {"ann@[::1]", "ann", "[::1]", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto jid = ParseJid(c.text);
    ASSERT_TRUE(jid.ok()) << jid.status();
    EXPECT_EQ(jid->local, c.local);
    EXPECT_EQ(jid->domain, c.domain);
    EXPECT_EQ(jid->resource, c.resource);
    EXPECT_EQ(*ParseJid(jid->Full()), *jid);
  }
}

TEST(ParseJid, RefusesWhatNoJidMayHold) {
  const std::string cases[] = {"",
                               "@example.org",
                               "ann@",
                               "/phone",
                               "ann@example.org/",
                               "a b@example.org",
                               "a<b@example.org",
                               "ann@exa mple.org",
                               "ann@b@example.org",
                               "ann@example.org/\n",
                               "a\x7F@example.org",
                               std::string(1024, 'a') + "@example.org",
                               "ann@" + std::string(1024, 'a')};
  for (const std::string& text : cases) {
    SCOPED_TRACE(text.substr(0, 40));
    EXPECT_FALSE(ParseJid(text).ok());
  }
}

TEST(JidEscaping, FollowsTheTableOfXep0106) {
  const struct {
    const char *text, *escaped;
  } cases[] = {
      {"ann@example.org", "ann\\40example.org"},
      {"d'artagnan", "d\\27artagnan"},
      {"space cadet", "space\\20cadet"},
      {"call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"},
      {"at&t guy", "at\\26t\\20guy"},
      {"/.fanboy", "\\2f.fanboy"},
      {"::foo::", "\\3a\\3afoo\\3a\\3a"},
      {"<foo>", "\\3cfoo\\3e"},
      {"c:\\net", "c\\3a\\net"},
      {"c:\\cool stuff", "c\\3a\\cool\\20stuff"},
      {"c:\\5commas", "c\\3a\\5c5commas"},
      {"plain", "plain"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(EscapeLocalpart(c.text), c.escaped);
    EXPECT_EQ(UnescapeLocalpart(c.escaped), c.text);
  }
}

TEST(JidEscaping, LeavesAloneWhatIsNoEscape) {
  for (const char* text : {"\\", "a\\", "a\\4", "a\\zz", "\\20a", "a\\20", "a\\21b"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(UnescapeLocalpart(text), text);
  }
}

TEST(AddressOfLocalpart, ReadsBothSpellings) {
  const struct {
    const char *local, *spec;  // spec null: it is an account name
  } cases[] = {
      {"ann\\40example.org", "ann@example.org"},
      {"ann%example.org", "ann@example.org"},
      {"cr%zy%example.org", "cr%zy@example.org"},
      {"d\\27art\\40example.org", "d'art@example.org"},
      {"work", nullptr},
      {"%example.org", nullptr},
      {"ann%", nullptr},
      {"\\40example.org", nullptr},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.local);
    const auto address = AddressOfLocalpart(c.local);
    ASSERT_EQ(address.has_value(), c.spec != nullptr);
    if (address) {
      EXPECT_EQ(address->Spec(), c.spec);
    }
  }
}

TEST(AddressOfLocalpart, IsTheInverseOfLocalpartOfAddress) {
  for (const char* local : {"ann", "a.b+c", "o'neil", "a/b", "x&y"}) {
    const mail::Address address{"", local, "example.org"};
    EXPECT_EQ(AddressOfLocalpart(LocalpartOfAddress(address)), address) << local;
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
