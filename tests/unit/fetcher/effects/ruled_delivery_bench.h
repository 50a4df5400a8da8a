#pragma once

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
#include "lib/rpc/mail_codec.h"
#include "services/fetcher/effects/rule_effects.h"
#include "services/fetcher/effects/ruled_delivery.h"
#include "services/fetcher/folder_desk.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/unit/fetcher/visit_bench.h"

// A RuledDelivery on a real Redis, with rules, an edge and a sender that say what they are told to.
namespace postern::fetcher {
inline constexpr char kKeep[] = " verdict: VERDICT_KEEP actions { keep { implicit: true } } ";
inline constexpr char kRaw[] = "Subject: raw\r\nX-Old: 1\r\n\r\nThe text\r\n";

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
    for (const auto& mishap : request->mishaps()) {
      Note(absl::StrCat("mishap ", mishap.action(), " ", mishap.why().text()));
    }
    if (request->shown_instead()) Note("shown instead");
    const bool marks = request->marks_size() > 0;
    Note(absl::StrCat("commit ", request->mail_id(), " ", marks ? request->marks(0).key() : ""));
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

}  // namespace postern::fetcher
