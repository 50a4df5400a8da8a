// Users' scripts by the service: stored, in force, judged with, remembered.

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/rules/replica.h"

namespace postern::rules {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stub = v1::RulesService::Stub;

// A mail with all of its bytes, from bob@example.net to ann@example.org.
v1::EvaluateRequest Whole(const std::string& mail_id, const std::string& subject,
                          const std::string& more = "") {
  v1::EvaluateRequest request = MailWith(mail_id, subject);
  request.add_recipients(kUser);
  request.mutable_mail()->set_envelope_from("bob@example.net");
  request.set_message(absl::StrCat(
      "Return-Path: <bob@example.net>\r\nFrom: bob@example.net\r\nTo: ", kUser, "\r\nMessage-ID: <",
      mail_id, "@example.net>\r\nSubject: ", subject, "\r\n", more, "\r\nhello\r\n"));
  return request;
}

std::vector<std::string> ActionsOf(const v1::EvaluateResponse& response) {
  std::vector<std::string> actions;
  for (const v1::Action& action : response.actions()) {
    switch (action.kind_case()) {
      case v1::Action::kKeep:
        actions.push_back("keep");
        break;
      case v1::Action::kFileInto:
        actions.push_back("fileinto " + action.file_into().mailbox());
        break;
      case v1::Action::kRedirect:
        actions.push_back("redirect " + action.redirect().addresses(0));
        break;
      case v1::Action::kAnswer:
        actions.push_back("answer " + action.answer().to());
        break;
      case v1::Action::kDiscard:
        actions.push_back("discard");
        break;
      case v1::Action::kNotify:
        actions.push_back("notify " + action.notify().method());
        break;
      default:
        actions.push_back("other");
    }
  }
  return actions;
}

class SieveServiceTest : public RulesServiceTest {
 protected:
  grpc::Status ImportScript(const std::string& source, const std::string& name = "",
                            const std::string& scope = kUser, bool inactive = false) {
    v1::ImportRulesRequest request = Rules(scope, source);
    request.set_language(v1::RULE_LANGUAGE_SIEVE);
    request.set_file_name(name.empty() ? "main.sieve" : name);
    request.set_name(name);
    request.set_keep_inactive(inactive);
    v1::ImportRulesResponse response;
    return replica_.Import(request, &response);
  }
  void Put(const std::string& source, const std::string& name = "",
           const std::string& scope = kUser, bool inactive = false) {
    const grpc::Status status = ImportScript(source, name, scope, inactive);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  void Commit(const v1::EvaluateRequest& of, const v1::EvaluateResponse& response) {
    v1::CommitEvaluationRequest request;
    request.set_user(of.user());
    request.set_mail_id(of.mail_id());
    *request.mutable_marks() = response.marks();
    v1::CommitEvaluationResponse done;
    EXPECT_TRUE(replica_.Call(&Stub::CommitEvaluation, request, &done).ok());
  }
  std::vector<std::string> Judge(const v1::EvaluateRequest& request) {
    return ActionsOf(Evaluate(request));
  }
  grpc::Status Activate(const std::string& name) {
    v1::ActivateRulesRequest request;
    request.set_scope(kUser);
    request.set_name(name);
    v1::ActivateRulesResponse done;
    return replica_.Call(&Stub::ActivateRules, request, &done);
  }
};

TEST_F(SieveServiceTest, AScriptAsksForTheMailAndFilesIt) {
  Put("require \"fileinto\"; if header :contains \"subject\" \"bill\" { fileinto \"Bills\"; }");
  auto request = Whole("m1", "your bill");
  const std::string message = request.message();
  request.clear_message();
  auto first = Evaluate(request);
  if (first.wants_message()) {  // or it was judged by what is known already
    EXPECT_EQ(first.actions_size(), 0);
    request.set_message(message);
    first = Evaluate(request);
  }
  EXPECT_THAT(ActionsOf(first), ElementsAre("fileinto Bills"));
  EXPECT_EQ(first.actions(0).program(), "main.sieve");
  EXPECT_EQ(first.actions(0).key().size(), 40u);
  EXPECT_EQ(Evaluate(request).actions(0).key(), first.actions(0).key()) << "the same when repeated";
  EXPECT_NE(Evaluate(Whole("m2", "your bill")).actions(0).key(), first.actions(0).key());
  const auto decisions = replica_.Decisions("m1@example.net");
  ASSERT_EQ(decisions.decisions_size(), 1) << "on record before it is answered: it is not shown";
  EXPECT_THAT(decisions.decisions(0).reason(), HasSubstr("fileinto"));
  EXPECT_EQ(decisions.decisions(0).subject(), "your bill");
  EXPECT_GT(decisions.decisions(0).trace_size(), 0);
  EXPECT_THAT(Judge(Whole("m3", "other")), ElementsAre("keep"));
  EXPECT_THAT(replica_.Decisions("m3").decisions(), IsEmpty()) << "no rule touched it";
}

TEST_F(SieveServiceTest, AsksTheCallerForWhatOnlyTheMailboxKnows) {
  Put("require [\"mailbox\", \"fileinto\"]; if mailboxexists \"Lists\" { fileinto \"Lists\"; }");
  auto request = Whole("m1", "x");
  const auto asked = Evaluate(request);
  EXPECT_THAT(asked.missing_facts(), ElementsAre("mailbox:Lists"));
  EXPECT_THAT(asked.actions(), IsEmpty());
  (*request.mutable_facts())["mailbox:Lists"] = "yes";
  EXPECT_THAT(Judge(request), ElementsAre("fileinto Lists"));
  (*request.mutable_facts())["mailbox:Lists"] = "no";
  EXPECT_THAT(Judge(request), ElementsAre("keep"));
}

TEST_F(SieveServiceTest, OneScriptOfSeveralIsInForce) {
  Put("discard;", "a");
  Put("keep;", "b", kUser, true);
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("discard"));
  ASSERT_TRUE(Activate("b").ok());
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("keep"));
  EXPECT_EQ(Activate("c").error_code(), grpc::StatusCode::NOT_FOUND);
  v1::RemoveRulesRequest remove;
  remove.set_scope(kUser);
  remove.set_language(v1::RULE_LANGUAGE_SIEVE);
  remove.set_name("b");
  v1::RemoveRulesResponse removed;
  EXPECT_EQ(replica_.Call(&Stub::RemoveRules, remove, &removed).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  v1::RenameRulesRequest rename;
  rename.set_scope(kUser);
  rename.set_name("b");
  rename.set_new_name("a");
  v1::RenameRulesResponse renamed;
  EXPECT_EQ(replica_.Call(&Stub::RenameRules, rename, &renamed).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
  rename.set_new_name("c");
  ASSERT_TRUE(replica_.Call(&Stub::RenameRules, rename, &renamed).ok());
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("keep"));
  const auto listed = replica_.List();
  ASSERT_EQ(listed.programs_size(), 2);
  EXPECT_EQ(listed.programs(1).name(), "c");
  EXPECT_TRUE(listed.programs(1).active());
  EXPECT_FALSE(listed.programs(0).active());
  ASSERT_TRUE(Activate("").ok());
  EXPECT_THAT(Evaluate(Whole("m1", "x")).actions(), IsEmpty()) << "no rules at all";
}

TEST_F(SieveServiceTest, AWrongScriptIsRefusedWithItsPlaceAndChangesNothing) {
  Put("discard;");
  const grpc::Status status = ImportScript("keep;\nfileinto \"X\";");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("main.sieve:2:"));
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("discard"));
}

