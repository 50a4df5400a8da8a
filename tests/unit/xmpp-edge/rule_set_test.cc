#include "services/xmpp-edge/rule_set.h"

#include <gtest/gtest.h>

#include "absl/algorithm/container.h"
#include "services/xmpp-edge/rule_proposals.h"
#include "services/xmpp-edge/rule_text.h"

namespace postern::xmpp_edge {
namespace {

using rules::v1::PersonalAction;
using rules::v1::PersonalCondition;
using rules::v1::PersonalRule;

const Words& English() {
  static const Words words("en");
  return words;
}

std::vector<std::string> TextsOf(const Rules& rules) {
  std::vector<std::string> texts;
  for (const PersonalRule& rule : rules) texts.push_back(RuleText(rule, English()));
  return texts;
}

PersonalRule Other(const std::string& subject) {
  PersonalRule rule;
  PersonalCondition& condition = *rule.add_conditions();
  condition.set_subject(PersonalCondition::SUBJECT_SUBJECT);
  condition.set_comparison(PersonalCondition::OPERATOR_CONTAINS);
  condition.add_values(subject);
  PersonalAction& action = *rule.add_actions();
  action.set_what(PersonalAction::WHAT_FILE);
  action.set_value("Lists/work");
  return rule;
}

bool Add(PersonalRule rule, Rules& rules) {
  auto added = AddRule(std::move(rule), rules);
  EXPECT_TRUE(added.ok()) << added.status();
  return added.ok() && added->changed;
}

TEST(RuleSet, SendersAreAddressesOrDomains) {
  const struct {
    const char *said, *sender;
  } cases[] = {{"Anna@Example.ORG", "anna@example.org"},
               {" Anna B <Anna@example.org> ", "anna@example.org"},
               {"@Example.org", "@example.org"},
               {"*@example.org", "@example.org"},
               {"anna", ""},
               {"@", ""},
               {"", ""},
               {"a@b.example, c@d.example", ""},
               {"a\nb@example.org", ""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.said);
    const auto sender = ReadSender(c.said);
    EXPECT_EQ(sender.ok() ? *sender : "", c.sender);
  }
}

TEST(RuleSet, OneRuleHasAllMutedSendersAndStandsBehindTheOthers) {
  Rules rules;
  EXPECT_TRUE(Add(SenderRule(Standing::kVip, "boss@example.org"), rules));
  EXPECT_TRUE(Add(SenderRule(Standing::kMuted, "anna@example.org"), rules));
  EXPECT_TRUE(Add(ContactsOnlyRule(""), rules));
  EXPECT_TRUE(Add(SenderRule(Standing::kMuted, "bob@example.org"), rules));
  EXPECT_TRUE(Add(SenderRule(Standing::kMuted, "@spam.example"), rules));
  EXPECT_TRUE(Add(Other("minutes"), rules));
  EXPECT_FALSE(Add(SenderRule(Standing::kMuted, "ANNA@example.org"), rules));
  EXPECT_FALSE(Add(ContactsOnlyRule("work"), rules)) << "of all accounts";
  EXPECT_EQ(
      TextsOf(rules),
      (std::vector<std::string>{
          "If the subject contains \"minutes\": move it to the folder \"Lists/work\"",
          "If the sender ends with \"@spam.example\": don't show it",
          "If the sender is none of your contacts: don't show it",
          "If the sender is \"anna@example.org\" or \"bob@example.org\": don't show it",
          "If the sender is \"boss@example.org\": show it at once, whatever your presence and the "
          "hour"}));
}

TEST(RuleSet, SendersGoWithoutALeftoverThatFitsEverybody) {
  Rules rules;
  Add(SenderRule(Standing::kMuted, "anna@example.org"), rules);
  Add(SenderRule(Standing::kMuted, "bob@example.org"), rules);
  EXPECT_FALSE(RemoveSender(Standing::kVip, "anna@example.org", rules));
  EXPECT_TRUE(RemoveSender(Standing::kMuted, "Anna@example.org", rules));
  EXPECT_FALSE(RemoveSender(Standing::kMuted, "anna@example.org", rules));
  EXPECT_EQ(TextsOf(rules),
            std::vector<std::string>{"If the sender is \"bob@example.org\": don't show it"});
  EXPECT_TRUE(RemoveSender(Standing::kMuted, "bob@example.org", rules));
  EXPECT_TRUE(rules.empty());
}

TEST(RuleSet, TheLatestWordAboutASenderCounts) {
  const std::string anna = "anna@example.org", bob = "bob@example.org";
  const struct {
    const char* title;
    std::vector<std::pair<Standing, std::string>> said;
    std::vector<std::string> taken_out, muted, vip;  // `taken_out` by the last word
  } cases[] = {
      {"muted, then a VIP", {{Standing::kMuted, anna}, {Standing::kVip, anna}}, {anna}, {}, {anna}},
      {"a VIP, then muted", {{Standing::kVip, anna}, {Standing::kMuted, anna}}, {anna}, {anna}, {}},
      {"back and forth",
       {{Standing::kMuted, anna}, {Standing::kVip, anna}, {Standing::kMuted, anna}},
       {anna},
       {anna},
       {}},
      {"others stay",
       {{Standing::kVip, anna}, {Standing::kVip, bob}, {Standing::kMuted, anna}},
       {anna},
       {anna},
       {bob}},
      {"another sender", {{Standing::kVip, bob}, {Standing::kMuted, anna}}, {}, {anna}, {bob}},
      {"twice the same", {{Standing::kMuted, anna}, {Standing::kMuted, anna}}, {}, {anna}, {}},
      {"her domain is another matter",
       {{Standing::kVip, anna}, {Standing::kMuted, "@example.org"}},
       {},
       {"@example.org"},
       {anna}},
  };
  const auto senders_of = [](const Rules& rules, Standing standing) {
    std::vector<std::string> senders;
    for (const PersonalRule& rule : rules) {
      if (StandingOf(rule) != standing) continue;
      for (const std::string& value : rule.conditions(0).values()) senders.push_back(value);
    }
    return senders;
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.title);
    Rules rules;
    Added last;
    for (const auto& [standing, sender] : c.said) {
      auto added = AddRule(SenderRule(standing, sender), rules);
      ASSERT_TRUE(added.ok());
      last = *std::move(added);
    }
    EXPECT_EQ(last.taken_out, c.taken_out);
    EXPECT_EQ(senders_of(rules, Standing::kMuted), c.muted);
    EXPECT_EQ(senders_of(rules, Standing::kVip), c.vip);
    EXPECT_EQ(rules.size(), size_t{!c.muted.empty()} + size_t{!c.vip.empty()});
  }
}

// Who said what, in this order; of rules as they were stored before addresses counted more.
TEST(RuleSet, AnAddressCountsMoreThanItsDomain) {
  const std::string anna = "anna@example.org", all = "@example.org";
  const Standing muted = Standing::kMuted, vip = Standing::kVip;
  const struct {
    const char* title;
    std::vector<std::pair<Standing, std::string>> before, said;
    Standing last;                               // that counts for Anna's mail
    std::vector<std::string> taken_out, remain;  // by the last word
  } cases[] = {
      {"one of a domain of VIPs", {}, {{vip, all}, {muted, anna}}, muted, {}, {}},
      {"one of a muted domain", {}, {{muted, all}, {vip, anna}}, vip, {}, {}},
      {"all but a VIP", {}, {{vip, anna}, {muted, all}}, vip, {}, {anna}},
      {"all but who is muted", {}, {{muted, anna}, {vip, all}}, muted, {}, {anna}},
      {"behind where it would have no say",
       {{muted, anna}, {vip, all}},
       {{muted, anna}},
       muted,
       {},
       {}},
      {"into a rule that was before it",
       {{muted, "bob@example.org"}, {vip, all}},
       {{muted, anna}},
       muted,
       {},
       {}},
      {"the domain's word came later",
       {{muted, anna}, {vip, "@b.example"}},
       {{vip, all}},
       vip,
       {anna},
       {}},
      {"back to the domain's", {}, {{vip, all}, {muted, anna}, {vip, anna}}, vip, {anna}, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.title);
    Rules rules;
    for (const auto& [standing, sender] : c.before) rules.push_back(SenderRule(standing, sender));
    Added last;
    for (const auto& [standing, sender] : c.said) {
      auto added = AddRule(SenderRule(standing, sender), rules);
      ASSERT_TRUE(added.ok());
      EXPECT_TRUE(added->changed);
      last = *std::move(added);
    }
    EXPECT_EQ(last.taken_out, c.taken_out);
    EXPECT_EQ(last.remain, c.remain);
    Standing counts = Standing::kNone;
    size_t with_anna = 0;
    for (const PersonalRule& rule : rules) {
      for (const std::string& value : rule.conditions(0).values()) {
        if (value == anna || value == all) counts = StandingOf(rule);
        with_anna += value == anna ? 1 : 0;
      }
    }
    EXPECT_EQ(counts, c.last);
    EXPECT_LE(with_anna, 1u);
    EXPECT_FALSE(AddRule(SenderRule(c.said.back().first, c.said.back().second), rules)->changed);
  }
  Rules rules{SenderRule(vip, all)};
  EXPECT_EQ(DomainWith(vip, anna, rules), all);
  EXPECT_EQ(DomainWith(muted, anna, rules), "");
  EXPECT_EQ(DomainWith(vip, "anna@other.example", rules), "");
  EXPECT_EQ(DomainWith(vip, all, rules), "");
}

TEST(RuleSet, TheOtherKindIsLeftAloneWhereItIsAboutOtherMailOrOff) {
  Rules rules{SenderRule(Standing::kVip, "ANNA@example.org"),
              SenderRule(Standing::kVip, "anna@example.org")};
  rules[0].set_account("home");
  rules[1].set_disabled(true);
  PersonalRule at_work = SenderRule(Standing::kMuted, "anna@example.org");
  at_work.set_account("work");
  auto added = AddRule(at_work, rules);
  ASSERT_TRUE(added.ok());
  EXPECT_TRUE(added->changed);
  EXPECT_TRUE(added->taken_out.empty());
  EXPECT_EQ(rules.size(), 3u);
  added = AddRule(SenderRule(Standing::kMuted, "anna@example.org"), rules);
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->taken_out, std::vector<std::string>{"anna@example.org"}) << "of all accounts";
  EXPECT_TRUE(absl::c_any_of(rules, [](const PersonalRule& rule) { return rule.disabled(); }));
  EXPECT_FALSE(absl::c_any_of(rules, [](const auto& rule) { return rule.account() == "home"; }));
}

