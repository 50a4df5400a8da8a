// Users who go are forgotten by the rules service, whatever happens meanwhile, and who comes back
// loses nothing.
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>

#include "lib/words/wording.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "services/admin/departure_notes.h"
#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

using ::testing::ElementsAre;

constexpr char kAnn[] = "ann@example.org";
constexpr char kBob[] = "bob@example.org";

// Keeps what it was asked, in order.
class FakeRules final : public rules::v1::RulesService::CallbackService {
 public:
  FakeRules() {
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeRules() override { server_->Shutdown(); }
  process::Peers Peers() {
    process::Peers peers;
    peers.rules = server_->InProcessChannel(grpc::ChannelArguments());
    return peers;
  }

  grpc::ServerUnaryReactor* ForgetUser(grpc::CallbackServerContext* context,
                                       const rules::v1::ForgetUserRequest* request,
                                       rules::v1::ForgetUserResponse*) override {
    Note("forget " + request->user());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(away ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "redis is away")
                         : grpc::Status::OK);
    return reactor;
  }
  grpc::ServerUnaryReactor* ImportRules(grpc::CallbackServerContext* context,
                                        const rules::v1::ImportRulesRequest* request,
                                        rules::v1::ImportRulesResponse*) override {
    Note("import for " + request->scope());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::atomic<bool> away = false;

 private:
  void Note(std::string what) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::unique_ptr<grpc::Server> server_;
};

class DeparturesTest : public AdminHarness {
 protected:
  // Of the harness's own replicas nobody knows a rules service: these note, and never remove.
  absl::Status Go(const std::string& user) {
    v1::RemoveUserRequest request;
    request.set_user(user);
    return one_.Call(&AdminCalls::RemoveUser, request).status();
  }
  // Lets the replicas run until it is so, 20 s at most.
  bool Until(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      testing::Await(io_, net::Sleep(std::chrono::milliseconds(20)));
    }
    return false;
  }
  std::string StageOf(const std::string& user) {
    const std::string key(DepartureNotes::kStageKey);
    return testing::Await(io_, one_.redis().Command({"HGET", key, user}))->text;
  }
  bool HasNote(const std::string& user) {
    const std::string key(DepartureNotes::kDueKey);
    return !testing::Await(io_, one_.redis().Command({"ZSCORE", key, user}))->IsNil();
  }

  FakeRules rules_;
};

TEST_F(DeparturesTest, WhoHasNoAccountLeftIsForgottenOnceMoreALittleLater) {
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  const v1::Account home = MustPut(ImapAccount(kAnn, "home"));
  const v1::Account work = MustPut(ImapAccount(kAnn, "work"));
  MustPut(ImapAccount(kBob, "home"));
  ASSERT_TRUE(Remove(home.id()).ok());
  EXPECT_FALSE(HasNote(kAnn)) << "an account is left";
  ASSERT_TRUE(Remove(work.id()).ok());
  ASSERT_TRUE(Until([&] { return StageOf(kAnn) == "once"; }));
  EXPECT_THAT(rules_.asked(), ElementsAre("forget ann@example.org"));
  // As if the minute had passed.
  const std::string key(DepartureNotes::kDueKey);
  ASSERT_TRUE(testing::Await(io_, one_.redis().Command({"ZADD", key, "0", kAnn})).ok());
  ASSERT_TRUE(Until([&] { return !HasNote(kAnn); }));
  EXPECT_EQ(StageOf(kAnn), "");
  EXPECT_THAT(rules_.asked(), ElementsAre("forget ann@example.org", "forget ann@example.org"));
}

TEST_F(DeparturesTest, WhatIsLeftOfAUserWithoutAccountsIsRemovedToo) {
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  ASSERT_TRUE(Go("Ann@Example.org").ok());
  ASSERT_TRUE(Until([&] { return !rules_.asked().empty(); }));
  EXPECT_THAT(rules_.asked(), ElementsAre("forget ann@example.org"));
}

TEST_F(DeparturesTest, ANoteOutlivesTheProcess) {
  MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Go(kAnn).ok());
  EXPECT_EQ(StageOf(kAnn), "new");
  redis_.Kill();
  redis_.Restart();
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  EXPECT_TRUE(Until([&] { return !rules_.asked().empty(); }));
}

