// What rules say of a mail is carried out once, in order, and whatever fails for now comes again.

#include "services/fetcher/effects/ruled_delivery.h"

#include <google/protobuf/text_format.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/deadline.h"
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/folder_desk.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/fetcher/visit_bench.h"

namespace postern::fetcher {
namespace {

constexpr char kKeep[] = " verdict: VERDICT_KEEP actions { keep { implicit: true } } ";
constexpr char kRaw[] = "Subject: raw\r\nX-Old: 1\r\n\r\nThe text\r\n";

// Rules, edge and sender. gRPC calls them on its own threads.
struct Peers : edge::v1::EdgeService::Service,
               rules::v1::RulesService::Service,
               sender::v1::SenderService::Service {
  std::mutex mutex;
  std::map<std::string, std::string> said;   // by subject; else the implicit keep
  std::map<std::string, std::string> later;  // the same, once the bytes or facts have come
  std::map<std::string, std::string> alone;  // the same, in a call of one mail
  std::vector<std::string> by_facts;         // what is said with so many facts
  std::string unbearable;                    // no call with this subject is answered
  size_t most_bytes = 0;                     // of a call of Deliver
  std::vector<std::string> events;
  std::string from;  // of the last draft
  grpc::Status sends, delivers;
  bool in_force = true;

  void Note(const std::string& event) {
    std::lock_guard lock(mutex);
    events.push_back(event);
  }

  grpc::Status EvaluateMails(grpc::ServerContext*, const rules::v1::EvaluateMailsRequest* request,
                             rules::v1::EvaluateMailsResponse* response) override {
    for (const auto& each : request->requests()) {
      std::string text = kKeep;
      const std::string& subject = each.mail().subject();
      if (!unbearable.empty() && subject == unbearable) {
        return grpc::Status(grpc::StatusCode::INTERNAL, "it can't be read");
      }
      if (said.contains(subject)) text = said[subject];
      if (request->requests_size() == 1 && alone.contains(subject)) text = alone[subject];
      const bool again = !each.message().empty() || !each.facts().empty();
      if (again && later.contains(subject)) text = later[subject];
      const size_t facts = static_cast<size_t>(each.facts_size());
      if (facts > 0 && facts <= by_facts.size()) text = by_facts[facts - 1];
      if (again) {
        Note(absl::StrCat("again ", each.message().size(), " ", each.facts().size()));
      }
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, response->add_responses()));
    }
    return grpc::Status::OK;
  }
  grpc::Status CommitEvaluation(grpc::ServerContext*,
                                const rules::v1::CommitEvaluationRequest* request,
                                rules::v1::CommitEvaluationResponse*) override {
    Note(absl::StrCat("commit ", request->mail_id(), " ", request->marks(0).key()));
    return grpc::Status::OK;
  }
  grpc::Status ListRules(grpc::ServerContext*, const rules::v1::ListRulesRequest* request,
                         rules::v1::ListRulesResponse* response) override {
    if (!in_force || request->scope() != "site") return grpc::Status::OK;
    auto& program = *response->add_programs();
    program.set_scope("site");
    program.set_active(true);
    program.set_language(rules::v1::RULE_LANGUAGE_SIEVE);
    return grpc::Status::OK;
  }
  grpc::Status Deliver(grpc::ServerContext*, const edge::v1::DeliverRequest* request,
                       edge::v1::DeliverResponse* response) override {
    if (!delivers.ok()) return delivers;
    most_bytes = std::max(most_bytes, request->ByteSizeLong());
    for (const auto& each : request->deliveries()) {
      const bool digest = request->mode() == edge::v1::DELIVERY_MODE_DIGEST;
      Note(absl::StrCat(digest ? "digest " : "deliver ", each.mail().subject(),
                        each.headers_only() ? " headers" : "", each.urgent() ? " urgent" : "",
                        each.to().empty() ? "" : absl::StrCat(" to ", each.to())));
      response->add_results(edge::v1::DELIVERY_RESULT_DELIVERED);
    }
    return grpc::Status::OK;
  }
  grpc::Status Notify(grpc::ServerContext*, const edge::v1::NotifyRequest* request,
                      edge::v1::NotifyResponse*) override {
    Note(absl::StrCat(
        "tell ", request->to(), " ",
        request->wording().text().empty() ? request->body() : request->wording().text()));
    return grpc::Status::OK;
  }
  grpc::Status SubmitCopy(grpc::ServerContext*, const sender::v1::SubmitCopyRequest* request,
                          sender::v1::SubmitResponse*) override {
    if (!sends.ok()) return sends;
    Note(absl::StrCat("copy ", request->idempotency_key(), " by ", request->account_id(), " ",
                      absl::StrJoin(request->recipients(), ","), " ", request->mail()));
    return grpc::Status::OK;
  }
  grpc::Status Submit(grpc::ServerContext*, const sender::v1::SubmitRequest* request,
                      sender::v1::SubmitResponse*) override {
    if (!sends.ok()) return sends;
    Note(absl::StrCat("mail ", request->idempotency_key(), " to ",
                      request->draft().to(0).local_part(), " ", request->draft().subject()));
    from = rpc::FromProto(request->draft().from()).Spec();
    return grpc::Status::OK;
  }
};

