// Where our presence comes from, and what contacts say of themselves: features/account_status.h.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/features/account_status.h"
#include "services/xmpp-edge/features/caps.h"
#include "services/xmpp-edge/features/heard_language.h"
#include "tests/unit/xmpp-edge/presence_bench.h"

namespace postern::xmpp_edge {
namespace {

TEST_F(PresenceTest, ARequestSaysWhatTheContactIsInTheUsersLanguage) {
  admin::v1::Account french = BobsAccount("work");
  french.mutable_preferences()->set_language("fr");
  admin.Add(french);
  Start();
  From("bob@a.example", "work@gw.example", "subscribe");
  (void)Await(io, UntilQuiet());
  std::map<std::string, std::set<std::string>> asked;
  for (const Element& stanza : sink.sent) {
    if (stanza.Attr("type") != "subscribe") continue;
    asked[std::string(stanza.Attr("from"))].insert(stanza.ChildText("nick") + ": " +
                                                   stanza.ChildText("status"));
  }
  const std::map<std::string, std::set<std::string>> wanted = {
      {"gw.example",
       {"Passerelle e-mail: Votre passerelle e-mail : envoyez-lui « aide » pour savoir ce que vous "
        "pouvez faire."}},
      {"work@gw.example",
       {"work: Votre compte e-mail « work » (IMAP) : les nouveaux e-mails viennent de ce "
        "contact."}}};
  EXPECT_EQ(asked, wanted);
}

TEST_F(PresenceTest, ANewcomerIsAskedInTheLanguageThatTheirClientSpeaks) {
  Start();
  InstallHeardLanguage(process->router, process->context);
  Element registration = MakeStanza("iq", "bob@a.example/x", "gw.example", "set", "r1");
  registration.Set("xml:lang", "de").Add(MakeElement("query", "jabber:iq:register"));
  process->router.Route(registration);
  (void)Said();
  process->directory.Apply(BobsAccount("work"));
  Await(io, UntilQuiet());
  ASSERT_EQ(sink.sent.size(), 2u);
  EXPECT_EQ(sink.sent[0].ChildText("status"),
            "Ihr E-Mail-Gateway: Senden Sie ihm „hilfe“, um zu erfahren, was Sie tun können.");
  EXPECT_EQ(sink.sent[1].ChildText("status"),
            "Ihr E-Mail-Konto „work“ (IMAP): Neue E-Mails kommen von diesem Kontakt.");
}

TEST_F(PresenceTest, EachKindOfAccountIsThereAsAResourceThatNamesIt) {
  const struct {
    admin::v1::AccountType type;
    const char* shown;
  } cases[] = {
      {admin::v1::ACCOUNT_TYPE_IMAP, "work@gw.example/IMAP"},
      {admin::v1::ACCOUNT_TYPE_POP3, "work@gw.example/POP3"},
      {admin::v1::ACCOUNT_TYPE_SMTP, "work@gw.example/SMTP"},
      {admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP, "work@gw.example/GlobalSMTP"},
  };
  Start();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.shown);
    admin::v1::Account account = BobsAccount("work");
    account.set_type(c.type);
    process->directory.Apply(account);
    (void)Said();
    From("bob@a.example", "work@gw.example", "probe");
    EXPECT_EQ(Said(), std::string("presence  ") + c.shown + ">bob@a.example\n");
    From("bob@a.example", c.shown, "probe");
    EXPECT_EQ(Said(), std::string("presence  ") + c.shown + ">bob@a.example\n");
    From("bob@a.example", c.shown, "subscribe");
    EXPECT_EQ(Said(), std::string("presence subscribed work@gw.example>bob@a.example\n"
                                  "presence subscribe work@gw.example>bob@a.example\n"
                                  "presence  ") +
                          c.shown + ">bob@a.example\n");
    process->directory.Forget(account.id());
    const std::string left = Said();
    EXPECT_NE(left.find(std::string("presence unavailable ") + c.shown + ">bob@a.example\n"),
              std::string::npos)
        << left;
  }
}

// Servers tell it to whom a user's client once wrote to, there (RFC 6121 section 4.6.3).
TEST_F(PresenceTest, PresenceToAResourceOfOursCountsAsToTheContact) {
  admin.Add(BobsAccount("work"));
  Start();
  From("bob@a.example/x", "gw.example/postern", "", "away");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_AWAY);
  From("bob@a.example/x", "work@gw.example/IMAP", "", "dnd");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_DND);
  From("bob@a.example/x", "work@gw.example/IMAP", "unavailable");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_DND) << "told to that contact alone";
  From("bob@a.example/x", "gw.example/postern", "unavailable");
  EXPECT_EQ(BobsShow(), edge::v1::SHOW_OFFLINE);
}

TEST_F(PresenceTest, WhereOurPresenceComesFromIsThePlaceOfTheContact) {
  admin.Add(BobsAccount("work"));
  Start();
  const struct {
    const char *bare, *full;
    Place::Kind kind;
  } cases[] = {
      {"gw.example", "gw.example/postern", Place::Kind::kRoot},
      {"work@gw.example", "work@gw.example/IMAP", Place::Kind::kAccount},
      {"ann\\40x.example@gw.example", "ann\\40x.example@gw.example/mail", Place::Kind::kAddress},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.full);
    (void)Said();
    From("bob@a.example", c.bare, "probe");
    Await(io, UntilQuiet());
    ASSERT_EQ(sink.sent.size(), 1u);
    EXPECT_EQ(sink.sent[0].Attr("from"), c.full);
    const Jid bob = *ParseJid("bob@a.example/x");
    const Place place = PlaceOf(*ParseJid(c.full), bob, process->directory);
    EXPECT_EQ(place.kind, c.kind);
    const Element* caps = sink.sent[0].Child("c");
    ASSERT_NE(caps, nullptr);
    EXPECT_EQ(caps->Attr("ver"), Caps(place, {}).Attr("ver")) << "disco#info there has that hash";
  }
}

TEST_F(PresenceTest, AnAccountReplacedByOneOfAnotherTypeIsNotSeenTwice) {
  admin.Add(BobsAccount("home"));
  admin.Add(BobsAccount("work"));
  Start();
  (void)Said();
  admin::v1::Account anew = BobsAccount("home");
  anew.set_id("another id");
  anew.set_type(admin::v1::ACCOUNT_TYPE_POP3);
  process->directory.Forget("bob@a.example/home");
  process->directory.Apply(anew);
  EXPECT_EQ(Said(),
            "presence unavailable home@gw.example/IMAP>bob@a.example\n"
            "presence subscribe home@gw.example>bob@a.example\n");
}

// For rules that ask who is a contact.
TEST_F(PresenceTest, TellsWhichAddressesAreInARoster) {
  admin.Add(BobsAccount("work"));
  Start();
  std::vector<std::string> heard;
  process->feature.ListenToRosters(
      [&heard](const std::string& user, const mail::Address& address, bool there) {
        heard.push_back(absl::StrCat(user, there ? " + " : " - ", address.Spec()));
      });
  const std::string ann = "ann\\40x.example@gw.example";
  From(kBobJid, ann, "subscribe");
  From("bob@a.example/phone", ann, "probe");
  From(kBobJid, ann, "unsubscribe");
  From(kBobJid, "work@gw.example", "subscribe");
  From("eve@a.example", ann, "subscribe");  // has no account
  Said();
  EXPECT_EQ(heard, (std::vector<std::string>{"bob@a.example + ann@x.example",
                                             "bob@a.example + ann@x.example",
                                             "bob@a.example - ann@x.example"}));
}

}  // namespace
}  // namespace postern::xmpp_edge