TEST_F(SieveServiceTest, AnIncludedScriptStaysAndIsFollowed) {
  Put("discard;", "part", kUser, true);
  Put("require \"include\"; include :personal \"part\";", "whole");
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("discard"));
  v1::RemoveRulesRequest remove;
  remove.set_scope(kUser);
  remove.set_language(v1::RULE_LANGUAGE_SIEVE);
  remove.set_name("part");
  v1::RemoveRulesResponse removed;
  EXPECT_EQ(replica_.Call(&Stub::RemoveRules, remove, &removed).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  Put("keep;", "part", kUser, true);
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("keep"));
  Put("discard;", "shared", "site", true);
  Put("require \"include\"; include :global \"shared\";", "global");
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("discard"));
  Put("keep;", "shared", "site", true);
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("keep"));
}

TEST_F(SieveServiceTest, StagesSpeakInTheirOrder) {
  Put("require \"fileinto\"; fileinto \"user\";");
  Put("require \"fileinto\"; if header :is \"subject\" \"d\" { fileinto \"domain\"; }", "",
      "domain:example.org");
  Put("require [\"fileinto\", \"copy\"]; fileinto :copy \"after\";", "", "site-after");
  Import("site", "subject:spam");
  EXPECT_EQ(Evaluate(Whole("m1", "spam")).verdict(), v1::VERDICT_REJECT);
  EXPECT_THAT(Judge(Whole("m2", "d")), ElementsAre("fileinto domain"));
  EXPECT_THAT(Judge(Whole("m3", "x")), ElementsAre("fileinto user"));
  Put("keep;");
  EXPECT_THAT(Judge(Whole("m4", "x")), ElementsAre("fileinto after", "keep"));
}

