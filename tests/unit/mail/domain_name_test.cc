#include "lib/mail/domain_name.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postern::mail {
namespace {

TEST(AsciiDomain, WritesWhatDnsKnows) {
  const struct {
    const char *domain, *ascii;
  } cases[] = {
      {"example.org", "example.org"},
      {"Example.ORG", "example.org"},
      {"bücher.example", "xn--bcher-kva.example"},
      {"BÜCHER.example", "xn--bcher-kva.example"},
      {"straße.example", "xn--strae-oqa.example"},
      {"пример.рф", "xn--e1afmkfd.xn--p1ai"},
      {"例え。テスト", "xn--r8jz45g.xn--zckzah"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"[192.0.2.1]", "[192.0.2.1]"},
      {"[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]"},
      {"_dmarc.example", "_dmarc.example"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.domain);
    const auto ascii = AsciiDomain(c.domain);
    ASSERT_TRUE(ascii.ok()) << ascii.status();
    EXPECT_EQ(*ascii, c.ascii);
  }
}

TEST(AsciiDomain, RefusesWhatWouldBecomeSomethingElse) {
  // Full-width and composed characters that compatibility turns into '@', '/', '>' and ':'.
  for (const char* domain :
       {"ü＠evil.example", "ü＞.example", "ü℀.example", "ü：25.example", "ü .example",
        "ü\n.example", "ü..example", "-ü.example", "\xFF.example", "ü\u202E.example"}) {
    SCOPED_TRACE(domain);
    EXPECT_EQ(AsciiDomain(domain).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(AsciiDomain(absl::StrCat(std::string(300, 'a'), "ü.example")).ok());
}

TEST(TravellingForm, NeedsUtf8ForTheLocalPartAlone) {
  const struct {
    Address address;
    const char* spec;
    bool needs_utf8;
  } cases[] = {
      {{"", "ann", "Bücher.example"}, "ann@xn--bcher-kva.example", false},
      {{"", "jürgen", "BÜCHER.example"}, "jürgen@bücher.example", true},
      {{"", "jürgen", "Example.org"}, "jürgen@example.org", true},
      {{"", "a b", "example.org"}, "\"a b\"@example.org", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    const auto form = TravellingForm(c.address);
    ASSERT_TRUE(form.ok()) << form.status();
    EXPECT_EQ(form->Spec(), c.spec);
    EXPECT_EQ(NeedsUtf8(*form), c.needs_utf8);
  }
  EXPECT_FALSE(TravellingForm({"", "jürgen", "ü＠evil.example"}).ok());
}

}  // namespace
}  // namespace postern::mail