TEST(RuleSet, ARuleThatIsOffIsLeftAlone) {
  Rules rules;
  Add(SenderRule(Standing::kMuted, "anna@example.org"), rules);
  rules[0].set_disabled(true);
  EXPECT_TRUE(Add(SenderRule(Standing::kMuted, "bob@example.org"), rules));
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_TRUE(rules[0].disabled());
  Rules contacts;
  Add(ContactsOnlyRule(""), contacts);
  contacts[0].set_disabled(true);
  EXPECT_TRUE(Add(ContactsOnlyRule(""), contacts));
  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_FALSE(contacts[0].disabled());
}

TEST(RuleSet, ContactsOnlyEndsWhereItWasSaid) {
  Rules rules;
  Add(ContactsOnlyRule("work"), rules);
  Add(ContactsOnlyRule("home"), rules);
  EXPECT_TRUE(RemoveContactsOnly("work", rules));
  EXPECT_FALSE(RemoveContactsOnly("work", rules));
  EXPECT_TRUE(RemoveContactsOnly("", rules));
  EXPECT_TRUE(rules.empty());
}

TEST(RuleSet, OrderAndCopies) {
  Rules rules{Other("a"), Other("b")};
  EXPECT_FALSE(MoveRule(1, true, rules));
  EXPECT_FALSE(MoveRule(2, false, rules));
  EXPECT_TRUE(MoveRule(2, true, rules));
  EXPECT_EQ(rules[0].conditions(0).values(0), "b");
  rules[0].set_id("r1");
  EXPECT_TRUE(CopyRule(1, rules).ok());
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[1].id(), "");
  EXPECT_TRUE(rules[1].disabled());
  RemoveRule(1, rules);
  EXPECT_EQ(FindRule("r1", rules), nullptr);
  EXPECT_EQ(FindRule("", rules), nullptr);
}

