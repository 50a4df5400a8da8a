// What can be no rule, and how its author is told.

#include "services/rules/personal/check_rules.h"

#include <google/protobuf/text_format.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"
#include "lib/words/wording.h"
#include "services/rules/personal/complaint.h"
#include "services/rules/personal/rule_name.h"
#include "tests/unit/rules/personal/personal_bench.h"

namespace postern::rules::personal {
namespace {

absl::Status Check(const std::string& text) {
  v1::PersonalRules rules = Read(text);
  return CheckRules(rules, kOwner);
}

std::string Repeated(absl::string_view what, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) absl::StrAppend(&all, what);
  return all;
}

TEST(CheckRules, TellsWhatIsWrongWithACondition) {
  const std::string many = Repeated("values: 'x' ", 51);
  const std::string longest = "values: '" + std::string(513, 'x') + "'";
  const struct {
    std::string condition;
    const char* said;
  } cases[] = {
      {"values: 'x'", "a condition does not say what of a mail it looks at"},
      {"subject: SUBJECT_SUBJECT", "a condition has no text to compare with"},
      {"subject: SUBJECT_SUBJECT values: ''", "a condition has no text to compare with"},
      {"subject: SUBJECT_SUBJECT values: 'a' values: ' '",
       "a condition has no text to compare with"},
      {"subject: SUBJECT_CONTACT values: 'vip' values: ''",
       "a condition has no text to compare with"},
      {"subject: SUBJECT_SUBJECT " + many, "a condition has room for 50 texts"},
      {"subject: SUBJECT_SUBJECT " + longest, "a text has room for 512 bytes"},
      {"subject: SUBJECT_SUBJECT values: 'a\\nb'", "\"a b\" has control characters in it"},
      {"subject: SUBJECT_BODY comparison: OPERATOR_IS values: 'a'",
       "what a condition looks at can't be compared in this way"},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_OVER values: '1'",
       "what a condition looks at can't be compared in this way"},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_REGEX values: 'a('",
       "the regular expression \"a(\" can't be used: "},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_REGEX values: '(a)\\\\1'",
       "the regular expression \"(a)\\1\" can't be used: "},
      {"subject: SUBJECT_SUBJECT comparison: OPERATOR_REGEX values: 'a*'",
       "the regular expression \"a*\" fits every text"},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'a@b.example c@d.example'",
       "\"a@b.example c@d.example\" is no mail address; write it like ann@example.org, or "
       "@example.org for everybody there"},
      {"subject: SUBJECT_TO comparison: OPERATOR_IS values: 'carol@'", "\"carol@\" is no mail"},
      {"subject: SUBJECT_FROM comparison: OPERATOR_IS values: '@'", "\"@\" is no mail address"},
      {"subject: SUBJECT_HEADER values: 'a'", "\"\" can't be the name of a header field"},
      {"subject: SUBJECT_HEADER header: 'a b' values: 'a'",
       "\"a b\" can't be the name of a header field; write it like X-Priority"},
      {"subject: SUBJECT_SIZE comparison: OPERATOR_OVER values: 'big'",
       "\"big\" is no size; write it like 500K or 2M"},
      {"subject: SUBJECT_SIZE comparison: OPERATOR_OVER values: '1' values: '2'",
       "a condition has room for one size"},
      {"subject: SUBJECT_TIME values: 'at night'",
       "\"at night\" is no time of the day; write it like 22:00-07:00 or SA-SU 00:00-24:00"},
      {"subject: SUBJECT_PRESENCE values: 'asleep'",
       "\"asleep\" is no presence; there are online, chat, away, xa, dnd, offline"},
      {"subject: SUBJECT_CONTACT values: 'my friends'",
       "\"my friends\" can't be the name of a list: it has letters, digits and - _ ., 64 at the "
       "most"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.condition.substr(0, 120));
    const absl::Status status =
        Check("rules { id: 'r4' conditions { " + c.condition + " } stop: true }");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()).find(absl::StrCat("rule:r4: ", c.said)), 0u)
        << status.message();
    const auto wording = words::WordingOf(status);
    ASSERT_TRUE(wording.has_value());
    EXPECT_EQ(absl::StrCat("rule:r4: ", words::English(*wording)), status.message());
  }
}

