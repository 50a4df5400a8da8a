// Two fetchers in one process, with gRPC between them and one real Redis: a call that reaches
// one of them is brought to whom it concerns.

#include "services/fetcher/replicas.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "lib/rpc/unary.h"
#include "services/fetcher/fetcher_service.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace postern::fetcher {
namespace {

using Calls = v1::FetcherService::StubInterface::async_interface;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Await;
using Servers = std::map<std::string, grpc::Server*>;  // by address

Ownership::Timing Quick() {
  Ownership::Timing timing;
  timing.renew_every = milliseconds(5);
  timing.limits.settling = milliseconds(20);
  return timing;
}

struct NobodyThere : net::Dialer {
  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> Dial(net::Endpoint) override {
    co_return absl::UnavailableError("nobody there");
  }
};

// What visits need.
struct Bench {
  VisitParts Parts() {
    return {dialer, secrets, passwords, login_delays, PasswordRule::kEncryptedOnly};
  }
  NobodyThere dialer;
  crypto::SecretBox secrets =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("k"), "test");
  crypto::PasswordKeeper passwords;
  LoginDelays login_delays;
};

// One fetcher without a mail server.
struct Fetcher {
  Fetcher(boost::asio::io_context& io, const std::string& url, const std::string& id,
          Servers& servers)
      : redis(*store::RedisClient::Create(io.get_executor(), url)),
        channel(grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials())),
        admin(admin::v1::AdminService::NewStub(channel)),
        edge(edge::v1::EdgeService::NewStub(channel)),
        rules(rules::v1::RulesService::NewStub(channel)),
        trial(bench.Parts()),
        folders(bench.Parts(), limits),
        mails(bench.Parts(), limits),
        ownership(
            io.get_executor(), *redis, Member{id, id + ":7003", "seat-of-" + id},
            Ownership::Hooks{[this](const HeldSlots& slots) {
                               held = slots.size();
                               watches.Hold(slots);
                             },
                             [this](Slot slot) { return watches.InUse(slot); },
                             [this](const std::vector<Member>& now) { others.OthersChanged(now); }},
            Quick()),
        others(io.get_executor(), ownership, book, bench.passwords,
               [&servers](const std::string& address) { return ChannelTo(servers, address); }),
        cursors(*redis, [this] { return ownership.MayWrite(); }),
        handoff(*rules, *edge),
        health(io.get_executor(), *admin),
        availability(*edge, [](const std::string&) {}),
        alarms(io.get_executor()),
        connects(io.get_executor(), alarms, ConnectLimits()),
        bouts(io.get_executor()),
        watches(WatcherParts{io.get_executor(), bench.dialer, bench.secrets, bench.passwords,
                             cursors, availability, handoff, health, bench.login_delays,
                             PasswordRule::kEncryptedOnly, alarms, connects, bouts}),
        desks{watches, book, bench.passwords, trial, folders, mails, {}, &others},
        service(io.get_executor()) {
    service.Begin(desks);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    servers[id + ":7003"] = server.get();
    stub = v1::FetcherService::NewStub(server->InProcessChannel(grpc::ChannelArguments()));
    ownership.Start();
  }

  static absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(const Servers& servers,
                                                                  const std::string& address) {
    const auto found = servers.find(address);
    // 192.0.2.0/24 is nowhere (RFC 5737): who is sent there hears nothing.
    if (found == servers.end()) {
      return grpc::CreateChannel("192.0.2.1:7003", grpc::InsecureChannelCredentials());
    }
    return found->second->InProcessChannel(grpc::ChannelArguments());
  }

  void Know(const Account& account) { watches.Put(book.Put(account)); }

  Bench bench;
  size_t held = 0;  // slots
  std::unique_ptr<store::RedisClient> redis;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules;
  VisitLimits limits{2, 32};
  AccountBook book;
  AccountTrial trial;
  FolderDesk folders;
  MailDesk mails;
  Ownership ownership;
  Replicas others;
  CursorStore cursors;
  MailHandoff handoff;
  HealthReporter health;
  AvailabilityFeed availability;
  AlarmClock alarms;
  ConnectBudget connects;
  net::TaskGroup bouts;
  WatchList watches;
  Desks desks;
  FetcherService service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<v1::FetcherService::StubInterface> stub;
};

class ReplicasTest : public ::testing::Test {
 protected:
  Fetcher& Start(const std::string& id) {
    fetchers_.push_back(std::make_unique<Fetcher>(io_, redis_.url(), id, servers_));
    return *fetchers_.back();
  }

  // Two that have shared the slots, and each of which watches some of 40 accounts.
  void StartTwo() {
    Start("one");
    Start("two");
    ASSERT_TRUE(Until(
        [this] { return fetchers_[0]->held == kSlots / 2 && fetchers_[1]->held == kSlots / 2; }));
    for (int i = 0; i < 40; ++i) {
      Account account;
      account.owner = "ann@example.org";
      account.host = "imap.example.org";
      account.login = "ann";
      account.sealed_password = "sealed";
      account.id = absl::StrCat("account", i);
      if (i < 20) account.sealed_password.clear();
      for (auto& fetcher : fetchers_) fetcher->Know(account);
    }
    ASSERT_TRUE(Until([this] { return Watched(0) + Watched(1) == 40; }));
    ASSERT_TRUE(Watched(0) > 0 && Watched(1) > 0);
  }