struct FakeMailbox : Mailbox {
  int bytes_read = 0;
  absl::Status breaks;
  net::Task<absl::StatusOr<NewMail>> Look() override { co_return NewMail(); }
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override {
    ReadMails read;
    for (const WantedMail& each : wanted) {
      mail::Mail mail;
      mail.subject = absl::StrCat("s", each.facts.uid);
      read.mails.emplace_back(std::move(mail));
    }
    co_return read;
  }
  net::Task<absl::Status> Settle(std::vector<MailFacts>) override { co_return absl::OkStatus(); }
  std::string Id(const MailFacts& facts) const override { return absl::StrCat("id", facts.uid); }
  std::string Ref(const MailFacts& facts) const override { return absl::StrCat("7:", facts.uid); }
  std::string Place() const override { return "box:7"; }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBytes(MailFacts, size_t) override {
    ++bytes_read;
    if (!breaks.ok()) co_return breaks;
    co_return std::optional<std::string>(kRaw);
  }
};

class RuledDeliveryTest : public ::testing::Test {
 protected:
  RuledDeliveryTest() {
    account_.id = "acc";
    account_.owner = "ann@example.org";
    account_.name = "work";
    account_.login = "ann@mail.example";
    grpc::ServerBuilder builder;
    builder.RegisterService(static_cast<edge::v1::EdgeService::Service*>(&peers_));
    builder.RegisterService(static_cast<rules::v1::RulesService::Service*>(&peers_));
    builder.RegisterService(static_cast<sender::v1::SenderService::Service*>(&peers_));
    server_ = builder.BuildAndStart();
    auto channel = server_->InProcessChannel(grpc::ChannelArguments());
    edge_ = edge::v1::EdgeService::NewStub(channel);
    rules_ = rules::v1::RulesService::NewStub(channel);
    sender_ = sender::v1::SenderService::NewStub(channel);
    notes_.emplace(*edge_);
    sending_.emplace(*sender_, book_);
    effects_.emplace(
        RuleEffects::Parts{accounts_, book_, *notes_, *sending_, webhooks_, filing_log_, desk_});
    handoff_.emplace(*rules_, *edge_);
    handoff_->Attach(*effects_);
    lease_ = *testing::Await(io_, cursors_.Take(account_.id, 10));
    progress_.lease = lease_;
    AddSmtp();
  }
  ~RuledDeliveryTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  void AddSmtp() {
    Account smtp;
    smtp.id = "smtp";
    smtp.owner = account_.owner;
    smtp.type = AccountType::kOther;
    smtp.login = "ann@mail.example";
    smtp.default_from = "Ann <ann@mail.example>";
    book_.Put(std::make_shared<const Account>(smtp));
  }
  void AddUser(const std::string& jid) {
    Account other;
    other.id = jid;
    other.owner = jid;
    book_.Put(std::make_shared<const Account>(other));
  }
  std::vector<JudgedMail> Mails(std::vector<std::string> subjects) {
    std::vector<JudgedMail> mails;
    for (std::string& subject : subjects) {
      JudgedMail& mail = mails.emplace_back();
      mail.facts.uid = static_cast<uint32_t>(mails.size());
      mail.mail.delivery_id = absl::StrCat("id", mail.facts.uid);
      mail.mail.mail_ref = mailbox_.Ref(mail.facts);
      mail.mail.mail.set_subject(std::move(subject));
    }
    return mails;
  }
  RuledDelivery Delivery() {
    return RuledDelivery({account_, mailbox_, progress_, *handoff_, &held_, nullptr});
  }
  absl::Status HandOn(std::vector<std::string> subjects) {
    RuledDelivery delivery = Delivery();
    return testing::Await(io_, delivery.HandOn(Mails(std::move(subjects)))).status();
  }
  absl::Status JudgeAhead(std::vector<std::string> subjects) {
    RuledDelivery delivery = Delivery();
    return testing::Await(io_, delivery.JudgeAhead(Mails(std::move(subjects)))).status();
  }
  std::string Events() {
    std::lock_guard lock(peers_.mutex);
    return absl::StrJoin(std::exchange(peers_.events, {}), "|");
  }