TEST(CheckRules, TellsWhatIsWrongWithAnAction) {
  const std::string longest = "'" + std::string(4097, 'x') + "'";
  const struct {
    std::string action;
    const char* said;
  } cases[] = {
      {"value: 'x'", "an action does not say what is to be done"},
      {"what: WHAT_FILE", "an action does not say where to, or how"},
      {"what: WHAT_FILE value: ' '", "an action does not say where to, or how"},
      {"what: WHAT_FILE value: '\\\\Flagged'",
       "\"\\Flagged\" is no kind of folder; there are \\Junk, \\Trash, \\Archive, \\Sent, "
       "\\Drafts, and folders by their names"},
      {"what: WHAT_DELIVER value: 'loud'",
       "\"loud\" is no way to deliver mail; there are full, headers, digest, none"},
      {"what: WHAT_FLAG value: 'two words'", "\"two words\" can't mark a mail; there are \\Seen"},
      {"what: WHAT_FLAG value: '\\\\Deleted'", "\"\\Deleted\" can't mark a mail"},
      {"what: WHAT_REDIRECT value: 'carol'", "\"carol\" is no mail address; write it like"},
      {"what: WHAT_COPY_TO value: 'Carol <carol@example.com'",
       "\"Carol <carol@example.com\" is no"},
      {"what: WHAT_REDIRECT value: 'a@b.example c@d.example'",
       "\"a@b.example c@d.example\" is more than one address; make an action for each"},
      {"what: WHAT_COPY_TO value: 'a@b.example\\nc@d.example'",
       "\"a@b.example c@d.example\" is more than one address"},
      {"what: WHAT_COPY_TO value: 'a@b.example,c@d.example'",
       "\"a@b.example,c@d.example\" is more"},
      {"what: WHAT_FILE value: 'A\\nB'",
       "\"A B\" is more than one line; an action has room for one"},
      {"what: WHAT_REDIRECT value: 'Ann@Jabber.example'", "mail can't be sent on to yourself"},
      {"what: WHAT_NOTIFY value: 'call me'", "\"call me\" can't be notified; write a Jabber"},
      {"what: WHAT_NOTIFY value: 'http://example.org'", "\"http://example.org\" can't be notified"},
      {"what: WHAT_HOLD value: 'later'",
       "\"later\" is no time to wait for; write it like 07:00, MO 08:00 or 2026-12-24T08:00"},
      {"what: WHAT_HOLD value: '31:00'", "\"31:00\" is no time to wait for"},
      {"what: WHAT_REPLY value: ' \\n '", "an automatic answer needs a text"},
      {"what: WHAT_REPLY value: " + longest, "a text has room for 4096 bytes"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.action.substr(0, 120));
    const absl::Status status =
        Check("rules { stop: true } rules { actions { " + c.action + " } }");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()).find(absl::StrCat("rule:#2: ", c.said)), 0u)
        << status.message();
    EXPECT_TRUE(words::WordingOf(status).has_value());
  }
}

TEST(CheckRules, HasLimits) {
  const std::string rule = "rules { stop: true } ";
  EXPECT_TRUE(Check(Repeated(rule, 200)).ok());
  EXPECT_EQ(Check(Repeated(rule, 201)).code(), absl::StatusCode::kResourceExhausted);
  const std::string condition = "conditions { subject: SUBJECT_CONTACT } ";
  EXPECT_TRUE(Check("rules { stop: true " + Repeated(condition, 20) + "}").ok());
  EXPECT_FALSE(Check("rules { stop: true " + Repeated(condition, 21) + "}").ok());
  const std::string action = "actions { what: WHAT_DISCARD } ";
  EXPECT_TRUE(Check("rules { " + Repeated(action, 10) + "}").ok());
  EXPECT_FALSE(Check("rules { " + Repeated(action, 11) + "}").ok());
  EXPECT_FALSE(Check("rules { name: 'nothing to do' }").ok());
  EXPECT_TRUE(Check("rules { stop: true name: '" + std::string(100, 'x') + "' }").ok());
  EXPECT_FALSE(Check("rules { stop: true name: '" + std::string(101, 'x') + "' }").ok());
  EXPECT_FALSE(Check("rules { stop: true name: 'a\\nb' }").ok());
  EXPECT_FALSE(Check("rules { stop: true name: 'a\\342\\200\\256b' }").ok()) << "turns it around";
  EXPECT_FALSE(Check("rules { stop: true account: 'a\\nb' }").ok());
}

TEST(CheckRules, PutsAddressesIntoOneForm) {
  const v1::PersonalRules rules = Checked(
      "rules { stop: true conditions { subject: SUBJECT_FROM comparison: OPERATOR_IS "
      "values: 'Anna <anna@Trains.example>' values: '*@Trains.example' values: 'Anna K.' } }");
  const auto& values = rules.rules(0).conditions(0).values();
  EXPECT_EQ(values[0], "anna@trains.example");
  EXPECT_EQ(values[1], "@trains.example");
  EXPECT_EQ(values[2], "Anna K.") << "the name beside an address";
}

