#include "services/xmpp-edge/rule_line.h"

#include <gtest/gtest.h>

namespace postern::xmpp_edge {
namespace {

using Verb = RuleLine::Verb;

TEST(RuleLine, ReadsWhatUsersSay) {
  const Words english("en");
  const struct {
    const char* said;
    Verb verb;
    const char* argument;
    size_t number;
    bool this_sender;
  } cases[] = {
      {"rules", Verb::kList, "", 0, false},
      {" Rules. ", Verb::kList, "", 0, false},
      {"rules sieve", Verb::kSieve, "", 0, false},
      {"rules export", Verb::kExport, "", 0, false},
      {"rules try", Verb::kTry, "", 0, false},
      {"rules try work Lists/dev team", Verb::kTry, "work Lists/dev team", 0, false},
      {"rules apply INBOX", Verb::kApply, "INBOX", 0, false},
      {"rules and regulations", Verb::kHelp, "", 0, false},
      {"rule", Verb::kPropose, "", 0, false},
      {"rule 3", Verb::kShow, "", 3, false},
      {"rule delete 3", Verb::kDelete, "", 3, false},
      {"rule up 3", Verb::kUp, "", 3, false},
      {"rule down 03", Verb::kDown, "", 3, false},
      {"RULE OFF 3", Verb::kOff, "", 3, false},
      {"rule on three", Verb::kOn, "", 0, false},
      {"rule copy -3", Verb::kCopy, "", 0, false},
      {"rule delete", Verb::kHelp, "", 0, false},
      {"rule of thumb", Verb::kHelp, "", 0, false},
      {"mute anna@example.org", Verb::kMute, "anna@example.org", 0, false},
      {"mute   Anna <anna@example.org>", Verb::kMute, "Anna <anna@example.org>", 0, false},
      {"mute this sender", Verb::kMute, "", 0, true},
      {"Mute this sender!", Verb::kMute, "", 0, true},
      {"mute", Verb::kMute, "", 0, false},
      {"unmute @example.org", Verb::kUnmute, "@example.org", 0, false},
      {"vip anna@example.org", Verb::kVip, "anna@example.org", 0, false},
      {"vip this sender", Verb::kVip, "", 0, true},
      {"vip off anna@example.org", Verb::kUnvip, "anna@example.org", 0, false},
      {"vip anna@example.org off", Verb::kUnvip, "anna@example.org", 0, false},
      {"only from my contacts", Verb::kContactsOnly, "", 0, false},
      {"Only from my contacts off", Verb::kNotContactsOnly, "", 0, false},
      {"only from my contacts please", Verb::kHelp, "", 0, false},
      {"quiet", Verb::kQuiet, "", 0, false},
      {"quiet 22:00\u201307:00", Verb::kQuiet, "22:00-07:00", 0, false},
      {"quiet OFF", Verb::kQuiet, "off", 0, false},
      {"quiet zone Europe/Berlin", Verb::kQuiet, "zone Europe/Berlin", 0, false},
      {"why", Verb::kWhy, "", 0, false},
      {"Why?", Verb::kWhy, "", 0, false},
      {"why ?!", Verb::kWhy, "", 0, false},
      {"why not", Verb::kWhyNot, "", 0, false},
      {"why not?", Verb::kWhyNot, "", 0, false},
      {"why not summer party", Verb::kWhyNot, "summer party", 0, false},
      {"quarantine", Verb::kQuarantine, "", 0, false},
      {"quarantine release 2", Verb::kRelease, "", 2, false},
      {"quarantine 2", Verb::kRelease, "", 2, false},
      {"sieve password", Verb::kSievePassword, "", 0, false},
      {"sieve password off", Verb::kNoSievePassword, "", 0, false},
      {"yes", Verb::kYes, "", 0, false},
      {"none", Verb::kNo, "", 0, false},
      {"2", Verb::kChoice, "", 2, false},
      {"Two.", Verb::kChoice, "", 2, false},
      {"ten", Verb::kChoice, "", 10, false},
      {"2 Lists/dev team", Verb::kChoice, "Lists/dev team", 2, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    const auto line = ReadRuleLine(c.said, english);
    ASSERT_TRUE(line.has_value());
    EXPECT_EQ(line->verb, c.verb);
    EXPECT_EQ(line->argument, c.argument);
    EXPECT_EQ(line->number, c.number);
    EXPECT_EQ(line->this_sender, c.this_sender);
  }
}

TEST(RuleLine, LeavesEverythingElse) {
  const Words english("en");
  for (const char* said : {"",           "  ",
                           "ruler",      "muted",
                           "why me?",    "why me",
                           "two of us",  "eleven",
                           "rules?",     "whyever",
                           "quieter",    "vipers",
                           "yes please", "sieve",
                           "0",          "2nd",
                           "only from",  "rules\nof the house",
                           "hello",      "To: bob@example.org"}) {
    SCOPED_TRACE(said);
    EXPECT_FALSE(ReadRuleLine(said, english).has_value());
  }
  EXPECT_FALSE(ReadRuleLine("mute " + std::string(600, 'a'), english).has_value());
}

TEST(RuleLine, HearsOtherLanguagesBesideEnglish) {
  const Words german("de");
  const struct {
    const char* said;
    Verb verb;
  } cases[] = {{"Regeln", Verb::kList},
               {"Regel löschen 3", Verb::kDelete},
               {"stumm dieser Absender", Verb::kMute},
               {"mute this sender", Verb::kMute},
               {"nur von meinen Kontakten", Verb::kContactsOnly},
               {"nur von meinen Kontakten aus", Verb::kNotContactsOnly},
               {"warum nicht Party", Verb::kWhyNot},
               {"Warum?", Verb::kWhy},
               {"two", Verb::kChoice},
               {"Zwei", Verb::kChoice}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    const auto line = ReadRuleLine(c.said, german);
    ASSERT_TRUE(line.has_value());
    EXPECT_EQ(line->verb, c.verb);
  }
}

}  // namespace
}  // namespace postern::xmpp_edge