  testing::RedisServer redis_server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), redis_server_.url());
  CursorStore cursors_{*redis_};
  Account account_;
  Peers peers_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge_;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules_;
  std::unique_ptr<sender::v1::SenderService::StubInterface> sender_;
  AccountBook accounts_;
  SendingBook book_;
  std::optional<OwnerNotes> notes_;
  std::optional<SendingOn> sending_;
  Webhooks webhooks_{io_.get_executor(), "", net::HostPolicy()};
  FilingLog filing_log_{redis_.get()};
  testing::VisitBench bench_{std::vector<testing::ScriptedStream>()};
  VisitLimits limits_{1, 1};
  MailDesk desk_{bench_.Parts(), limits_};
  std::optional<RuleEffects> effects_;
  std::optional<MailHandoff> handoff_;
  HeldMails held_{redis_.get()};
  Lease lease_;
  Progress progress_;
  FakeMailbox mailbox_;
};

TEST_F(RuledDeliveryTest, DeliversAsEverWhereNoRuleSaysAnything) {
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "deliver a|deliver b");
  EXPECT_EQ(mailbox_.bytes_read, 0);
}

TEST_F(RuledDeliveryTest, RedirectsTheWholeMailAsItWasEditedUntilThen) {
  peers_.said["a"] =
      "verdict: VERDICT_KEEP edits { add { name: 'X-New' value: '2' } } "
      "edits { remove { name: 'X-Old' } } "
      "actions { key: 'k1' edits: 1 redirect { addresses: 'bob@x.org' addresses: 'eve@x.org' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), absl::StrCat("copy k1 by smtp bob@x.org,eve@x.org X-New: 2\r\n", kRaw,
                                   "|commit id1 m"));
}

TEST_F(RuledDeliveryTest, AnswersInNobodysNameButTheAccounts) {
  Account smtp;
  smtp.id = "smtp";
  smtp.owner = account_.owner;
  smtp.type = AccountType::kOther;
  smtp.login = "ann@mail.example";
  smtp.default_from = "Ann <ann@mail.example>";
  smtp.identities = {"sales@mail.example"};
  book_.Put(std::make_shared<const Account>(smtp));
  constexpr struct {
    const char* said;
    const char* from;
  } kCases[] = {
      {"local_part: 'Sales' domain: 'mail.example'", "Sales@mail.example"},
      {"local_part: 'boss' domain: 'mail.example'", "ann@mail.example"},
      {"", "ann@mail.example"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.said);
    peers_.said["a"] =
        absl::StrCat(kKeep, "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' from { ",
                     c.said, " } } }");
    EXPECT_TRUE(HandOn({"a"}).ok());
    EXPECT_EQ(peers_.from, c.from);
  }
}