TEST(RuleSet, HasLimits) {
  Rules rules(kMaxRules, Other("x"));
  EXPECT_EQ(AddRule(ContactsOnlyRule(""), rules).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CopyRule(1, rules).code(), absl::StatusCode::kResourceExhausted);
  Rules muted;
  for (int i = 0; i <= kMaxValues; ++i) {
    Add(SenderRule(Standing::kMuted, "a" + std::to_string(i) + "@example.org"), muted);
  }
  ASSERT_EQ(muted.size(), 2u);
  EXPECT_EQ(muted[0].conditions(0).values_size(), kMaxValues);
}

TEST(RuleText, SaysAllOfARule) {
  PersonalRule rule = Other("minutes");
  rule.set_name("Work\nlists");
  rule.set_any(true);
  rule.set_stop(true);
  rule.set_account("work");
  rule.set_disabled(true);
  PersonalCondition& header = *rule.add_conditions();
  header.set_subject(PersonalCondition::SUBJECT_HEADER);
  header.set_header("X-Spam-Flag");
  header.set_comparison(PersonalCondition::OPERATOR_EXISTS);
  header.set_negated(true);
  PersonalCondition& size = *rule.add_conditions();
  size.set_subject(PersonalCondition::SUBJECT_SIZE);
  size.set_comparison(PersonalCondition::OPERATOR_OVER);
  size.add_values("2M");
  PersonalAction& flag = *rule.add_actions();
  flag.set_what(PersonalAction::WHAT_FLAG);
  flag.set_value("\\Flagged");
  EXPECT_EQ(RuleText(rule, English()),
            "Work lists - If the subject contains \"minutes\" or the header field X-Spam-Flag is "
            "not there or "
            "the size is larger than 2M: move it to the folder \"Lists/work\" and mark it with "
            "\"\\Flagged\", and no later rule is looked at (mail of the account work) (off)");
  PersonalRule all;
  all.set_id("r12");
  all.set_name("Rule 12");  // as the service calls what has no name
  all.add_actions()->set_what(PersonalAction::WHAT_QUARANTINE);
  EXPECT_EQ(RuleText(all, English()), "Every mail: put it into quarantine");
}