  size_t Watched(size_t fetcher) const { return fetchers_[fetcher]->watches.Watched().size(); }

  ~ReplicasTest() override {
    for (auto& fetcher : fetchers_) {
      fetcher->server->Shutdown(std::chrono::system_clock::now());
      Await(io_, fetcher->ownership.Stop());
      Await(io_, fetcher->watches.Stop());
      Await(io_, fetcher->others.Stop());
    }
  }

  bool Until(std::function<bool()> happened, milliseconds limit = seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    io_.restart();
    while (std::chrono::steady_clock::now() < end) {
      if (happened()) return true;
      io_.run_one_for(milliseconds(20));
    }
    return happened();
  }

  template <class Request, class Response>
  absl::StatusOr<Response> Ask(Fetcher& fetcher,
                               void (Calls::*method)(grpc::ClientContext*, const Request*,
                                                     Response*, rpc::Done),
                               Request request) {
    return Await(io_, rpc::Call(fetcher.stub->async(), method, std::move(request), seconds(10)));
  }

  absl::Status Hold(Fetcher& fetcher, const std::string& id) {
    v1::HoldPasswordRequest request;
    request.set_account_id(id);
    request.set_password("secret");
    return Ask(fetcher, &Calls::HoldPassword, request).status();
  }

  testing::RedisServer redis_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  Servers servers_;
  std::vector<std::unique_ptr<Fetcher>> fetchers_;
};

TEST_F(ReplicasTest, ListsWhatAllOfThemWatch) {
  StartTwo();
  auto answer = Ask(*fetchers_[0], &Calls::ListWatches, v1::ListWatchesRequest());
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->watches_size(), 40);
  size_t of_two = 0;
  for (const v1::Watch& watch : answer->watches()) {
    const bool by_one = fetchers_[0]->watches.Check(watch.account_id()).ok();
    EXPECT_EQ(watch.replica(), by_one ? "one:7003" : "two:7003") << watch.account_id();
    of_two += by_one ? 0 : 1;
  }
  EXPECT_EQ(of_two, Watched(1));
}

TEST_F(ReplicasTest, BringsACheckToTheOwnerOnce) {
  StartTwo();
  const std::string id = fetchers_[1]->watches.Watched().front()->account().id;
  v1::CheckAccountRequest request;
  request.set_account_id(id);
  EXPECT_TRUE(Ask(*fetchers_[0], &Calls::CheckAccount, request).ok());
  EXPECT_EQ(Ask(*fetchers_[0], &Calls::CheckAccount, request).status().code(),
            absl::StatusCode::kResourceExhausted)
      << "the owner knows that it was asked";
  request.set_account_id("nobody's");
  EXPECT_EQ(Ask(*fetchers_[0], &Calls::CheckAccount, request).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ReplicasTest, TellsAllOfThemWhatIsHeldAndWhoIsGone) {
  StartTwo();
  for (const std::string id : {"account3", "account4", "account5"}) {
    ASSERT_TRUE(Hold(*fetchers_[0], id).ok());
    EXPECT_EQ(fetchers_[1]->bench.passwords.Find(id).Reveal(), "secret");
  }
  v1::RetainPasswordsRequest nobody;
  ASSERT_TRUE(Ask(*fetchers_[1], &Calls::RetainPasswords, nobody).ok());
  EXPECT_FALSE(fetchers_[0]->bench.passwords.Holds("account3"));
  EXPECT_FALSE(fetchers_[1]->bench.passwords.Holds("account3"));
}

TEST_F(ReplicasTest, GivesANewOneWhatIsHeld) {
  StartTwo();
  ASSERT_TRUE(Hold(*fetchers_[0], "account3").ok());
  Fetcher& three = Start("three");
  EXPECT_TRUE(Until([&] { return three.ownership.NotReadyBecause().empty(); }));
  EXPECT_FALSE(three.bench.passwords.Holds("account3")) << "it does not know the account yet";
  three.Know(*fetchers_[0]->book.Find("account3"));
  EXPECT_TRUE(Until([&] { return three.bench.passwords.Holds("account3"); }));
}

TEST_F(ReplicasTest, WaitsNotLongForADeadOne) {
  StartTwo();
  // It is a member, and silent.
  SlotTable::Limits limits;
  SlotTable dead(*fetchers_[0]->redis, Member{"dead", "dead:7003", "seat-of-dead"}, limits);
  HeldSlots none;
  ASSERT_TRUE(Await(io_, dead.Renew(none)).ok());
  Until([] { return false; }, milliseconds(100));  // both have heard of it
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(Hold(*fetchers_[0], "account3").ok());
  auto answer = Ask(*fetchers_[0], &Calls::ListWatches, v1::ListWatchesRequest());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->watches_size(), 40);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(5));
  EXPECT_TRUE(fetchers_[1]->bench.passwords.Holds("account3"));
}

}  // namespace
}  // namespace postern::fetcher