TEST_F(RuledDeliveryTest, SendsAnAnswerOfMimeAsItIs) {
  peers_.said["a"] = absl::StrCat(
      kKeep,
      "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' in_reply_to: '1@x.org' "
      "mime: 'From: eve@x.org\\nContent-Type:\\n text/html\\nSubject: x\\n\\n<p>x</p>\\n' } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  const std::string events = Events();
  EXPECT_FALSE(absl::StrContains(events, "eve@x.org")) << "a second sender: " << events;
  EXPECT_TRUE(
      absl::StartsWith(events, "copy k1 by smtp bob@x.org From: Ann <ann@mail.example>\r\n"))
      << events;
  for (const char* part : {"\r\nSubject: Away\r\n", "\r\nIn-Reply-To: <1@x.org>\r\n",
                           "\r\nAuto-Submitted: auto-replied (vacation)\r\n",
                           "\r\nContent-Type:\r\n text/html\r\n\r\n<p>x</p>\r\n"}) {
    EXPECT_TRUE(absl::StrContains(events, part)) << part << " in " << events;
  }
}

TEST_F(RuledDeliveryTest, ShowsTheMailAsItWasEdited) {
  peers_.said["a"] =
      absl::StrCat(kKeep,
                   "edits { body { change: CHANGE_REPLACE_HEADER header: 'Subject' pattern: 'raw' "
                   "text: 'edited' } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "deliver edited");
}

TEST_F(RuledDeliveryTest, LeavesTheMailWhereItIsWhileTheSenderIsAway) {
  peers_.said["a"] =
      absl::StrCat(kKeep,
                   "actions { key: 'k1' answer { to: 'bob@x.org' subject: 'Away' text: 'x' } } "
                   "marks { key: 'm' seconds: 1 }");
  peers_.sends = grpc::Status(grpc::StatusCode::UNAVAILABLE, "down");
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "") << "neither delivered nor remembered";
  peers_.sends = grpc::Status::OK;
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "mail k1 to bob Away|deliver a|commit id1 m");
}

TEST_F(RuledDeliveryTest, RemembersNothingUntilItIsDelivered) {
  peers_.said["a"] = absl::StrCat(kKeep, "marks { key: 'm' seconds: 1 }");
  peers_.delivers = grpc::Status(grpc::StatusCode::UNAVAILABLE, "link down");
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "");
}

TEST_F(RuledDeliveryTest, DeliversWhatCanNeverBeSentOnAndTellsWhy) {
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { key: 'k1' redirect { addresses: 'b@x' } }";
  peers_.sends = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "it goes round");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "tell ann@example.org A rule could not send \"$0\" on to $1: $2|deliver a");
  book_.Remove("smtp");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "tell ann@example.org A rule could not send \"$0\" on to $1: $2|deliver a");
}

TEST_F(RuledDeliveryTest, BringsTheBytesOfAMailToRulesThatAskForThem) {
  peers_.said["a"] = "wants_message: true";
  peers_.later["a"] = "verdict: VERDICT_KEEP actions { discard {} }";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), absl::StrCat("again ", std::string(kRaw).size(), " 0|deliver b"));
  EXPECT_TRUE(progress_.WantsRaw(std::time(nullptr))) << "the next ones bring theirs along";
}

TEST_F(RuledDeliveryTest, AsksAgainForFactsThoughNobodyKnowsThem) {
  peers_.said["a"] = "missing_facts: 'mailbox:A'";
  peers_.later["a"] = kKeep;
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "again 0 1|deliver a");
}

TEST_F(RuledDeliveryTest, KeepsWhatRulesAskAboutWithoutEnd) {
  peers_.said["a"] = peers_.later["a"] = "missing_facts: 'mailbox:A'";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  const std::string events = Events();
  EXPECT_TRUE(absl::EndsWith(events,
                             "|tell ann@example.org A rule went wrong, and did nothing with the "
                             "mail: $0|deliver a|deliver b"))
      << events;
}

TEST_F(RuledDeliveryTest, ChainsOfFactsAreFollowed) {
  peers_.said["a"] = "missing_facts: 'mailbox:A'";
  peers_.by_facts = {"missing_facts: 'mailbox:B'", "missing_facts: 'mailbox:C'",
                     "missing_facts: 'mailbox:D'", "missing_facts: 'mailbox:E'", kKeep};
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "again 0 1|again 0 2|again 0 3|again 0 4|again 0 5|deliver a");
}