TEST(NameOf, IsWhatTheRuleDoesWhereNobodyGaveItOne) {
  const struct {
    const char* rule;
    const char* name;
  } cases[] = {
      {"id: 'r3' name: 'Bills' stop: true", "Bills"},
      {"id: 'r3' name: 'Rule 4' stop: true", "Rule 4"},
      {"id: 'r3' name: 'Rule 3' stop: true", "every mail: stop"},
      {"conditions { subject: SUBJECT_FROM comparison: OPERATOR_IS values: 'a@b.example' values: "
       "'@c.example' } actions { what: WHAT_DELIVER value: 'none' }",
       "from is a@b.example, @c.example: deliver none"},
      {"any: true conditions { subject: SUBJECT_CONTACT comparison: OPERATOR_IS negated: true } "
       "conditions { subject: SUBJECT_HEADER header: 'X-Spam' comparison: OPERATOR_CONTAINS "
       "values: 'yes' } actions { what: WHAT_COPY_TO value: 'a@b.example' } stop: true",
       "from not in contacts or X-Spam contains yes: copy to a@b.example, stop"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(NameOf(Read(absl::StrCat("rules { ", c.rule, " }")).rules(0)), c.name);
  }
  const std::string longest =
      NameOf(Read("rules { conditions { subject: SUBJECT_SUBJECT values: '" +
                  Repeated("\\303\\244", 200) + "' } }")
                 .rules(0));
  EXPECT_LE(longest.size(), kMaxNameBytes);
  EXPECT_TRUE(mail::IsUtf8(longest) && absl::EndsWith(longest, "ä…")) << longest;
}

TEST(CheckRules, GivesIdsThatNoRuleHadBefore) {
  v1::PersonalRules rules =
      Checked("next_id: 8 rules { stop: true } rules { id: 'r3' stop: true } rules { stop: true }");
  EXPECT_EQ(rules.rules(0).id(), "r8");
  EXPECT_EQ(rules.rules(0).name(), "");
  EXPECT_EQ(rules.rules(1).id(), "r3");
  EXPECT_EQ(rules.rules(2).id(), "r9");
  EXPECT_EQ(rules.next_id(), 10u);
  rules = Checked("rules { id: 'r20' stop: true } rules { stop: true }");
  EXPECT_EQ(rules.rules(1).id(), "r21");
  rules = Checked(
      "rules { id: 'r99999' stop: true } rules { id: 'r1' stop: true } "
      "rules { stop: true } rules { stop: true }");
  EXPECT_EQ(rules.rules(2).id(), "r2");
  EXPECT_EQ(rules.rules(3).id(), "r3");
  for (const char* bad : {"3", "r", "r0", "r03", "r-1", "r100000", "rx", "R3"})
    EXPECT_FALSE(Check(absl::StrCat("rules { id: '", bad, "' stop: true }")).ok()) << bad;
  EXPECT_FALSE(Check("rules { id: 'r3' stop: true } rules { id: 'r3' stop: true }").ok());
}

TEST(CheckRules, MailOfOneAccountMayGoToTheAddressOfItsOwner) {
  EXPECT_TRUE(
      Check(
          "rules { account: 'other' actions { what: WHAT_REDIRECT value: 'ann@jabber.example' } }")
          .ok());
}

TEST(CheckRules, MeansWhatWasChecked) {
  const v1::PersonalRules rules = Checked(
      "rules { name: ' Bills ' conditions { subject: SUBJECT_PRESENCE values: ' Away ' } "
      "actions { what: WHAT_DELIVER value: ' NONE' } }");
  EXPECT_EQ(rules.rules(0).name(), "Bills");
  EXPECT_EQ(rules.rules(0).conditions(0).values(0), "away");
  EXPECT_EQ(rules.rules(0).conditions(0).comparison(), v1::PersonalCondition::OPERATOR_IS);
  EXPECT_EQ(rules.rules(0).actions(0).value(), "none");
  v1::PersonalRules again = rules;
  ASSERT_TRUE(CheckRules(again, kOwner).ok());
  EXPECT_EQ(again.SerializeAsString(), rules.SerializeAsString()) << "checked once is enough";
}

TEST(Stored, IsReadAgainAndNeverHalf) {
  const v1::PersonalRules rules =
      Checked("next_id: 5 rules { name: 'ä \"x\"' actions { what: WHAT_REPLY value: 'a\\nb' } }");
  const auto read = ReadStored(WriteStored(rules));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), rules.SerializeAsString());
  EXPECT_TRUE(ReadStored("{\"nextId\": 3, \"ofANewerVersion\": true}").ok());
  EXPECT_EQ(ReadStored("{\"rules\": [").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Compile("{\"rules\": [").program, nullptr);
}

TEST(Compile, TheMostRulesThatThereCanBe) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    absl::StrAppend(&text, "rules { conditions { subject: SUBJECT_FROM comparison: OPERATOR_IS ",
                    "values: 'a", i, "@example.com' } actions { what: WHAT_FILE value: 'F", i,
                    "' } stop: true } ");
  }
  const v1::PersonalRules rules = Checked(text);
  EXPECT_LT(SieveOf(rules).size(), kMaxScriptBytes);
  EXPECT_EQ(ToldBy(rules, "From: a199@example.com\n\n"), "fileinto \"F199\"");
  EXPECT_EQ(ToldBy(rules, "From: b@example.com\n\n"), "implicit keep");
}

}  // namespace
}  // namespace postern::rules::personal
