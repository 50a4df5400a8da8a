// Personal rules by the service: stored, in force, tried, told.

#include <gmock/gmock.h>

#include "services/rules/programs/program_desk.h"
#include "tests/unit/rules/replica.h"

namespace postern::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stub = v1::RulesService::Stub;
using Action = v1::PersonalAction;
using Condition = v1::PersonalCondition;

v1::PersonalRule Rule(const std::string& name, Action::What what, const std::string& value = "") {
  v1::PersonalRule rule;
  rule.set_name(name);
  Action& action = *rule.add_actions();
  action.set_what(what);
  action.set_value(value);
  return rule;
}

v1::PersonalRule OfSubject(v1::PersonalRule rule, const std::string& subject) {
  Condition& condition = *rule.add_conditions();
  condition.set_subject(Condition::SUBJECT_SUBJECT);
  condition.set_comparison(Condition::OPERATOR_IS);
  condition.add_values(subject);
  return rule;
}

std::vector<std::string> ActionsOf(const v1::EvaluateResponse& response) {
  std::vector<std::string> actions;
  for (const v1::Action& action : response.actions()) {
    if (action.has_keep()) actions.push_back(absl::StrCat("keep ", action.keep().flags_size()));
    if (action.has_discard()) actions.push_back("discard");
    if (action.has_file_into()) actions.push_back("fileinto " + action.file_into().mailbox());
    if (action.has_deliver())
      actions.push_back(v1::Action::Form_Name(action.deliver().form()).substr(5));
    if (action.has_redirect()) actions.push_back("redirect " + action.redirect().addresses(0));
  }
  return actions;
}

class PersonalServiceTest : public RulesServiceTest {
 protected:
  using Rules = std::vector<v1::PersonalRule>;