TEST_F(SieveServiceTest, ADuplicateIsFoundWhenTheFirstIsDoneWith) {
  Put("require \"duplicate\"; if duplicate { discard; }");
  auto first = Whole("m1", "x"), second = Whole("m2", "x");
  second.set_message(first.message());
  const auto judged = Evaluate(first);
  EXPECT_THAT(ActionsOf(judged), ElementsAre("keep"));
  EXPECT_THAT(Judge(second), ElementsAre("keep")) << "the first may still fail";
  Commit(first, judged);
  EXPECT_THAT(Judge(second), ElementsAre("discard"));
  EXPECT_THAT(Judge(first), ElementsAre("keep")) << "come again after a crash";
}

TEST_F(SieveServiceTest, TwoCopiesOfOneCallAreJudgedOneAfterTheOther) {
  Put("require \"duplicate\"; if duplicate { discard; }");
  v1::EvaluateMailsRequest request;
  *request.add_requests() = Whole("m1", "x");
  *request.add_requests() = Whole("m2", "x");
  request.mutable_requests(1)->set_message(request.requests(0).message());
  v1::EvaluateMailsResponse response;
  ASSERT_TRUE(replica_.EvaluateMails(request, &response).ok());
  EXPECT_THAT(ActionsOf(response.responses(0)), ElementsAre("keep"));
  EXPECT_THAT(response.responses(1).missing_facts(), ElementsAre("committed:m1"));
  Commit(request.requests(0), response.responses(0));
  auto again = request.requests(1);
  (*again.mutable_facts())["committed:m1"] = "yes";
  EXPECT_THAT(Judge(again), ElementsAre("discard"));
}

TEST_F(SieveServiceTest, NobodyIsAnsweredTwiceAndNoRobotAtAll) {
  Put("require \"vacation\"; vacation \"I'm away.\";");
  v1::EvaluateMailsRequest request;
  *request.add_requests() = Whole("m1", "x");
  *request.add_requests() = Whole("m2", "y");
  *request.add_requests() = Whole("m3", "z", "Auto-Submitted: auto-replied\r\n");
  v1::EvaluateMailsResponse response;
  ASSERT_TRUE(replica_.EvaluateMails(request, &response).ok());
  EXPECT_THAT(ActionsOf(response.responses(0)), ElementsAre("answer bob@example.net", "keep"));
  EXPECT_THAT(ActionsOf(response.responses(1)), ElementsAre("keep"));
  EXPECT_THAT(ActionsOf(response.responses(2)), ElementsAre("keep"));
  const v1::Action::Answer& answer = response.responses(0).actions(0).answer();
  EXPECT_EQ(answer.text(), "I'm away.");
  EXPECT_EQ(answer.subject(), "Auto: x");
  EXPECT_EQ(answer.in_reply_to(), "m1@example.net");
  EXPECT_THAT(Judge(request.requests(0)), ElementsAre("answer bob@example.net", "keep"))
      << "the same mail under the same key";
  Commit(request.requests(0), response.responses(0));
  EXPECT_THAT(Judge(Whole("m4", "x")), ElementsAre("keep"));
}

TEST_F(SieveServiceTest, WhatCouldNotBeDoneOrRunIsOnRecord) {
  Put("require \"vacation\"; vacation \"I'm away.\";");
  EXPECT_THAT(Judge(Whole("m1", "x", "List-Id: <dev.example.net>\r\n")), ElementsAre("keep"));
  ASSERT_TRUE(Eventually([&] { return replica_.Decisions("m1").decisions_size() == 1; }));
  EXPECT_THAT(replica_.Decisions("m1").decisions(0).reason(),
              AllOf(HasSubstr("vacation \"I'm away.\"; "),
                    HasSubstr("vacation left out: the mail is from a list (List-Id)")));
  Put("require \"vnd.postern.exec\"; exec \"nosuch\";", "", "site");
  EXPECT_THAT(Judge(Whole("m2", "x", "Auto-Submitted: auto-replied\r\n")), ElementsAre("keep"));
  ASSERT_TRUE(Eventually([&] { return replica_.Decisions("m2").decisions_size() == 1; }));
  const v1::Decision decision = replica_.Decisions("m2").decisions(0);
  EXPECT_TRUE(std::any_of(decision.trace().begin(), decision.trace().end(), [](const auto& step) {
    return step.program().empty() &&
           step.text() == "program nosuch can't be run: there is no --runner-addr";
  })) << decision.DebugString();
}

