#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/rules/replica.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(RulesServiceTest, KeepsEverythingWithoutRulesAndRecordsNothing) {
  const auto answer = Evaluate(MailWith("m1", "win $$$"));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_KEEP);
  EXPECT_EQ(answer.reason(), "");
  EXPECT_THAT(replica_.Decisions("").decisions(), IsEmpty());
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, RejectsAndSaysWhy) {
  const auto imported = Import("site", "# no spam\nsubject:\\$\\$\\$\n");
  EXPECT_EQ(imported.rules(), 1u);
  const auto answer = Evaluate(MailWith("m1", "win $$$"));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_REJECT);
  EXPECT_EQ(answer.reason(), "reject.txt:2: subject:\\$\\$\\$ matched \"win $$$\"");

  const auto listed = replica_.Decisions("m1");
  ASSERT_EQ(listed.decisions_size(), 1);
  const v1::Decision& decision = listed.decisions(0);
  EXPECT_EQ(decision.verdict(), v1::VERDICT_REJECT);
  EXPECT_EQ(decision.user(), kUser);
  EXPECT_EQ(decision.account_id(), "a1");
  EXPECT_EQ(decision.message_id(), "m1@example.net");
  EXPECT_EQ(decision.from(), "bob@example.net");
  EXPECT_EQ(decision.reason(), answer.reason());
  EXPECT_EQ(decision.program_hash(), imported.program_hash());
  EXPECT_GT(decision.decided_unix(), 1'700'000'000);
}

TEST_F(RulesServiceTest, RecordsAnOverrideToo) {
  Import("site", "subject:win\nsource:!^bob@");
  EXPECT_EQ(VerdictOn("win"), v1::VERDICT_KEEP);
  EXPECT_TRUE(Eventually([&] { return replica_.Decisions("m1").decisions_size() == 1; }));
  const auto listed = replica_.Decisions("m1");
  EXPECT_EQ(listed.decisions(0).verdict(), v1::VERDICT_KEEP);
  EXPECT_THAT(listed.decisions(0).reason(), HasSubstr("overrides"));
}

TEST_F(RulesServiceTest, JudgesManyMailsInOneCallAndAnswersInTheirOrder) {
  Import("site", "subject:spam");
  v1::EvaluateMailsRequest request;
  for (int i = 0; i < 64; ++i) {
    const std::string id = absl::StrCat("m", i);
    *request.add_requests() = MailWith(id, i % 3 == 0 ? "spam" : absl::StrCat("ham ", i));
  }
  v1::EvaluateMailsResponse response;
  ASSERT_TRUE(replica_.EvaluateMails(request, &response).ok());
  ASSERT_EQ(response.responses_size(), 64);
  for (int i = 0; i < 64; ++i) {
    SCOPED_TRACE(i);
    const v1::EvaluateResponse& answer = response.responses(i);
    EXPECT_EQ(answer.verdict(), i % 3 == 0 ? v1::VERDICT_REJECT : v1::VERDICT_KEEP);
    EXPECT_EQ(answer.reason().empty(), i % 3 != 0);
  }
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 22) << "on record before they are answered";
  EXPECT_EQ(replica_.Decisions("m63").decisions_size(), 1);
}