  grpc::Status Set(const Rules& rules, v1::SetPersonalRulesResponse* response,
                   const std::string& revision = "", bool dry_run = false) {
    v1::SetPersonalRulesRequest request;
    request.set_user("Ann@Example.org");
    request.set_revision(revision);
    request.set_dry_run(dry_run);
    for (const v1::PersonalRule& rule : rules) *request.add_rules() = rule;
    return replica_.Call(&Stub::SetPersonalRules, request, response);
  }
  v1::SetPersonalRulesResponse Put(const Rules& rules, const std::string& revision = "") {
    v1::SetPersonalRulesResponse response;
    const grpc::Status status = Set(rules, &response, revision);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static v1::GetPersonalRulesResponse GetFrom(Replica& replica) {
    v1::GetPersonalRulesRequest request;
    request.set_user(kUser);
    v1::GetPersonalRulesResponse response;
    const grpc::Status status = replica.Call(&Stub::GetPersonalRules, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::GetPersonalRulesResponse Get() { return GetFrom(replica_); }
  std::vector<std::string> Judge(const std::string& subject) {
    return ActionsOf(Evaluate(MailWith("m1", subject)));
  }
  void PutScript(const std::string& source) {
    v1::ImportRulesRequest request = Rules_(source);
    v1::ImportRulesResponse response;
    const grpc::Status status = replica_.Import(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  static v1::ImportRulesRequest Rules_(const std::string& source) {
    v1::ImportRulesRequest request = rules::Rules(kUser, source);
    request.set_language(v1::RULE_LANGUAGE_SIEVE);
    request.set_file_name("main.sieve");
    return request;
  }
};

TEST_F(PersonalServiceTest, AreStoredAndInForceInEachReplica) {
  EXPECT_THAT(Get().rules(), IsEmpty());
  EXPECT_EQ(Get().revision(), "0");
  EXPECT_THAT(Judge("bill"), IsEmpty()) << "no rules at all";
  const auto set = Put({OfSubject(Rule("Bills", Action::WHAT_FILE, "Bills"), "bill"),
                        Rule("", Action::WHAT_FLAG, "seen-by-me")});
  ASSERT_EQ(set.rules_size(), 2);
  EXPECT_EQ(set.rules(0).id(), "r1");
  EXPECT_EQ(set.rules(1).id(), "r2");
  EXPECT_THAT(set.sieve(), HasSubstr("# rule:[Bills]\n"));
  EXPECT_THAT(Judge("bill"), ElementsAre("fileinto Bills"));
  EXPECT_THAT(Judge("other"), ElementsAre("keep 1"));

  Replica other(redis_.url());
  ASSERT_TRUE(Eventually([&] { return other.Ready(); }));
  const auto got = GetFrom(other);
  EXPECT_EQ(got.revision(), set.revision());
  EXPECT_EQ(got.sieve(), set.sieve());
  EXPECT_EQ(got.rules(1).name(), "");
  EXPECT_THAT(got.sieve(), HasSubstr("# rule:[every mail: flag seen-by-me]\n"));
  Put({Rule("None", Action::WHAT_DISCARD)});
  EXPECT_EQ(GetFrom(other).rules(0).name(), "None") << "at once";
  EXPECT_TRUE(Eventually([&] {
    v1::EvaluateResponse response;
    EXPECT_TRUE(other.Evaluate(MailWith("m1", "bill"), &response).ok());
    return ActionsOf(response) == std::vector<std::string>{"discard"};
  }));
}

TEST_F(PersonalServiceTest, AChangeOfWhatHasChangedMeanwhileIsRefused) {
  const std::string first = Put({Rule("A", Action::WHAT_DISCARD)}, "0").revision();
  v1::SetPersonalRulesResponse response;
  EXPECT_EQ(Set({}, &response, "0").error_code(), grpc::StatusCode::ABORTED);
  const std::string second = Put({Rule("B", Action::WHAT_DISCARD)}, first).revision();
  EXPECT_NE(first, second);
  EXPECT_EQ(Set({}, &response, first).error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(Set({}, &response, first, true).error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(Get().rules(0).name(), "B");
  EXPECT_EQ(Get().rules(0).id(), "r2") << "r1 was another one";
  const std::string third = Put({}, second).revision();
  EXPECT_THAT(Get().rules(), IsEmpty());
  EXPECT_EQ(Get().sieve(), "");
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
  EXPECT_THAT(Judge("x"), IsEmpty()) << "no rules at all";
  EXPECT_EQ(Put({Rule("C", Action::WHAT_DISCARD)}, third).rules(0).id(), "r3");
}

TEST_F(PersonalServiceTest, AWrongOneIsNamedAndNothingChanges) {
  Put({Rule("A", Action::WHAT_DISCARD)});
  v1::PersonalRule wrong = Rule("B", Action::WHAT_REDIRECT, "nobody");
  wrong.set_id("r7");
  v1::SetPersonalRulesResponse response;
  const grpc::Status status = Set({wrong}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(),
            "rule:r7: \"nobody\" is no mail address; write it like ann@example.org");
  EXPECT_THAT(status.error_details(), HasSubstr("\"$0\" is no mail address"));
  EXPECT_THAT(Judge("x"), ElementsAre("discard"));
  v1::SetPersonalRulesRequest nobodys;
  nobodys.set_user("ann");
  EXPECT_EQ(replica_.Call(&Stub::SetPersonalRules, nobodys, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PersonalServiceTest, AllTogetherHaveALimit) {
  v1::PersonalRule large = Rule("L", Action::WHAT_DISCARD);
  Condition& condition = *large.add_conditions();
  condition.set_subject(Condition::SUBJECT_SUBJECT);
  for (int i = 0; i < 50; ++i) condition.add_values(std::string(512, 'x'));
  v1::SetPersonalRulesResponse response;
  const grpc::Status status = Set(Rules(12, large), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("too long"));
  EXPECT_TRUE(Set(Rules(9, large), &response).ok());
}

TEST_F(PersonalServiceTest, TheScriptHasItsSayWhileTheMailIsKept) {
  PutScript(
      "require [\"fileinto\", \"vnd.postern.deliver\"];\n"
      "if header :is \"subject\" \"loud\" { deliver :mode \"full\"; }\n"
      "if header :is \"subject\" \"both\" { fileinto \"by script\"; }");
  Put({OfSubject(Rule("File", Action::WHAT_FILE, "by rule"), "both"),
       Rule("Mark", Action::WHAT_FLAG, "\\Seen"), Rule("Mute", Action::WHAT_DELIVER, "none")});
  // What was filed is not kept, so the script is not asked.
  EXPECT_THAT(Judge("both"), ElementsAre("fileinto by rule", "NONE"));
  // Muting keeps the mail, and flags go along; the script speaks last.
  EXPECT_THAT(Judge("loud"), ElementsAre("NONE", "FULL", "keep 1"));
  v1::PersonalRule stop = Rule("Stop", Action::WHAT_FLAG, "a");
  stop.set_stop(true);
  Put({stop, Rule("Never", Action::WHAT_DISCARD)});
  EXPECT_THAT(Judge("loud"), ElementsAre("FULL", "keep 1")) << "stop ends these rules alone";
}

TEST_F(PersonalServiceTest, AreTriedInTheirOwnPlace) {
  PutScript("require \"fileinto\"; fileinto \"by script\";");
  Put({Rule("In force", Action::WHAT_DISCARD)});
  v1::SetPersonalRulesResponse changed;
  ASSERT_TRUE(Set({OfSubject(Rule("A", Action::WHAT_FILE, "A"), "a")}, &changed, "", true).ok());
  EXPECT_EQ(Get().rules(0).name(), "In force");
  auto request = MailWith("m1", "a");
  request.set_dry_run(true);
  request.set_try_script(changed.sieve());
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("discard")) << "in the script's place";
  request.set_try_personal(true);
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("fileinto A"));
  request.mutable_mail()->set_subject("b");
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("fileinto by script"));
  request.clear_try_script();
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("fileinto by script")) << "without any";
  request.set_dry_run(false);
  v1::EvaluateResponse response;
  EXPECT_EQ(replica_.Evaluate(request, &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PersonalServiceTest, TheReasonNamesTheRule) {
  Put({Rule("Mark", Action::WHAT_FLAG, "a"),
       OfSubject(Rule("Mute bob@x", Action::WHAT_DELIVER, "none"), "x")});
  const auto response = Evaluate(MailWith("m1", "x"));
  EXPECT_EQ(response.reason(),
            "rule 1, 'Mark': addflag \"a\"; rule 2, 'Mute bob@x': deliver \"none\"");
  EXPECT_EQ(response.actions(0).program(), "rules");
  EXPECT_EQ(response.actions(0).line(), 2u);
  const auto decisions = replica_.Decisions("m1");
  ASSERT_EQ(decisions.decisions_size(), 1);
  EXPECT_EQ(decisions.decisions(0).reason(), response.reason());
  ASSERT_GT(decisions.decisions(0).trace_size(), 1);
  EXPECT_EQ(decisions.decisions(0).trace(0).rule(), "Mark");
  EXPECT_EQ(decisions.decisions(0).trace(1).rule(), "Mute bob@x");
  EXPECT_EQ(decisions.decisions(0).trace(1).line(), 2u);
}

TEST_F(PersonalServiceTest, MailIsNotSentOnToItsOwnAddress) {
  v1::PersonalRule rule = Rule("Round", Action::WHAT_REDIRECT, "bob@work.example");
  Put({rule});
  auto request = MailWith("m1", "x");
  request.add_recipients("Bob@Work.example");
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("keep 0"));
  request.set_mail_id("m2");
  request.set_recipients(0, "ann@work.example");
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("redirect bob@work.example"));
}

TEST_F(PersonalServiceTest, AreListedAsTheScriptThatTheyAre) {
  const auto set = Put({Rule("A", Action::WHAT_DISCARD)});
  const auto listed = replica_.List();
  ASSERT_EQ(listed.programs_size(), 1);
  EXPECT_EQ(listed.programs(0).language(), v1::RULE_LANGUAGE_PERSONAL);
  EXPECT_EQ(listed.programs(0).scope(), kUser);
  EXPECT_TRUE(listed.programs(0).active());
  EXPECT_EQ(listed.programs(0).source(), set.sieve());
  v1::RemoveRulesRequest remove;
  remove.set_scope(kUser);
  remove.set_language(v1::RULE_LANGUAGE_PERSONAL);
  v1::RemoveRulesResponse removed;
  ASSERT_TRUE(replica_.Call(&Stub::RemoveRules, remove, &removed).ok());
  EXPECT_THAT(Get().rules(), IsEmpty());
}

TEST_F(PersonalServiceTest, ContactsOfThousandsGoByOneCall) {
  v1::ChangeListRequest change;
  change.set_user(kUser);
  change.set_list("contacts");
  change.set_replace(true);
  for (int i = 0; i < 10'000; ++i) change.add_add(absl::StrCat("contact", i, "@example.net"));
  v1::ChangeListResponse done;
  ASSERT_TRUE(replica_.Call(&Stub::ChangeList, change, &done).ok());
  v1::PersonalRule rule = Rule("Strangers", Action::WHAT_DISCARD);
  Condition& condition = *rule.add_conditions();
  condition.set_subject(Condition::SUBJECT_CONTACT);
  condition.set_negated(true);
  Put({rule});
  auto request = MailWith("m1", "x");
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("discard"));
  request.mutable_mail()->mutable_from(0)->set_local_part("Contact9999");
  EXPECT_THAT(ActionsOf(Evaluate(request)), ElementsAre("keep 0"));
  change.add_add("one.more@example.net");
  const grpc::Status full = replica_.Call(&Stub::ChangeList, change, &done);
  EXPECT_EQ(full.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(full.error_message(), HasSubstr("room for 10000 addresses"));
}

}  // namespace
}  // namespace postern::rules
