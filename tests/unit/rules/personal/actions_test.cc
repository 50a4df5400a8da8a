// Each action: compiled, carried out on paper, printed and compiled again.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/rules/ir/notify_uri.h"
#include "services/rules/personal/action_commands.h"
#include "services/rules/sieve/compile.h"
#include "tests/unit/rules/personal/personal_bench.h"

namespace postern::rules::personal {
namespace {

constexpr char kMail[] = "From: bob@example.net\nTo: ann@example.org\nSubject: x\n\nhello\n";

std::string Done(const std::string& actions) {
  return ToldBy(Checked("rules { name: 'the rule' " + actions + " }"), kMail);
}

TEST(PersonalActions, AreWhatTheirNamesSay) {
  const struct {
    const char* actions;
    const char* told;
  } cases[] = {
      {"actions { what: WHAT_DELIVER value: 'Headers' }", "deliver \"headers\"; implicit keep"},
      {"actions { what: WHAT_DELIVER value: 'none' }", "deliver \"none\"; implicit keep"},
      {"actions { what: WHAT_URGENT value: 'x' }", "deliver \"full\"; implicit keep"},
      {"actions { what: WHAT_DELIVER value: 'none' } actions { what: WHAT_URGENT }",
       "deliver \"full\"; implicit keep"},  // the last one counts
      {"actions { what: WHAT_FILE value: 'Lists/dev' }", "fileinto \"Lists/dev\""},
      {"actions { what: WHAT_FILE value: ' A \"quoted\" \\\\ one ' }",
       "fileinto \"A \"quoted\" \\ one\""},
      {"actions { what: WHAT_FILE value: '\\\\junk' }", "fileinto \"\\Junk\""},
      {"actions { what: WHAT_COPY value: 'Copies' }", "fileinto :copy \"Copies\"; implicit keep"},
      {"actions { what: WHAT_FLAG value: '\\\\Seen' } actions { what: WHAT_FLAG value: 'later' }",
       "implicit keep with the flags \\Seen later"},
      {"actions { what: WHAT_FILE value: 'A' } actions { what: WHAT_FLAG value: '\\\\Flagged' }",
       "fileinto \"A\" with the flags \\Flagged"},  // whatever their order
      {"actions { what: WHAT_REDIRECT value: 'Carol <carol@example.com>' }",
       "redirect \"carol@example.com\""},
      {"actions { what: WHAT_COPY_TO value: 'carol@example.com' }",
       "redirect :copy \"carol@example.com\"; implicit keep"},
      {"actions { what: WHAT_NOTIFY value: 'ann@jabber.example' }",
       "notify \"xmpp:ann@jabber.example\"; implicit keep"},
      {"actions { what: WHAT_NOTIFY value: 'mailto:carol@example.com' }",
       "notify \"mailto:carol@example.com\"; implicit keep"},
      {"actions { what: WHAT_HOLD value: '07:00' }",
       "hold until 2026-01-06T07:00:00Z; implicit keep"},
      {"actions { what: WHAT_DISCARD }", "discard"},
      {"actions { what: WHAT_QUARANTINE }", "quarantine \"the rule\""},
      {"actions { what: WHAT_QUARANTINE value: 'looks odd' }", "quarantine \"looks odd\""},
      {"actions { what: WHAT_REPLY value: 'I am away.\\r\\nUntil \"Monday\".\\n' }",
       "reply \"I am away.\nUntil \"Monday\".\"; implicit keep"},
      {"actions { what: WHAT_REPLY value: '${subject}' }", "reply \"${subject}\"; implicit keep"},
      {"stop: true", "implicit keep"},
      {"actions { what: WHAT_FILE value: 'A' } actions { what: WHAT_DELIVER value: 'full' }",
       "fileinto \"A\"; deliver \"full\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.actions);
    EXPECT_EQ(Done(c.actions), c.told);
  }
}

TEST(PersonalActions, StopIsTheLastOfTheirOwn) {
  const std::string two =
      "rules { actions { what: WHAT_COPY value: 'A' } %s } "
      "rules { actions { what: WHAT_COPY value: 'B' } }";
  const std::string goes_on = absl::StrReplaceAll(two, {{"%s", ""}});
  const std::string stops = absl::StrReplaceAll(two, {{"%s", "stop: true"}});
  EXPECT_EQ(ToldBy(Checked(goes_on), kMail),
            "fileinto :copy \"A\"; fileinto :copy \"B\"; implicit keep");
  EXPECT_EQ(ToldBy(Checked(stops), kMail), "fileinto :copy \"A\"; implicit keep");
}

TEST(PersonalActions, OfARuleThatIsSwitchedOffAreNotDone) {
  const v1::PersonalRules rules = Checked(
      "rules { name: 'off' disabled: true actions { what: WHAT_DISCARD } } "
      "rules { name: 'on' actions { what: WHAT_COPY value: 'A' } } "
      "rules { name: 'last' disabled: true conditions { subject: SUBJECT_BODY values: 'x' } "
      "actions { what: WHAT_DISCARD } }");
  EXPECT_EQ(ToldBy(rules, kMail), "fileinto :copy \"A\"; implicit keep");
  const auto program = PreparedOf(rules);
  EXPECT_FALSE(program->program().needs_body) << "what is off costs nothing";
  EXPECT_EQ(SieveOf(rules),
            "require [\"copy\", \"fileinto\", \"mailbox\"];\n"
            "# switched off: rule:[off]\n"
            "#   if true {\n"
            "#     discard;\n"
            "#   }\n"
            "# rule:[on]\n"
            "if true {\n"
            "  fileinto :copy :create \"A\";\n"
            "}\n"
            "# switched off: rule:[last]\n"
            "#   if body :text :contains \"x\" {\n"
            "#     discard;\n"
            "#   }\n");
}

TEST(PersonalActions, NameTheirRuleInTheTrace) {
  const v1::PersonalRules rules = Checked(
      "rules { id: 'r7' name: 'First' conditions { subject: SUBJECT_FROM values: 'nobody' } "
      "actions { what: WHAT_DISCARD } } "
      "rules { id: 'r3' name: 'Mute bob@x' conditions { subject: SUBJECT_FROM values: 'bob' } "
      "actions { what: WHAT_DELIVER value: 'none' } }");
  const Evaluation judged = Judge(PreparedOf(rules), kMail, SomeFacts());
  ASSERT_EQ(judged.trace.size(), 2u);
  for (const TraceStep& step : judged.trace) {
    EXPECT_EQ(step.program, "rules");
    EXPECT_EQ(step.line, 3u);
    EXPECT_EQ(step.rule, "Mute bob@x");
  }
  EXPECT_EQ(judged.actions.front().line, 3u);
}

TEST(PersonalActions, ThatFailNameTheirRule) {
  std::string text;
  for (int i = 0; i < 5; ++i)
    absl::StrAppend(&text, "rules { name: 'To ", i, "' actions { what: WHAT_COPY_TO value: 'c", i,
                    "@example.com' } } ");
  const Evaluation judged = Judge(PreparedOf(Checked(text)), kMail, SomeFacts());
  ASSERT_TRUE(judged.error.has_value());
  EXPECT_EQ(judged.error->message, "rule 5, 'To 4': more than 4 redirects");
}

TEST(NotifyUriOf, EscapesWhatAUriCanNotHold) {
  const struct {
    const char* target;
    const char* uri;
  } cases[] = {
      {"ann@example.org", "xmpp:ann@example.org"},
      {"ann@example.org/my phone", "xmpp:ann@example.org/my%20phone"},
      {"a#b?c%d@example.org", "xmpp:a%23b%3Fc%25d@example.org"},
      {"\xC3\xA4nn@example.org", "xmpp:%C3%A4nn@example.org"},
      {"xmpp:ann@example.org?message;type=normal", "xmpp:ann@example.org?message;type=normal"},
      {"https://example.org/hook", "https://example.org/hook"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.target);
    EXPECT_EQ(NotifyUriOf(c.target), c.uri);
    const auto read = ParseNotifyUri(c.uri);
    EXPECT_TRUE(read.ok()) << read.status();
  }
}

TEST(SieveOf, NoTextOfAUserBecomesSyntax) {
  const v1::PersonalRules rules = Checked(
      "rules { name: '] \\\\ \"; discard; #' conditions { subject: SUBJECT_SUBJECT "
      "comparison: OPERATOR_BEGINS values: '\"; discard; \\\\*' } "
      "actions { what: WHAT_COPY value: 'x\"; redirect \"e@example.com' } stop: true }");
  EXPECT_EQ(ToldBy(rules, kMail), "implicit keep");
  EXPECT_EQ(ToldBy(rules, "Subject: \"; discard; \\* and so on\n\n"),
            "fileinto :copy \"x\"; redirect \"e@example.com\"; implicit keep");
}

TEST(SieveOf, IsEmptyWithoutRules) {
  EXPECT_EQ(SieveOf(v1::PersonalRules()), "");
  EXPECT_EQ(ToldBy(v1::PersonalRules(), kMail), "implicit keep");
}

// A rule that a newer version has stored is not half understood: of all but one word, it might
// discard every mail.
TEST(PersonalRules, ThatCantBeReadAreOutOfForce) {
  const char* const rules[] = {
      R"("actions": [{"what": 88}])",
      R"("actions": [{"what": "WHAT_DISCARD"}, {}])",
      R"("conditions": [{"subject": 99, "comparison": 1, "negated": true, "values": ["x"]}],
         "actions": [{"what": "WHAT_DISCARD"}])",
      R"("conditions": [{"subject": "SUBJECT_FROM", "comparison": 77, "values": ["bob"]}],
         "actions": [{"what": "WHAT_DISCARD"}])",
      R"("conditions": [{"subject": "SUBJECT_SIZE", "comparison": "OPERATOR_UNDER"}],
         "actions": [{"what": "WHAT_DISCARD"}])",
  };
  for (const char* rule : rules) {
    SCOPED_TRACE(rule);
    const std::string stored =
        absl::StrCat(R"({"rules": [{"id": "r1", "name": "new", )", rule,
                     R"(}, {"id": "r2", "actions": [{"what": "WHAT_FLAG", "value": "later"}]}]})");
    const auto read = ReadStored(stored);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(ToldBy(*read, kMail), "implicit keep with the flags later");
    EXPECT_TRUE(absl::StrContains(SieveOf(*read), "# can't be read here: rule:[new]\n"));
  }
}

}  // namespace
}  // namespace postern::rules::personal