TEST(RuleProposals, SuggestWhatAMailSuggests) {
  MailThread mail;
  mail.from = {"Anna/../*B", "Anna", "example.org"};
  mail.list_id = "dev.lists.example.org";
  mail.subject = "Re: AW: Minutes of June";
  const std::vector<std::string> all = TextsOf(ProposalsFor(mail, true));
  EXPECT_EQ(
      all, (std::vector<std::string>{
               "If the sender is \"anna@example.org\": don't show it",
               "If the sender is \"anna@example.org\": show it at once, whatever your presence and "
               "the hour",
               "If the sender is \"anna@example.org\": move it to the folder \"AnnaB\"",
               "If the sender is \"anna@example.org\": show it in a digest",
               "If the mailing list is \"dev.lists.example.org\": move it to the folder "
               "\"Lists/dev\"",
               "If the mailing list is \"dev.lists.example.org\": show it in a digest",
               "If the mailing list is \"dev.lists.example.org\": don't show it",
               "If the sender ends with \"@example.org\": don't show it",
               "If the subject contains \"Minutes of June\": don't show it"}));
  MailThread bare;
  bare.answer_to = {{"", "bob", "example.net"}};
  EXPECT_EQ(ProposalsFor(bare, false).size(), 4u) << "no folders, no list, no subject";
  EXPECT_TRUE(ProposalsFor(MailThread(), true).empty());
}

}  // namespace
}  // namespace postern::xmpp_edge