TEST_F(SieveServiceTest, AScriptThatFailsWithEveryMailIsWarnedOf) {
  std::string script;
  for (int i = 0; i < 6; ++i) absl::StrAppend(&script, "redirect \"u", i, "@example.net\";\n");
  for (const bool site : {false, true}) {
    v1::ImportRulesRequest request = Rules(site ? "site" : kUser, script);
    request.set_language(v1::RULE_LANGUAGE_SIEVE);
    v1::ImportRulesResponse response;
    ASSERT_TRUE(replica_.Import(request, &response).ok());
    ASSERT_EQ(response.warnings_size(), site ? 0 : 1);
    if (site) continue;
    EXPECT_THAT(response.warnings(0), HasSubstr(":5:1: more than 4 redirects"));
  }
}

// What is no UTF-8 in an answer makes all of it unreadable for the fetcher: the mail, and all
// behind it, would wait for ever.
TEST_F(SieveServiceTest, AnswersAreReadableWhateverAMailSays) {
  Put("require [\"envelope\", \"mailbox\", \"encoded-character\", \"vacation\", \"duplicate\"];"
      "if mailboxexists \"${hex:ff}\" { discard; }"
      "if duplicate :uniqueid \"${hex:fe}\" { discard; }"
      "vacation :handle \"${hex:fd}\" \"I'm away.\"; redirect \"eve@example.com\";");
  auto request = Whole("m1", "x");
  request.mutable_mail()->clear_envelope_from();
  request.set_message(
      absl::StrCat("From: b\xff"
                   "b@example.net\r\nTo: ",
                   kUser, "\r\nMessage-ID: <\xff@example.net>\r\n\r\nhello\r\n"));
  const auto first = Evaluate(request);
  EXPECT_EQ(first.missing_facts_size(), 0);
  EXPECT_THAT(ActionsOf(first), ::testing::Contains("redirect eve@example.com"));
  Commit(request, first);
  auto again = request;
  again.set_mail_id("m2");
  EXPECT_THAT(ActionsOf(Evaluate(again)),
              ::testing::Not(::testing::Contains("redirect eve@example.com")))
      << "it is remembered all the same";
}

TEST_F(SieveServiceTest, ListsAreAskedFor) {
  Put("require [\"extlists\", \"fileinto\"]; if address :list \"from\" \"vip\" { fileinto \"VIP\"; "
      "}");
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("keep"));
  v1::ChangeListRequest change;
  change.set_user("Ann@example.org");
  change.set_list("vip");
  change.add_add("Bob@example.net");
  v1::ChangeListResponse changed;
  ASSERT_TRUE(replica_.Call(&Stub::ChangeList, change, &changed).ok());
  EXPECT_THAT(Judge(Whole("m1", "x")), ElementsAre("fileinto VIP"));
  v1::ShowListsRequest show;
  show.set_user(kUser);
  v1::ShowListsResponse shown;
  ASSERT_TRUE(replica_.Call(&Stub::ShowLists, show, &shown).ok());
  ASSERT_EQ(shown.lists_size(), 1);
  EXPECT_THAT(shown.lists(0).addresses(), ElementsAre("bob@example.net"));
}

TEST_F(SieveServiceTest, ATrialLeavesNothingBehind) {
  auto request = Whole("m1", "x");
  request.set_dry_run(true);
  request.set_try_script(
      "require [\"vacation\", \"duplicate\"]; vacation \"away\"; if duplicate { discard; }");
  EXPECT_THAT(Judge(request), ElementsAre("answer bob@example.net", "keep"));
  EXPECT_THAT(replica_.Decisions("").decisions(), IsEmpty());
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
  request.set_try_script("nonsense;");
  v1::EvaluateResponse response;
  const grpc::Status status = replica_.Evaluate(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("script:1:1"));
}