// Whatever is wrong with one mail, or with what the rules say of it, it comes, and so do the
// others.
TEST_F(RuledDeliveryTest, KeepsWhatRulesCanNotJudgeAfterSomeTries) {
  peers_.unbearable = "b";
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(HandOn({"a", "b", "c"}).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(Events(), "");
  }
  EXPECT_TRUE(HandOn({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org A rule went wrong, and did nothing with the mail: $0|"
            "deliver a|deliver b|deliver c");
}

TEST_F(RuledDeliveryTest, ACopyOfAMailOfTheSameBatchIsJudgedBehindIt) {
  peers_.said["a"] = absl::StrCat(kKeep, "marks { key: 'm' seconds: 1 }");
  peers_.said["b"] = "missing_facts: 'committed:id1'";
  peers_.alone["b"] = "verdict: VERDICT_KEEP actions { discard {} } marks { key: 'n' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(), "deliver a|deliver c|commit id1 m|commit id2 n");
}

TEST_F(RuledDeliveryTest, DeliversWhatWasToBeSentOnAndCanNotBeRead) {
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { key: 'k1' redirect { addresses: 'b@x' } }";
  progress_.NoteUnread("id1", absl::DataLossError("it broke the connection"));
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "tell ann@example.org A rule could not send \"$0\" on to $1: $2|deliver a");
  EXPECT_EQ(mailbox_.bytes_read, 0);
}

TEST_F(RuledDeliveryTest, DeliversInOtherFormsAndToOthersWhoAreUsers) {
  AddUser("bob@example.org");
  peers_.said["a"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_HEADERS } }");
  peers_.said["b"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_FULL } }");
  peers_.said["c"] =
      "verdict: VERDICT_KEEP actions { deliver { form: FORM_FULL to: 'bob@example.org' } }";
  peers_.said["d"] =
      "verdict: VERDICT_KEEP actions { deliver { form: FORM_FULL to: 'eve@example.org' } }";
  EXPECT_TRUE(HandOn({"a", "b", "c", "d"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org A rule can't deliver mail to $0, who has no account here|"
            "deliver a headers|deliver b urgent|deliver c urgent to bob@example.org|deliver d");
}

TEST_F(RuledDeliveryTest, NotifiesOnceForEachActionAndTellsOfErrorsOfRules) {
  peers_.said["a"] =
      "verdict: VERDICT_KEEP errors: 'vacation.sieve:3: too much' actions { key: 'k1' notify { "
      "method: 'xmpp:bob@x.org' message: 'Hi' importance: 2 } }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(),
            "tell ann@example.org A rule went wrong, and did nothing with the mail: $0|"
            "tell bob@x.org Hi");
}

TEST_F(RuledDeliveryTest, HoldsAMailUntilItsTime) {
  const int64_t now = std::time(nullptr);
  peers_.said["a"] = absl::StrCat(kKeep, "actions { hold { until_unix: ", now + 3600, " } }");
  peers_.said["b"] = absl::StrCat(kKeep, "actions { hold { until_unix: ", now - 5, " } }");
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "deliver b") << "its time is over";
  EXPECT_TRUE(held_.Due("box:7", now + 3599).empty());
  ASSERT_EQ(held_.Due("box:7", now + 3600).size(), 1u);
  EXPECT_EQ(held_.NextDue("box:7", now), now + 3600);
  EXPECT_TRUE(progress_.lease.has_held);
}

TEST_F(RuledDeliveryTest, JudgesMailThatHasToWaitAndShowsOnlyWhatIsUrgent) {
  RuledDelivery delivery = Delivery();
  EXPECT_TRUE(testing::Await(io_, delivery.JudgesAhead(32)));
  peers_.said["b"] = absl::StrCat(kKeep, "actions { deliver { form: FORM_FULL } }");
  peers_.said["c"] = "verdict: VERDICT_KEEP actions { discard {} }";
  EXPECT_TRUE(JudgeAhead({"a", "b", "c"}).ok());
  EXPECT_EQ(Events(), "deliver b urgent");
  ASSERT_EQ(held_.Due("box:7", std::time(nullptr)).size(), 1u);
  EXPECT_EQ(held_.Due("box:7", std::time(nullptr))[0].delivery_id, "id1");

  // Then they are a mailbox of their own.
  HeldMailbox box(mailbox_, held_, progress_.lease);
  auto found = testing::Await(io_, box.Look());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->mails.size(), 1u);
  EXPECT_EQ(box.Id(found->mails[0]), "id1");
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver a") << "the rules are not asked once more";
  EXPECT_TRUE(testing::Await(io_, box.Settle(found->mails)).ok());
  EXPECT_TRUE(held_.empty());
}

TEST_F(RuledDeliveryTest, ShowsAHeldMailAsItWasEdited) {
  peers_.said["a"] = absl::StrCat(
      kKeep,
      "edits { body { change: CHANGE_REPLACE_HEADER header: 'Subject' pattern: 'raw' text: "
      "'edited' } }");
  EXPECT_TRUE(JudgeAhead({"a"}).ok());
  EXPECT_EQ(Events(), "");
  HeldMailbox box(mailbox_, held_, progress_.lease);
  ASSERT_TRUE(testing::Await(io_, box.Look()).ok());
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver edited");
}

