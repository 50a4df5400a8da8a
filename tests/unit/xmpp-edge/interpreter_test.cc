#include "services/xmpp-edge/interpreter.h"

#include <gtest/gtest.h>

#include "tests/unit/xmpp-edge/fake_directory.h"

namespace postern::xmpp_edge {
namespace {

TEST(Interpreter, PrefersTheChosenThenTheStanzasThenTheHeardLanguage) {
  struct {
    const char *name, *chosen, *stanza, *heard, *spoken;
  } const cases[] = {
      {"the site's", "", "", "", "nl"},
      {"heard", "", "", "pl", "pl"},
      {"of the stanza", "", "es", "pl", "es"},
      {"chosen", "fr", "es", "pl", "fr"},
      {"English chosen", "en", "es", "pl", "en"},
      {"of a region", "", "de-AT", "", "de"},
      {"of a script and a region", "", "ru-Cyrl-RU", "", "ru"},
      {"any case", "", "DE-at", "", "de"},
      {"as POSIX writes it", "", "cs_CZ", "", "cs"},
      {"unknown of the stanza", "", "tlh", "pl", "pl"},
      {"unknown chosen", "tlh", "es", "pl", "es"},
      {"all unknown", "tlh", "x-y", "sjn", "nl"},
      {"no prefix of letters", "", "deu", "", "nl"},
      {"no tag at all", "", "-", "", "nl"},
      {"longer than any tag", "", "de-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd-eeeeeeee", "", "nl"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    testing::LoneDirectory lone;
    const Interpreter interpreter("nl", lone.directory);
    admin::v1::Account account = testing::WorkAccount();
    account.mutable_preferences()->set_language(c.chosen);
    account.mutable_preferences()->set_heard_language(c.heard);
    lone.directory.Apply(account);
    EXPECT_EQ(interpreter.Answering("bob@a.example", c.stanza).language(), c.spoken);
  }
}

TEST(Interpreter, SpeaksUnaskedInTheLanguageHeardLast) {
  testing::LoneDirectory lone;
  const Interpreter interpreter("en", lone.directory);
  EXPECT_EQ(interpreter.Of("bob@a.example").language(), "en");
  admin::v1::Account account = testing::WorkAccount();
  account.mutable_preferences()->set_heard_language("fr");
  lone.directory.Apply(account);
  EXPECT_EQ(interpreter.Of("bob@a.example").language(), "fr");
  EXPECT_EQ(interpreter.Of("eve@a.example").language(), "en") << "who has no account";
  EXPECT_EQ(interpreter.Answering("eve@a.example", "fr-CA").language(), "fr");
}

TEST(Interpreter, NamesItsLanguagesInThemselves) {
  testing::LoneDirectory lone;
  const Interpreter interpreter("xx", lone.directory);
  ASSERT_EQ(interpreter.languages().size(), 8u);
  EXPECT_EQ(interpreter.languages()[0].tag, "en");
  EXPECT_EQ(interpreter.languages()[0].name, "English");
  EXPECT_EQ(interpreter.languages()[2].tag, "de");
  EXPECT_EQ(interpreter.languages()[2].name, "Deutsch");
  EXPECT_EQ(interpreter.Of("bob@a.example").language(), "en") << "for an unknown site language";
  EXPECT_EQ(interpreter.Serving("de-CH"), "de");
  EXPECT_EQ(interpreter.Serving("tlh"), "");
  EXPECT_EQ(interpreter.Serving(""), "");
}

}  // namespace
}  // namespace postern::xmpp_edge
