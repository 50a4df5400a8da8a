// A user who goes leaves nothing in the rules service, in no replica.
#include <gmock/gmock.h>

#include "services/rules/decision_log.h"
#include "tests/support/await.h"
#include "tests/unit/rules/replica.h"

namespace postern::rules {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kBob[] = "bob@example.org";

class ForgetUserTest : public RulesServiceTest {
 protected:
  ForgetUserTest() {
    EXPECT_TRUE(Eventually([&] { return other_.Ready(); }));
  }
  grpc::Status Forget(const std::string& user) {
    v1::ForgetUserRequest request;
    request.set_user(user);
    v1::ForgetUserResponse response;
    return replica_.Call(&Replica::Stub::ForgetUser, request, &response);
  }
  template <class Request, class Response>
  void Must(grpc::Status (Replica::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
            const Request& request) {
    Response response;
    const grpc::Status status = other_.Call(method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  // Everything that there can be of a user.
  void Settle(const std::string& user) {
    v1::SetPersonalRulesRequest personal;
    personal.set_user(user);
    v1::PersonalRule& rule = *personal.add_rules();
    rule.add_actions()->set_what(v1::PersonalAction::WHAT_DISCARD);
    auto& condition = *rule.add_conditions();
    condition.set_subject(v1::PersonalCondition::SUBJECT_SUBJECT);
    condition.set_comparison(v1::PersonalCondition::OPERATOR_CONTAINS);
    condition.add_values("win");
    Must(&Replica::Stub::SetPersonalRules, personal);
    v1::ImportRulesRequest script = Rules(user, "keep;\n");
    script.set_language(v1::RULE_LANGUAGE_SIEVE);
    Must(&Replica::Stub::ImportRules, script);
    script.set_name("spare");
    script.set_keep_inactive(true);
    Must(&Replica::Stub::ImportRules, script);
    Must(&Replica::Stub::ImportRules, Rules(user, "subject:spam"));
    v1::ChangeListRequest list;
    list.set_user(user);
    for (const char* name : {"contacts", "vip"}) {
      list.set_list(name);
      list.clear_add();
      list.add_add("carol@example.net");
      Must(&Replica::Stub::ChangeList, list);
    }
    v1::CreateScriptPasswordRequest password;
    password.set_user(user);
    Must(&Replica::Stub::CreateScriptPassword, password);
    v1::EvaluateRequest mail = MailWith("mail of " + user, "spam");
    mail.set_user(user);
    Must(&Replica::Stub::Evaluate, mail);
    v1::CommitEvaluationRequest commit;
    commit.set_user(user);
    commit.set_mail_id(mail.mail_id());
    auto& mark = *commit.add_marks();
    mark.set_key("seen");
    mark.set_seconds(3600);
    Must(&Replica::Stub::CommitEvaluation, commit);
  }
  std::vector<std::string> Ask(std::vector<std::string> command) {
    auto reply = testing::Await(io_, client_->Command(std::move(command)));
    EXPECT_TRUE(reply.ok()) << reply.status();
    std::vector<std::string> texts;
    for (const auto& item : reply->items) texts.push_back(item.text);
    return texts;
  }
  // Names and contents of all that is in Redis.
  std::string Everything() {
    std::string all;
    for (const std::string& key : Ask({"KEYS", "postern:*"})) {
      absl::StrAppend(&all, key, "\n");
      const auto kind = testing::Await(io_, client_->Command({"TYPE", key}));
      std::vector<std::string> inside;
      if (kind->text == "hash") inside = Ask({"HGETALL", key});
      if (kind->text == "zset") inside = Ask({"ZRANGE", key, "0", "-1"});
      for (const std::string& text : inside) absl::StrAppend(&all, " ", text, "\n");
    }
    return all;
  }

  Replica other_{redis_.url()};
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> client_ =
      store::RedisClient::Create(io_.get_executor(), redis_.url()).value();
};

TEST_F(ForgetUserTest, NothingIsLeftOfThemAndAllOfOthers) {
  Import("site", "subject:nowhere");
  Settle(kUser);
  Settle(kBob);
  ASSERT_TRUE(Eventually([&] { return replica_.List().programs_size() == 9; }));
  ASSERT_THAT(Everything(), HasSubstr(kUser));
  const grpc::Status forgotten = Forget("Ann@Example.org");
  ASSERT_TRUE(forgotten.ok()) << forgotten.error_message();
  EXPECT_THAT(Everything(), Not(HasSubstr(kUser)));
  EXPECT_THAT(Everything(), HasSubstr(kBob));
  for (Replica* each : {&replica_, &other_}) {
    ASSERT_TRUE(Eventually([&] { return each->List().programs_size() == 5; }));
    EXPECT_THAT(each->Decisions("", kUser).decisions(), IsEmpty());
    EXPECT_EQ(each->Decisions("", kBob).decisions_size(), 1);
    v1::EvaluateRequest mail = MailWith("later", "spam");
    mail.set_dry_run(true);
    v1::EvaluateResponse judged;
    ASSERT_TRUE(each->Evaluate(mail, &judged).ok());
    EXPECT_EQ(judged.verdict(), v1::VERDICT_KEEP) << "no program of theirs is in memory";
    mail.set_user(kBob);
    ASSERT_TRUE(each->Evaluate(mail, &judged).ok());
    EXPECT_EQ(judged.verdict(), v1::VERDICT_REJECT);
  }
  EXPECT_TRUE(Forget(kUser).ok()) << "repeats are harmless";
}

TEST_F(ForgetUserTest, WhoComesBackBeginsAnew) {
  Settle(kUser);
  ASSERT_TRUE(Forget(kUser).ok());
  Settle(kUser);
  ASSERT_TRUE(Eventually([&] { return replica_.List().programs_size() == 4; }));
  EXPECT_EQ(VerdictOn("spam"), v1::VERDICT_REJECT);
}

TEST_F(ForgetUserTest, IsForUsersAlone) {
  Import("site", "subject:spam");
  for (const char* wrong : {"", "site", "site-after", "domain:example.org", "example.org"}) {
    SCOPED_TRACE(wrong);
    EXPECT_EQ(Forget(wrong).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_EQ(VerdictOn("spam"), v1::VERDICT_REJECT);
  redis_.Kill();
  EXPECT_EQ(Forget(kUser).error_code() == grpc::StatusCode::OK, false) << "who asks, asks again";
}

TEST_F(ForgetUserTest, DecisionsThatAreInNoIndexAnyMoreGoToo) {
  DecisionLog log(*client_);
  const auto record = [&](const std::string& user, int first, int count) {
    std::vector<v1::Decision> decisions;
    for (int i = first; i < first + count; ++i) {
      v1::Decision& decision = decisions.emplace_back();
      decision.set_mail_id(absl::StrCat(user, " ", i));
      decision.set_user(user);
    }
    return testing::Await(io_, log.Record(std::move(decisions)));
  };
  ASSERT_TRUE(record(kBob, 0, 3).ok());
  for (int i = 0; i < 1040; i += 40) ASSERT_TRUE(record(kUser, i, 40).ok());
  ASSERT_EQ(Ask({"HKEYS", "postern:memo:{decisions}"}).size(), 1043u);
  ASSERT_TRUE(testing::Await(io_, log.Forget(kUser)).ok());
  EXPECT_EQ(Ask({"HKEYS", "postern:memo:{decisions}"}).size(), 3u);
  EXPECT_EQ(Ask({"ZRANGE", "postern:memo:{decisions}:by-time", "0", "-1"}).size(), 3u);
}

}  // namespace
}  // namespace postern::rules