TEST_F(RuledDeliveryTest, OthersDoNotWaitForThePresenceOfTheOwner) {
  AddUser("bob@example.org");
  peers_.said["a"] = absl::StrCat(kKeep, "actions { deliver { to: 'bob@example.org' } }");
  EXPECT_TRUE(JudgeAhead({"a"}).ok());
  EXPECT_EQ(Events(), "deliver a urgent to bob@example.org");
  const auto held = held_.Due("box:7", std::time(nullptr));
  ASSERT_EQ(held.size(), 1u) << "the owner's";
  EXPECT_TRUE(held[0].others.empty());
}

TEST_F(RuledDeliveryTest, WhatIsPutOffForOthersWhoHaveGoneMeanwhileIsTheOwnersAlone) {
  AddUser("bob@example.org");
  const int64_t now = std::time(nullptr);
  peers_.said["a"] = absl::StrCat(kKeep,
                                  "actions { deliver { to: 'bob@example.org' } } actions { "
                                  "hold { until_unix: ",
                                  now + 1, " } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "");
  ASSERT_EQ(held_.Due("box:7", now + 1).at(0).others.size(), 1u);
  book_.Remove("bob@example.org");
  while (std::time(nullptr) < now + 1)
    testing::Await(io_, net::Sleep(std::chrono::milliseconds(50)));
  HeldMailbox box(mailbox_, held_, progress_.lease);
  ASSERT_TRUE(testing::Await(io_, box.Look()).ok());
  RuledDelivery again({account_, box, progress_, *handoff_, &held_, &box});
  EXPECT_TRUE(testing::Await(io_, again.HandOn(Mails({"a"}))).ok());
  EXPECT_EQ(Events(), "deliver a");
}

TEST_F(RuledDeliveryTest, WhatMovesAwayCanNotWaitForItsUser) {
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "actions { deliver { form: FORM_HEADERS } }";
  EXPECT_EQ(JudgeAhead({"a"}).code(), absl::StatusCode::kUnavailable) << "no server to file it";
  EXPECT_EQ(Events(), "deliver a headers urgent");
}

TEST_F(RuledDeliveryTest, NoMoreIsPutOffThanThereIsRoomFor) {
  std::vector<HeldMail> many(HeldMails::kMost);
  for (size_t i = 0; i < many.size(); ++i) {
    many[i].place = "box:7";
    many[i].delivery_id = absl::StrCat("x", i);
    many[i].due_unix = std::time(nullptr) + 9999;
  }
  ASSERT_TRUE(testing::Await(io_, held_.Add(progress_.lease, std::move(many))).ok());
  peers_.said["a"] =
      absl::StrCat(kKeep, "actions { hold { until_unix: ", std::time(nullptr) + 3600, " } }");
  EXPECT_TRUE(HandOn({"a"}).ok());
  EXPECT_EQ(Events(), "deliver a urgent");
}

TEST_F(RuledDeliveryTest, NoCallToTheEdgeIsLargerThanItTakes) {
  peers_.said["a"] = kKeep;
  for (int i = 0; i < 6; ++i) {
    const std::string jid = absl::StrCat("u", i, "@example.org");
    AddUser(jid);
    absl::StrAppend(&peers_.said["a"], "actions { deliver { to: '", jid, "' } } ");
  }
  std::vector<JudgedMail> mails = Mails({"a"});
  mails[0].mail.mail.set_text(std::string(900 * 1024, 'x'));
  RuledDelivery delivery = Delivery();
  EXPECT_TRUE(testing::Await(io_, delivery.HandOn(std::move(mails))).ok());
  EXPECT_GT(peers_.most_bytes, 900u * 1024);
  EXPECT_LT(peers_.most_bytes, 3u * 1024 * 1024);
  const std::string events = Events();
  EXPECT_EQ(std::count(events.begin(), events.end(), '|'), 6) << events;
}

TEST_F(RuledDeliveryTest, DoesNotJudgeAheadWhereNothingIsInForce) {
  peers_.in_force = false;
  RuledDelivery delivery = Delivery();
  EXPECT_FALSE(testing::Await(io_, delivery.JudgesAhead(32)));
}

TEST_F(RuledDeliveryTest, GathersWhatIsForTheDigest) {
  peers_.said["a"] = peers_.said["b"] =
      absl::StrCat(kKeep, "actions { deliver { form: FORM_DIGEST } }");
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(), "");
  const int64_t due = held_.NextDue("box:7", std::time(nullptr));
  EXPECT_EQ(held_.Due("box:7", due).size(), 2u) << "at the same time";
}