TEST_F(DeparturesTest, NobodyComesBackBeforeWhatTheyLeftIsRemoved) {
  MustPut(ImapAccount(kAnn, "home"));
  rules_.away = true;
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  ASSERT_TRUE(Go(kAnn).ok());
  ASSERT_TRUE(Until([&] { return !rules_.asked().empty(); }));
  const auto put = [&](const std::string& owner) {
    return admin.Call(&AdminCalls::PutAccount, PutRequest(ImapAccount(owner, "home"), "hunter2"));
  };
  const auto refused = put(kAnn);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(words::WordingOf(refused.status()).has_value());
  EXPECT_TRUE(put(kBob).ok()) << "it is nobody else's matter";
  EXPECT_EQ(List(kAnn)->accounts_size(), 0);

  rules_.away = false;
  ASSERT_TRUE(Until([&] { return put(kAnn).ok(); })) << "as soon as the rules service is there";
  EXPECT_FALSE(HasNote(kAnn));
  const size_t forgotten = rules_.asked().size();
  EXPECT_TRUE(
      admin.Call(&AdminCalls::PutAccount, PutRequest(ImapAccount(kAnn, "work"), "hunter2")).ok());
  EXPECT_EQ(rules_.asked().size(), forgotten) << "what is written from now on is theirs";
}

TEST_F(DeparturesTest, WhoComesBackWithinTheMinuteIsNotForgottenAgain) {
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  MustPut(ImapAccount(kAnn, "home"));
  ASSERT_TRUE(Go(kAnn).ok());
  ASSERT_TRUE(Until([&] { return StageOf(kAnn) == "once"; }));
  MustPut(ImapAccount(kAnn, "home"));
  EXPECT_FALSE(HasNote(kAnn));
  EXPECT_EQ(StageOf(kAnn), "");
  EXPECT_THAT(rules_.asked(), ElementsAre("forget ann@example.org"));
}

TEST_F(DeparturesTest, WhatTheOperatorImportsForThemLaterStays) {
  Replica admin(io_, redis_.url(), box_, rules_.Peers());
  ASSERT_TRUE(Go(kAnn).ok());
  rules::v1::ImportRulesRequest request;
  request.set_scope(kAnn);
  request.set_source("keep;");
  ASSERT_TRUE(admin.Call(&AdminCalls::ImportRules, request).ok());
  EXPECT_FALSE(HasNote(kAnn));
  EXPECT_THAT(rules_.asked(), ElementsAre("forget ann@example.org", "import for ann@example.org"));
}

TEST_F(DeparturesTest, OneAtATimeRemoves) {
  ASSERT_TRUE(Go(kAnn).ok());
  DepartureNotes notes(one_.redis());
  auto mine = testing::Await(io_, notes.TakeDue());
  ASSERT_TRUE(mine.ok() && *mine) << mine.status();
  EXPECT_EQ((*mine)->user, kAnn);
  EXPECT_FALSE(testing::Await(io_, notes.TakeDue())->has_value()) << "nobody else is due";
  EXPECT_EQ(testing::Await(io_, notes.TakeOf(kAnn)).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(testing::Await(io_, notes.TakeOf(kBob)).ok());
  ASSERT_TRUE(Go(kAnn).ok());
  EXPECT_EQ(testing::Await(io_, notes.TakeOf(kAnn)).status().code(), absl::StatusCode::kAborted)
      << "who goes twice lets nobody in between";
  // Whoever took it for too long has it no more.
  const std::string key(DepartureNotes::kDueKey);
  ASSERT_TRUE(testing::Await(io_, one_.redis().Command({"ZADD", key, "0", kAnn})).ok());
  auto next = testing::Await(io_, notes.TakeOf(kAnn));
  ASSERT_TRUE(next.ok() && *next) << next.status();
  EXPECT_EQ(testing::Await(io_, notes.Done(**mine, true)).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(HasNote(kAnn));
  EXPECT_TRUE(testing::Await(io_, notes.Done(**next, false)).ok());
  EXPECT_EQ(StageOf(kAnn), "once");
}

}  // namespace
}  // namespace postern::admin