TEST_F(SieveServiceTest, AScriptThatFailsThreeTimesIsSuspended) {
  Put("require [\"ihave\"]; error \"broken\";");
  for (int i = 1; i <= 3; ++i) {
    const auto answer = Evaluate(Whole(absl::StrCat("m", i), "x"));
    EXPECT_THAT(ActionsOf(answer), ElementsAre("keep"));
    ASSERT_GE(answer.errors_size(), 1);
    EXPECT_THAT(answer.errors(0).text(), HasSubstr("Your script \"$0\" failed"));
    EXPECT_THAT(answer.errors(0).arguments(), ElementsAre("main.sieve", HasSubstr("broken")));
    EXPECT_EQ(answer.errors_size(), i == 3 ? 2 : 1);
  }
  const auto after = Evaluate(Whole("m4", "x"));
  EXPECT_THAT(after.errors(), IsEmpty());
  ASSERT_EQ(replica_.List().programs_size(), 1);
  EXPECT_FALSE(replica_.List().programs(0).active());
  EXPECT_TRUE(replica_.List().programs(0).suspended());
  ASSERT_TRUE(Eventually([&] { return replica_.Decisions("m3").decisions_size() == 1; }));
  EXPECT_EQ(replica_.Decisions("m3").decisions(0).errors_size(), 2) << "to be found out later";
  Put("discard;");
  EXPECT_TRUE(replica_.List().programs(0).active());
  EXPECT_FALSE(replica_.List().programs(0).suspended());
  EXPECT_THAT(Judge(Whole("m5", "x")), ElementsAre("discard")) << "mended";
}

TEST_F(SieveServiceTest, WhatCouldNotBeDoneStandsInTheRecord) {
  Put("require \"fileinto\"; fileinto \"Gone\";");
  const auto mail = Whole("m1", "x");
  Evaluate(mail);
  v1::CommitEvaluationRequest request;
  request.set_user(kUser);
  request.set_mail_id("m1");
  request.add_mishaps()->mutable_why()->set_text("there is no folder \"$0\"");
  request.mutable_mishaps(0)->mutable_why()->add_arguments("Gone");
  request.set_shown_instead(true);
  v1::CommitEvaluationResponse done;
  ASSERT_TRUE(replica_.Call(&Stub::CommitEvaluation, request, &done).ok());
  const auto listed = replica_.Decisions("m1");
  ASSERT_EQ(listed.decisions_size(), 1);
  const v1::Decision& decision = listed.decisions(0);
  EXPECT_EQ(decision.subject(), "x");
  ASSERT_EQ(decision.mishaps_size(), 1);
  EXPECT_THAT(decision.mishaps(0).why().arguments(), ElementsAre("Gone"));
  EXPECT_TRUE(decision.shown_instead());
  EXPECT_EQ(decision.actions(0).scope(), kUser);
  EXPECT_EQ(decision.actions(0).language(), v1::RULE_LANGUAGE_SIEVE);
  // Of nobody's mail but one's own.
  request.set_user("carol@example.org");
  ASSERT_TRUE(replica_.Call(&Stub::CommitEvaluation, request, &done).ok());
  request.set_mail_id("unknown");
  ASSERT_TRUE(replica_.Call(&Stub::CommitEvaluation, request, &done).ok());
  EXPECT_EQ(replica_.Decisions("m1").decisions(0).mishaps_size(), 1);
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 1);
  // Judged once more, after a crash: what failed may work now.
  Evaluate(mail);
  EXPECT_EQ(replica_.Decisions("m1").decisions(0).mishaps_size(), 0);
  for (int i = 0; i < 21; ++i) request.add_mishaps();
  EXPECT_EQ(replica_.Call(&Stub::CommitEvaluation, request, &done).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SieveServiceTest, RedirectsHaveABudgetAndWhatIsLeftIsKept) {
  Put("redirect \"eve@example.com\";");
  for (int i = 0; i < 200; ++i)
    ASSERT_THAT(Judge(Whole(absl::StrCat("m", i), "x")), ElementsAre("redirect eve@example.com"));
  const auto spent = Evaluate(Whole("m200", "x"));
  EXPECT_THAT(ActionsOf(spent), ElementsAre("keep"));
  ASSERT_EQ(spent.errors_size(), 1);
  EXPECT_THAT(spent.errors(0).arguments(), ElementsAre("200"));
  EXPECT_THAT(Judge(Whole("m7", "x")), ElementsAre("redirect eve@example.com")) << "come again";
}

TEST_F(SieveServiceTest, AScriptPasswordIsToldOnce) {
  v1::CreateScriptPasswordRequest request;
  request.set_user(kUser);
  v1::CreateScriptPasswordResponse response;
  ASSERT_TRUE(replica_.Call(&Stub::CreateScriptPassword, request, &response).ok());
  EXPECT_EQ(response.password().size(), 23u);
  request.set_user("ann");
  EXPECT_EQ(replica_.Call(&Stub::CreateScriptPassword, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace postern::rules
