#include "services/xmpp-edge/features/caps.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/contact_addresses.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/features/disco_info.h"

namespace postern::xmpp_edge {
namespace {

void AddIdentity(Element& query, const char* lang, const char* name) {
  Element identity = MakeElement("identity");
  identity.Set("category", "client").Set("type", "pc").Set("name", name);
  if (*lang != '\0') identity.Set("xml:lang", lang);
  query.Add(std::move(identity));
}

void AddFeatures(Element& query) {
  for (const char* var :
       {"http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/muc", "http://jabber.org/protocol/caps"}) {
    Element feature = MakeElement("feature");
    feature.Set("var", var);
    query.Add(std::move(feature));
  }
}

TEST(CapsHash, IsThatOfTheSpecification) {
  Element simple = MakeElement("query", kInfoNs);
  AddIdentity(simple, "", "Exodus 0.9.1");
  AddFeatures(simple);
  EXPECT_EQ(CapsHash(simple), "QgayPKawpkPSDYmwT/WM94uAlu0=");

  Element complex = MakeElement("query", kInfoNs);
  AddIdentity(complex, "en", "Psi 0.11");
  AddIdentity(complex, "el", "Ψ 0.11");
  AddFeatures(complex);
  DataForm form;
  form.type = "result";
  form.fields = {HiddenField("FORM_TYPE", "urn:xmpp:dataforms:softwareinfo"),
                 HiddenField("software_version", "0.11"), HiddenField("os", "Mac"),
                 HiddenField("os_version", "10.5.1"), HiddenField("software", "Psi")};
  FormField versions = HiddenField("ip_version", "");
  versions.values = {"ipv6", "ipv4"};
  form.fields.push_back(versions);
  complex.Add(form.ToElement());
  EXPECT_EQ(CapsHash(complex), "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

Place AccountPlace(const char* name) {
  auto account = std::make_shared<admin::v1::Account>();
  account->set_name(name);
  Place place;
  place.kind = Place::Kind::kAccount;
  place.type = admin::v1::ACCOUNT_TYPE_IMAP;
  place.account = account;
  return place;
}

TEST(Caps, AreTheSameForAllContactsOfAKind) {
  const Element work = Caps(AccountPlace("work"), {});
  EXPECT_EQ(work.name, "c");
  EXPECT_EQ(work.ns, "http://jabber.org/protocol/caps");
  EXPECT_EQ(work.Attr("hash"), "sha-1");
  EXPECT_EQ(work.Attr("ver"), Caps(AccountPlace("home"), {}).Attr("ver"));
  Place root;
  root.kind = Place::Kind::kRoot;
  EXPECT_NE(work.Attr("ver"), Caps(root, {}).Attr("ver"));
}

TEST(Caps, OfTheGatewayTellOfItsContactAddresses) {
  Place root;
  root.kind = Place::Kind::kRoot;
  const ContactAddresses contacts = {{"abuse-addresses", {"mailto:abuse@example.org"}}};
  EXPECT_NE(Caps(root, {}).Attr("ver"), Caps(root, contacts).Attr("ver"));
}

TEST(Caps, AreFoundByTheirNode) {
  const Element caps = Caps(AccountPlace("work"), {});
  absl::string_view hash;
  const std::string node = absl::StrCat(caps.Attr("node"), "#abc=");
  EXPECT_TRUE(IsCapsNode(node, hash));
  EXPECT_EQ(hash, "abc=");
  EXPECT_FALSE(IsCapsNode(caps.Attr("node"), hash));
  EXPECT_FALSE(IsCapsNode("IMAP/work", hash));
}

TEST(ContactAddresses, AreReadAndChecked) {
  const auto read =
      ReadContactAddresses({"abuse-addresses=mailto:a@example.org", "abuse-addresses=xmpp:b@c",
                            "status-addresses=https://status.example.org/?a=b"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, (ContactAddresses{{"abuse-addresses", {"mailto:a@example.org", "xmpp:b@c"}},
                                     {"status-addresses", {"https://status.example.org/?a=b"}}}));
  for (const char* wrong :
       {"", "abuse-addresses", "abuse-addresses=", "abuse-addresses=a@example.org",
        "abuse-addresses=mailto:", "abuse=mailto:a@example.org", "abuse-addresses=mailto:a b@c",
        "abuse-addresses=javascript:x", "abuse-addresses=mailto:a<b@c"}) {
    SCOPED_TRACE(wrong);
    EXPECT_FALSE(ReadContactAddresses({wrong}).ok());
  }
  EXPECT_FALSE(
      ReadContactAddresses(std::vector<std::string>(21, "abuse-addresses=mailto:a@b")).ok());
}

TEST(ContactAddresses, AreAFormOfTheServersKind) {
  EXPECT_EQ(ContactAddressesForm({}).name, "");
  const Element form = ContactAddressesForm({{"abuse-addresses", {"mailto:a@b", "xmpp:c@d"}}});
  EXPECT_EQ(ToXml(form),
            "<x xmlns=\"jabber:x:data\" type=\"result\"><field type=\"hidden\" var=\"FORM_TYPE\">"
            "<value>http://jabber.org/network/serverinfo</value></field>"
            "<field type=\"list-multi\" var=\"abuse-addresses\"><value>mailto:a@b</value>"
            "<value>xmpp:c@d</value></field></x>");
}

}  // namespace
}  // namespace postern::xmpp_edge