TEST_F(RulesServiceTest, RefusesACallWithOneWrongMailAndSaysWhich) {
  v1::EvaluateMailsRequest request;
  *request.add_requests() = MailWith("m1", "x");
  *request.add_requests() = MailWith("", "x");
  v1::EvaluateMailsResponse response;
  const grpc::Status wrong = replica_.EvaluateMails(request, &response);
  EXPECT_EQ(wrong.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(wrong.error_message(), "requests[1]: mail_id is empty");
  request.clear_requests();
  for (int i = 0; i < 65; ++i) *request.add_requests() = MailWith("m1", "x");
  const grpc::Status many = replica_.EvaluateMails(request, &response);
  EXPECT_EQ(many.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(many.error_message(), "more than 64 mails");
}

TEST_F(RulesServiceTest, RejectsNoneOfManyWithoutARecord) {
  Import("site", "subject:win");
  redis_.Kill();
  v1::EvaluateMailsRequest request;
  *request.add_requests() = MailWith("m1", "harmless");
  v1::EvaluateMailsResponse response;
  EXPECT_TRUE(replica_.EvaluateMails(request, &response).ok());
  *request.add_requests() = MailWith("m2", "win");
  EXPECT_EQ(replica_.EvaluateMails(request, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RulesServiceTest, JudgesBySiteFirstThenByUser) {
  Import("site", "subject:spam");
  Import("Ann@Example.org", "subject:ham\nsource:!^bob@");
  EXPECT_EQ(VerdictOn("spam"), v1::VERDICT_REJECT);
  EXPECT_EQ(VerdictOn("ham"), v1::VERDICT_KEEP);
  auto request = MailWith("m2", "ham");
  request.set_user("carol@example.org");
  EXPECT_EQ(Evaluate(request).verdict(), v1::VERDICT_KEEP);
  const auto rules = replica_.List();
  ASSERT_EQ(rules.programs_size(), 2);
  EXPECT_EQ(rules.programs(0).scope(), "site");
  EXPECT_EQ(rules.programs(1).scope(), kUser);
  EXPECT_EQ(rules.programs(1).source(), "subject:ham\nsource:!^bob@");
}

TEST_F(RulesServiceTest, LetsOutgoingMailPass) {
  Import("site", "subject:win");
  auto request = MailWith("", "win");
  request.set_direction(v1::DIRECTION_OUTGOING);
  EXPECT_EQ(Evaluate(request).verdict(), v1::VERDICT_KEEP);
}

TEST_F(RulesServiceTest, ReplacesAndRemovesAProgram) {
  Import("site", "subject:one");
  Import("site", "subject:two");
  EXPECT_EQ(VerdictOn("one"), v1::VERDICT_KEEP);
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_REJECT);
  Import("site", "");
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_KEEP);
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, KeepsTheProgramInForceWhenTheNewOneIsWrong) {
  Import("site", "subject:one");
  v1::ImportRulesResponse response;
  const grpc::Status status = replica_.Import(Rules("site", "subject:two\nsender:x"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("reject.txt:2:1: "));
  EXPECT_EQ(VerdictOn("one"), v1::VERDICT_REJECT);
  EXPECT_EQ(VerdictOn("two"), v1::VERDICT_KEEP);
}

TEST_F(RulesServiceTest, ChecksWithoutImporting) {
  auto request = Rules("site", "source:!fred@a.b");
  request.set_dry_run(true);
  v1::ImportRulesResponse response;
  EXPECT_TRUE(replica_.Import(request, &response).ok());
  EXPECT_GT(response.warnings_size(), 0);
  EXPECT_THAT(replica_.List().programs(), IsEmpty());
}

TEST_F(RulesServiceTest, RefusesWrongRequests) {
  struct {
    const char* name;
    std::function<void(v1::ImportRulesRequest&)> spoil;
    const char* message;
  } const cases[] = {
      {"no scope", [](auto& r) { r.clear_scope(); }, "scope: "},
      {"full JID", [](auto& r) { r.set_scope("a@b/c"); }, "scope: "},
      {"no local part", [](auto& r) { r.set_scope("@b"); }, "scope: "},
      {"two at signs", [](auto& r) { r.set_scope("a@b@c"); }, "scope: "},
      {"line break", [](auto& r) { r.set_scope("a@b\nc"); }, "scope: "},
      {"no language", [](auto& r) { r.clear_language(); }, "language: "},
      {"bad file name", [](auto& r) { r.set_file_name("a\x1b[31m"); }, "file_name: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto request = Rules("site", "subject:x");
    c.spoil(request);
    v1::ImportRulesResponse response;
    const grpc::Status status = replica_.Import(request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), StartsWith(c.message));
  }
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica_.Evaluate(MailWith("", "x"), &answer).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  auto request = MailWith("m1", "x");
  request.clear_direction();
  EXPECT_EQ(replica_.Evaluate(request, &answer).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RulesServiceTest, ListsDecisionsNewestFirstByIdUserAndMessageId) {
  Import("site", "subject:win");
  for (int i = 0; i < 5; ++i) {
    auto request = MailWith(absl::StrCat("m", i), absl::StrCat("win ", i));
    if (i % 2 == 1) request.set_user("carol@example.org");
    Evaluate(request);
    std::this_thread::sleep_for(2ms);  // decisions are ordered by the millisecond
  }
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 5);
  EXPECT_EQ(replica_.Decisions("").decisions(0).mail_id(), "m4");
  EXPECT_EQ(replica_.Decisions("", "", 2).decisions_size(), 2);
  EXPECT_EQ(replica_.Decisions("", "carol@example.org").decisions_size(), 2);
  EXPECT_EQ(replica_.Decisions("", "carol@example.org").decisions(0).mail_id(), "m3");
  for (const char* id : {"m2", "m2@example.net", "<m2@example.net>"}) {
    SCOPED_TRACE(id);
    const auto listed = replica_.Decisions(id);
    ASSERT_EQ(listed.decisions_size(), 1);
    EXPECT_THAT(listed.decisions(0).reason(), HasSubstr("win 2"));
  }
  Evaluate(MailWith("m0", "win again"));
  EXPECT_EQ(replica_.Decisions("").decisions_size(), 5) << "judged twice, told once";
  EXPECT_THAT(replica_.Decisions("").decisions(0).reason(), HasSubstr("win again"));
  EXPECT_THAT(replica_.Decisions("unknown").decisions(), IsEmpty());
}

TEST_F(RulesServiceTest, TellsWhatAUserWhoseFingerFileWasImportedSays) {
  v1::ImportRulesRequest import;
  import.set_scope("site");
  import.set_language(v1::RULE_LANGUAGE_JSMAIL_FINGER);
  import.set_file_name("Fred.fgr");
  import.set_name("Fred");
  import.set_source("A\n[WIDE]\nB\n");
  v1::ImportRulesResponse imported;
  ASSERT_TRUE(replica_.Import(import, &imported).ok());
  const auto finger = [this](const std::string& user, bool wide, v1::FingerResponse& text) {
    v1::FingerRequest request;
    request.set_user(user);
    request.set_wide(wide);
    return replica_.Call(&Replica::Stub::Finger, request, &text).error_code();
  };
  v1::FingerResponse text;
  ASSERT_EQ(finger("FRED", false, text), grpc::StatusCode::OK);
  EXPECT_EQ(text.text(), "A\n");
  ASSERT_EQ(finger("fred", true, text), grpc::StatusCode::OK);
  EXPECT_EQ(text.text(), "A\nB\n");
  EXPECT_EQ(finger("eve", false, text), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(finger("", false, text), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RulesServiceTest, IsSeenByOtherReplicasWithinASecond) {
  Replica other(redis_.url());
  ASSERT_TRUE(Eventually([&] { return other.Ready(); }));
  const auto verdict_there = [&](const char* subject) {
    v1::EvaluateResponse answer;
    EXPECT_TRUE(other.Evaluate(MailWith("m1", subject), &answer).ok());
    return answer.verdict();
  };
  Import("site", "subject:win");
  EXPECT_TRUE(Eventually([&] { return verdict_there("win") == v1::VERDICT_REJECT; }));
  Import("site", "");
  EXPECT_TRUE(Eventually([&] { return verdict_there("win") == v1::VERDICT_KEEP; }));
}

TEST_F(RulesServiceTest, OutlivesRedisAndExplainsEveryRejection) {
  Import("site", "subject:win");
  redis_.Kill();
  EXPECT_EQ(VerdictOn("harmless"), v1::VERDICT_KEEP) << "judging reads memory alone";
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica_.Evaluate(MailWith("m1", "win"), &answer).error_code(),
            grpc::StatusCode::UNAVAILABLE)
      << "no rejection without a record of it";
  redis_.Restart();
  EXPECT_TRUE(Eventually([&] {
    v1::EvaluateResponse again;
    return replica_.Evaluate(MailWith("m1", "win"), &again).ok() &&
           again.verdict() == v1::VERDICT_REJECT;
  }));
  EXPECT_EQ(replica_.Decisions("m1").decisions_size(), 1);

  Replica fresh(redis_.url());
  ASSERT_TRUE(Eventually([&] { return fresh.Ready(); }));
  EXPECT_EQ(fresh.List().programs_size(), 1) << "imported rules are durable";
}

TEST(RulesServiceAlone, JudgesNothingBeforeItsRulesAreRead) {
  testing::RedisServer redis;
  redis.Kill();
  Replica replica(redis.url());
  EXPECT_FALSE(replica.Ready());
  v1::EvaluateResponse answer;
  EXPECT_EQ(replica.Evaluate(MailWith("m1", "x"), &answer).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  redis.Restart();
  EXPECT_TRUE(Eventually([&] { return replica.Ready(); }));
  EXPECT_TRUE(replica.Evaluate(MailWith("m1", "x"), &answer).ok());
}

}  // namespace
}  // namespace postern::rules
