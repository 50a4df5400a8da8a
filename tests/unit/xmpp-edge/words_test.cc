#include "services/xmpp-edge/words.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "services/xmpp-edge/texts/language.h"
#include "services/xmpp-edge/texts/mail.h"

namespace postern::xmpp_edge {
namespace {

TEST(Words, AreThereInEightLanguages) {
  struct {
    const char *tag, *name;
  } const cases[] = {{"en", "English"}, {"cs", "Čeština"},  {"de", "Deutsch"},
                     {"es", "Español"}, {"fr", "Français"}, {"nl", "Nederlands"},
                     {"pl", "Polski"},  {"ru", "Русский"}};
  std::vector<std::string> tags;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.tag);
    tags.push_back(c.tag);
    const Words words(c.tag);
    EXPECT_EQ(words.language(), c.tag);
    EXPECT_EQ(texts::LanguageName(words), c.name);
  }
  EXPECT_EQ(Words::Languages(), tags);
}

TEST(Words, AreEnglishWhereThereIsNoCatalogue) {
  for (const char* tag : {"", "tlh", "DE", "../de", "de.po"}) {
    SCOPED_TRACE(tag);
    const Words words(tag);
    EXPECT_EQ(words.language(), "en");
    EXPECT_EQ(texts::NoSubject(words), "(no subject)");
  }
}

TEST(Words, SayInEnglishWhatACatalogueLacks) {
  const Words words("de");
  EXPECT_EQ(words.Say("no catalogue has this $0", 1), "no catalogue has this 1");
  EXPECT_EQ(words.Plural("no $0 such", "no $0 suches", 1), "no 1 such");
  EXPECT_EQ(words.Plural("no $0 such", "no $0 suches", 2), "no 2 suches");
  EXPECT_EQ(words.Say(""), "") << "and not the header of the catalogue";
  EXPECT_EQ(words.Plural("", "", 3), "");
}

TEST(Words, CountByTheRulesOfTheLanguage) {
  struct {
    const char* tag;
    size_t count;
    const char* said;
  } const cases[] = {
      {"en", 0, "0 new mails"},
      {"en", 1, "1 new mail"},
      {"en", 2, "2 new mails"},
      {"fr", 0, "0 nouvel e-mail"},
      {"fr", 1, "1 nouvel e-mail"},
      {"fr", 2, "2 nouveaux e-mails"},
      {"nl", 0, "0 nieuwe e-mails"},
      {"nl", 1, "1 nieuwe e-mail"},
      {"es", 0, "0 correos nuevos"},
      {"es", 1, "1 correo nuevo"},
      {"de", 0, "0 neue E-Mails"},
      {"de", 1, "1 neue E-Mail"},
      {"pl", 1, "1 nowy e-mail"},
      {"pl", 2, "2 nowe e-maile"},
      {"pl", 5, "5 nowych e-maili"},
      {"pl", 12, "12 nowych e-maili"},
      {"pl", 21, "21 nowych e-maili"},
      {"pl", 22, "22 nowe e-maile"},
      {"cs", 1, "1 nový e-mail"},
      {"cs", 4, "4 nové e-maily"},
      {"cs", 5, "5 nových e-mailů"},
      {"cs", 22, "22 nových e-mailů"},
      {"ru", 1, "1 новое письмо"},
      {"ru", 3, "3 новых письма"},
      {"ru", 5, "5 новых писем"},
      {"ru", 11, "11 новых писем"},
      {"ru", 21, "21 новое письмо"},
      {"ru", 112, "112 новых писем"},
      {"ru", 5'000'000'021, "5000000021 новое письмо"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    EXPECT_EQ(texts::NewMails(Words(c.tag), c.count), c.said);
  }
}

TEST(Words, PutArgumentsInTheOrderOfTheLanguage) {
  EXPECT_EQ(texts::ReadableDate(Words("en"), 1'600'000'000), "2020-09-13 12:26 UTC");
  EXPECT_EQ(texts::ReadableDate(Words("de"), 1'600'000'000), "13.09.2020 12:26 UTC");
  EXPECT_EQ(texts::ReadableSize(Words("en"), 3 * 1024 * 1024 / 2), "1.5 MB");
  EXPECT_EQ(texts::ReadableSize(Words("fr"), 3 * 1024 * 1024 / 2), "1,5 Mo");
}

TEST(Words, LookAtNoArgument) {
  for (const std::string& tag : Words::Languages()) {
    SCOPED_TRACE(tag);
    const Words words(tag);
    EXPECT_NE(texts::Subject(words, "$0 $1 $$ %s").find("$0 $1 $$ %s"), std::string::npos);
    // What stands in the catalogue is translated where it is said, not where it is put in.
    EXPECT_NE(texts::Subject(words, "(no text)").find("(no text)"), std::string::npos);
  }
}

TEST(Words, SayWordingsOfOtherServices) {
  const Words words("fr");
  const auto wording = words::Word("Sent to $0.", "ann@example.org");
  EXPECT_EQ(words.Say(wording), "Envoyé à ann@example.org.");
  EXPECT_EQ(words.Say(words::Error(absl::StatusCode::kInternal, wording)),
            "Envoyé à ann@example.org.");
  EXPECT_EQ(words.Say(absl::InternalError("only $0 English")), "only $0 English");
  EXPECT_EQ(words.Say(words::Wording()), "");
}

TEST(Words, TranslateWhatIsWrongWithAMail) {
  EXPECT_EQ(texts::Note(Words("de"), "it ends early; something may be missing"),
            "Hinweis: die E-Mail endet vorzeitig; möglicherweise fehlt etwas");
  EXPECT_EQ(texts::Note(Words("de"), "never heard of"), "Hinweis: never heard of");
}

TEST(Words, FindTextsThatAreNotAscii) {
  EXPECT_EQ(texts::CutByReader(Words("de")), "… gekürzt; der Rest steht in Ihrem Postfach");
  EXPECT_EQ(texts::AndMore(Words("fr"), 3), "… et 3 de plus");
}

TEST(Words, ShareTheirCatalogueWithCopies) {
  auto words = std::make_unique<Words>("fr");
  const Words copy = *words;
  words.reset();
  EXPECT_EQ(texts::NoSubject(copy), "(sans objet)");
}

}  // namespace
}  // namespace postern::xmpp_edge