TEST_F(RuledDeliveryTest, SaysWhatAMailboxReadByPop3CanNotDoAndDelivers) {
  account_.type = AccountType::kPop3;
  peers_.said["a"] = "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } }";
  EXPECT_TRUE(HandOn({"a"}).ok());
  const std::string events = Events();
  EXPECT_TRUE(absl::StrContains(events, "read by POP3 have neither")) << events;
  EXPECT_TRUE(absl::EndsWith(events, "|deliver a")) << events;
}

TEST_F(RuledDeliveryTest, WaitsWithFilingUntilTheMailServerIsThere) {
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_EQ(HandOn({"a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Events(), "");
}

TEST_F(RuledDeliveryTest, AServerThatLetsNobodyFileKeepsNoMailForEver) {
  effects_.emplace(RuleEffects::Parts{accounts_, book_, *notes_, *sending_, webhooks_, filing_log_,
                                      desk_, /*patience=*/0});
  accounts_.Put(account_);
  peers_.said["a"] =
      "verdict: VERDICT_KEEP actions { file_into { mailbox: 'A' } } "
      "marks { key: 'm' seconds: 1 }";
  EXPECT_TRUE(HandOn({"a", "b"}).ok());
  EXPECT_EQ(Events(),
            "deliver b|tell ann@example.org A rule could not put \"$0\" into the folder \"$1\": $2|"
            "deliver a|commit id1 m");
}

TEST(LongTrouble, EndsPatienceAfterAQuarterOfAnHourWithoutASuccess) {
  LongTrouble trouble;
  EXPECT_FALSE(trouble.Note("a", 1000));
  EXPECT_FALSE(trouble.Note("a", 1899));
  EXPECT_TRUE(trouble.Note("a", 1900));
  EXPECT_FALSE(trouble.Note("b", 1900));
  trouble.Over("a");
  EXPECT_FALSE(trouble.Note("a", 1901));
}

TEST(HourlyLimit, LetsSoManyThroughInAnHour) {
  HourlyLimit limit(2);
  EXPECT_TRUE(limit.Take("a", "1", 7200));
  EXPECT_TRUE(limit.Take("a", "1", 7200)) << "a repeat";
  EXPECT_TRUE(limit.Take("a", "2", 7201));
  EXPECT_FALSE(limit.Take("a", "3", 7202));
  EXPECT_TRUE(limit.Take("a", "1", 7202));
  EXPECT_TRUE(limit.Take("b", "3", 7202));
  EXPECT_TRUE(limit.Take("a", "4", 10800));
}

TEST(SendingBook, ChoosesTheAccountWithTheSameLogin) {
  SendingBook book;
  Account inbox;
  inbox.id = "in";
  inbox.owner = "ann@x";
  inbox.login = "ann@mail.example";
  const auto put = [&](const std::string& id, const std::string& login, const std::string& from,
                       bool is_default, bool enabled = true) {
    Account smtp;
    smtp.id = id;
    smtp.owner = "ann@x";
    smtp.type = AccountType::kOther;
    smtp.login = login;
    smtp.default_from = from;
    smtp.default_account = is_default;
    smtp.enabled = enabled;
    book.Put(std::make_shared<const Account>(smtp));
  };
  EXPECT_FALSE(book.For(inbox).has_value());
  put("b", "b@x.org", "b@x.org", false);
  put("a", "a@x.org", "a@x.org", false, false);
  EXPECT_EQ(book.For(inbox)->account_id, "b");
  put("c", "c@x.org", "C <c@x.org>", true);
  EXPECT_EQ(book.For(inbox)->account_id, "c");
  put("d", "ANN@mail.example", "Ann <ann@mail.example>", false);
  EXPECT_EQ(book.For(inbox)->account_id, "d");
  EXPECT_EQ(absl::StrJoin(book.AddressesFor(inbox), " "),
            "ann@mail.example a@x.org b@x.org c@x.org");
  EXPECT_TRUE(book.IsUser("ann@x"));
  for (const char* id : {"a", "b", "c", "d"}) book.Remove(id);
  EXPECT_FALSE(book.IsUser("ann@x"));
}

}  // namespace
}  // namespace postern::fetcher
