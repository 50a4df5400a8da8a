// A watcher's story: a scripted IMAP server, the real Redis, and the other
// services as fakes behind real gRPC.

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/task_group.h"
#include "services/fetcher/account_watcher.h"
#include "services/fetcher/watch_list.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_stream.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The three peers. gRPC calls them on its own threads.
struct Peers : edge::v1::EdgeService::Service,
               rules::v1::RulesService::Service,
               admin::v1::AdminService::Service {
  std::mutex mutex;
  std::vector<std::string> delivered;  // "FULL 9 Hello"
  std::vector<std::string> health;     // "OK", "ERROR ..."
  edge::v1::Show show = edge::v1::SHOW_ONLINE;
  uint64_t revision = 1;
  int edge_failures = 0;  // how many calls of Deliver still fail
  grpc::StatusCode edge_failure = grpc::StatusCode::UNAVAILABLE;
  std::string rejected_subject;

  void Set(edge::v1::Show now) {
    std::lock_guard lock(mutex);
    show = now;
    ++revision;
  }

  grpc::Status Deliver(grpc::ServerContext*, const edge::v1::DeliverRequest* request,
                       edge::v1::DeliverResponse* response) override {
    std::lock_guard lock(mutex);
    if (edge_failures > 0) {
      --edge_failures;
      return grpc::Status(edge_failure, "link down");
    }
    std::vector<std::string> subjects;
    for (const auto& delivery : request->deliveries()) {
      subjects.push_back(delivery.mail().subject().empty() ? "?" : delivery.mail().subject());
      response->add_results(edge::v1::DELIVERY_RESULT_DELIVERED);
    }
    const bool full = request->mode() == edge::v1::DELIVERY_MODE_FULL;
    delivered.push_back(absl::StrCat(full ? "FULL " : "DIGEST ", absl::StrJoin(subjects, ",")));
    return grpc::Status::OK;
  }

  grpc::Status ListAvailability(grpc::ServerContext* context,
                                const edge::v1::ListAvailabilityRequest* request,
                                edge::v1::ListAvailabilityResponse* response) override {
    for (int i = 0; i < 100 && !context->IsCancelled(); ++i) {
      std::lock_guard lock(mutex);
      if (request->since_revision() != revision) break;
      mutex.unlock();
      std::this_thread::sleep_for(milliseconds(10));
      mutex.lock();
    }
    std::lock_guard lock(mutex);
    response->set_epoch("e");
    response->set_revision(revision);
    response->set_snapshot(request->since_revision() == 0);
    auto& user = *response->add_users();
    user.set_user("ann@example.org");
    user.set_show(show);
    user.set_since_unix_ms(show == edge::v1::SHOW_OFFLINE ? 0 : 1000);
    return grpc::Status::OK;
  }

  grpc::Status Evaluate(grpc::ServerContext*, const rules::v1::EvaluateRequest* request,
                        rules::v1::EvaluateResponse* response) override {
    std::lock_guard lock(mutex);
    const bool reject = !rejected_subject.empty() && request->mail().subject() == rejected_subject;
    response->set_verdict(reject ? rules::v1::VERDICT_REJECT : rules::v1::VERDICT_KEEP);
    return grpc::Status::OK;
  }

  grpc::Status ReportHealth(grpc::ServerContext*, const admin::v1::ReportHealthRequest* request,
                            admin::v1::ReportHealthResponse*) override {
    std::lock_guard lock(mutex);
    std::string word = admin::v1::HealthState_Name(request->state()).substr(13);
    if (!request->error().empty()) absl::StrAppend(&word, " ", request->error());
    health.push_back(word);
    return grpc::Status::OK;
  }
};

// Plays a script on each connection.
class ScriptedDialer : public net::Dialer {
 public:
  explicit ScriptedDialer(std::vector<std::string> scripts) : scripts_(std::move(scripts)) {}

  net::Task<absl::StatusOr<std::unique_ptr<net::ByteStream>>> Dial(net::Endpoint) override {
    if (dialled_ == scripts_.size()) co_return absl::UnavailableError("nobody there");
    auto stream = std::make_unique<Lingering>(scripts_[dialled_++]);
    streams.push_back(stream.get());
    co_return stream;
  }

  // Says nothing while the client idles, nor at the end of its script.
  class Lingering : public testing::ScriptedStream {
   public:
    explicit Lingering(const std::string& script) : ScriptedStream(script) {}
    net::Task<absl::StatusOr<std::string>> ReadLine() override {
      if (silent_) co_await net::Sleep(std::chrono::hours(1));
      auto line = co_await ScriptedStream::ReadLine();
      const std::string rest = Remaining();
      silent_ = line.ok() && *line == "+ idling";
      finished = silent_ && rest.empty();
      co_return line;
    }
    net::Task<absl::Status> Write(std::string bytes) override {
      silent_ = false;
      co_return co_await ScriptedStream::Write(std::move(bytes));
    }
    bool finished = false;

   private:
    bool silent_ = false;
  };
  std::vector<Lingering*> streams;
  size_t dialled() const { return dialled_; }

 private:
  std::vector<std::string> scripts_;
  size_t dialled_ = 0;
};

// --- the pieces of scripts ---------------------------------------------------------

std::string Opening(uint32_t validity, uint32_t uid_next) {
  return absl::StrCat("S: * OK [CAPABILITY IMAP4rev1] hi\n", "C: A1 LOGIN \"ann\" \"secret\"\n",
                      "S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in\n", "C: A2 EXAMINE \"INBOX\"\n",
                      "S: * 1 EXISTS\n", "S: * OK [UIDVALIDITY ", validity, "]\n",
                      "S: * OK [UIDNEXT ", uid_next, "]\n", "S: A2 OK\n");
}

std::string Look(int tag, uint32_t above, std::vector<uint32_t> uids) {
  std::string script =
      absl::StrCat("C: A", tag, " UID FETCH ", above + 1, ":* (UID RFC822.SIZE INTERNALDATE)\n");
  for (uint32_t uid : uids) {
    absl::StrAppend(&script, "S: * 2 FETCH (UID ", uid,
                    " RFC822.SIZE 20 INTERNALDATE \"22-Nov-2020 07:00:00 +0000\")\n");
  }
  return absl::StrCat(script, "S: A", tag, " OK\n");
}

std::string Read(int tag, uint32_t uid, const std::string& subject) {
  const std::string mail = absl::StrCat("Subject: ", subject);
  return absl::StrCat("C: A", tag, " UID FETCH ", uid, " (UID BODY.PEEK[]<0.1048576>)\n",
                      "S: * 2 FETCH (UID ", uid, " BODY[]<0> {", mail.size() + 4, "}\nS: ", mail,
                      "\nS:\nS: )\nS: A", tag, " OK\n");
}

std::string Idle(int tag) { return absl::StrCat("C: A", tag, " IDLE\nS: + idling\n"); }
std::string Done(int tag) { return absl::StrCat("C: DONE\nS: A", tag, " OK\n"); }
// Only "+ idling" makes the server fall silent.
std::string Exists(int tag) {
  return absl::StrCat("C: A", tag, " IDLE\nS: + news to come\nS: * 2 EXISTS\n", Done(tag));
}

const std::string kMailbox = MailboxIdentity("imap.example.org", "ann", "INBOX");

// --- the world ---------------------------------------------------------------------

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() {
    account_.id = "acc";
    account_.owner = "ann@example.org";
    account_.host = "imap.example.org";
    account_.login = "ann";
    account_.sealed_password = secrets_.Seal(crypto::Secret("secret"), "acc");
    account_.actions.away = Action::kDigest;
    account_.actions.dnd = Action::kNothing;
    grpc::ServerBuilder builder;
    builder.RegisterService(static_cast<edge::v1::EdgeService::Service*>(&peers_));
    builder.RegisterService(static_cast<rules::v1::RulesService::Service*>(&peers_));
    builder.RegisterService(static_cast<admin::v1::AdminService::Service*>(&peers_));
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel(grpc::ChannelArguments());
    admin_ = admin::v1::AdminService::NewStub(channel_);
    edge_ = edge::v1::EdgeService::NewStub(channel_);
    rules_ = rules::v1::RulesService::NewStub(channel_);
  }

  ~WatcherTest() override {
    if (watches_) testing::Await(io_, watches_->Stop());
    testing::Await(io_, loops_.Stop());
    server_->Shutdown(std::chrono::system_clock::now());
  }

  void Watch(std::vector<std::string> scripts) {
    dialer_.emplace(std::move(scripts));
    cursors_.emplace(*redis_, "this process");
    handoff_.emplace(*rules_, *edge_);
    health_.emplace(io_.get_executor(), *admin_);
    availability_.emplace(*edge_, [this](const std::string& user) {
      if (watches_) watches_->PresenceChanged(user);
    });
    const WatcherParts parts{
        io_.get_executor(), *dialer_,  secrets_, *cursors_,
        *availability_,     *handoff_, *health_, imap::PasswordRule::kAnyConnection};
    watches_.emplace(parts);
    loops_.Spawn("availability", availability_->Run());
    loops_.Spawn("health", health_->Run());
    ASSERT_TRUE(Until([this] { return availability_->known(); }));
    watches_->Put(account_);
  }

  // Runs until `happened`; false when it did not within 5 s.
  bool Until(std::function<bool()> happened) {
    const auto end = steady_clock::now() + std::chrono::seconds(5);
    io_.restart();
    while (steady_clock::now() < end) {
      if (happened()) return true;
      io_.run_one_for(milliseconds(20));
    }
    return happened();
  }

  // The script of the last connection is played to its end, or went astray.
  bool Played() {
    const bool ended = Until([this] {
      return !dialer_->streams.empty() && dialer_->dialled() == dialer_->streams.size() &&
             (dialer_->streams.back()->finished || !dialer_->streams.back()->mismatch().empty());
    });
    EXPECT_EQ(dialer_->streams.empty() ? "" : dialer_->streams.back()->mismatch(), "");
    if (!ended) ADD_FAILURE() << "still to play: " << dialer_->streams.back()->Remaining();
    return ended;
  }

  std::string Delivered() {
    std::lock_guard lock(peers_.mutex);
    return absl::StrJoin(peers_.delivered, "; ");
  }
  std::string LastHealth() {
    std::lock_guard lock(peers_.mutex);
    return peers_.health.empty() ? "" : peers_.health.back();
  }
  void SetCursor(Cursor cursor) {
    CursorStore store(*redis_, "earlier process");
    auto lease = testing::Await(io_, store.Take("acc"));
    ASSERT_TRUE(lease.ok() && lease->has_value());
    ASSERT_TRUE(testing::Await(io_, store.Advance(**lease, cursor)).ok());
    ASSERT_TRUE(testing::Await(io_, store.Release(**lease)).ok());
  }

  testing::RedisServer redis_server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), redis_server_.url());
  crypto::SecretBox secrets_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  Account account_;
  Peers peers_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<admin::v1::AdminService::StubInterface> admin_;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge_;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules_;
  std::optional<ScriptedDialer> dialer_;
  std::optional<CursorStore> cursors_;
  std::optional<MailHandoff> handoff_;
  std::optional<HealthReporter> health_;
  std::optional<AvailabilityFeed> availability_;
  std::optional<WatchList> watches_;
  net::TaskGroup loops_{io_.get_executor()};
};

TEST_F(WatcherTest, BeginsAtTheEndOfAMailboxItSeesFirst) {
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4))});
  EXPECT_TRUE(Played());
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 8, kMailbox}));
}

TEST_F(WatcherTest, HandsOnAMailThatComesWhileItIdles) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Exists(4), Look(5, 8, {9}),
                      Read(6, 9, "Hello"), Idle(7))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 9, kMailbox}));
}

TEST_F(WatcherTest, CatchesUpWithWhatCameBetweenAndLeavesOutTheRejected) {
  SetCursor({7, 8, kMailbox});
  peers_.rejected_subject = "Spam";
  Watch({absl::StrCat(Opening(7, 12), Look(3, 8, {9, 10, 11}), Read(4, 9, "One"),
                      Read(5, 10, "Spam"), Read(6, 11, "Two"), Idle(7))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL One; FULL Two");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 11, kMailbox}));
}

TEST_F(WatcherTest, ReplaysNothingUnderANewUidValidity) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(8, 500), Look(3, 499, {}), Idle(4))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{8, 499, kMailbox}));
}

TEST_F(WatcherTest, TriesAgainWhenTheEdgeIsBack) {
  SetCursor({7, 8, kMailbox});
  peers_.edge_failures = 1;
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5), Done(5),
                      Look(6, 8, {9}), Read(7, 9, "Hello"), Idle(8))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

// The user has just enabled the account, and the edge has not heard of it.
TEST_F(WatcherTest, ReadsAMailInFullAgainWhenTheEdgeDidNotKnowTheAccount) {
  SetCursor({7, 8, kMailbox});
  peers_.edge_failures = 1;
  peers_.edge_failure = grpc::StatusCode::NOT_FOUND;
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5), Done(5),
                      Look(6, 8, {9}), Read(7, 9, "Hello"), Idle(8))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, BeginsAtTheEndOfAnotherMailboxWithTheSameUidValidity) {
  SetCursor({7, 8, MailboxIdentity("imap.example.org", "bob", "INBOX")});
  Watch({absl::StrCat(Opening(7, 500), Look(3, 499, {}), Idle(4))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "");
  EXPECT_EQ(watches_->Watched().at(0)->State().cursor, (Cursor{7, 499, kMailbox}));
}

TEST_F(WatcherTest, GoesOnAtItsCursorWithAnAccountThatWasNotListedForAWhile) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4)),
         absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Read(4, 9, "Hello"), Idle(5))});
  EXPECT_TRUE(Played());
  watches_->Leave("acc");
  EXPECT_TRUE(watches_->Watched().empty());
  watches_->Put(account_);
  EXPECT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, ForgetsTheCursorOfARemovedAccount) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4)),
         absl::StrCat(Opening(7, 10), Look(3, 9, {}), Idle(4))});
  EXPECT_TRUE(Played());
  watches_->Remove("acc");
  std::vector<std::string> exists = {"EXISTS", "postern:cursor:{acc}"};
  EXPECT_TRUE(Until([&] { return testing::Await(io_, redis_->Command(exists))->integer == 0; }));
}

TEST_F(WatcherTest, KeepsItsLeaseWhenRedisRefusesARenewal) {
  SetCursor({7, 8, kMailbox});
  const std::string script = absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4));
  Watch({script, script});
  EXPECT_TRUE(Played());
  const auto start = steady_clock::now();
  const auto run_until = [&](milliseconds time) {
    io_.restart();
    while (steady_clock::now() - start < time) io_.run_one_for(milliseconds(20));
  };
  run_until(milliseconds(4000));
  std::vector<std::string> full = {"CONFIG", "SET", "maxmemory", "1"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(full)).ok());
  run_until(milliseconds(6500));  // the renewal at 5 s fails
  full.back() = "0";
  ASSERT_TRUE(testing::Await(io_, redis_->Command(full)).ok());
  run_until(milliseconds(12'000));  // by 10 s a lease not renewed is given up
  EXPECT_EQ(dialer_->dialled(), 1u);
  ASSERT_EQ(watches_->Watched().size(), 1u);
  EXPECT_EQ(watches_->Watched().at(0)->State().state, "idle");
}

// Everybody loses the lease when Redis is away for long.
TEST_F(WatcherTest, RestsBeforeItDialsAgainAfterALostLease) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4), Done(4), Look(5, 8, {9}),
                      Read(6, 9, "Hello")),
         Opening(7, 9)});
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched.at(0)->State().state == "idle";
  }));
  std::vector<std::string> gone = {"DEL", "postern:cursor:{acc}", "postern:lease:{acc}"};
  ASSERT_TRUE(testing::Await(io_, redis_->Command(gone)).ok());
  EXPECT_TRUE(watches_->Check("acc").ok());  // the next write tells that the fence is gone
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched.at(0)->State().next_attempt_unix != 0;
  }));
  EXPECT_EQ(dialer_->dialled(), 1u);
}

TEST_F(WatcherTest, LetsMailWaitUntilThePresenceAllowsIt) {
  SetCursor({7, 8, kMailbox});
  peers_.Set(edge::v1::SHOW_DND);
  Watch({absl::StrCat(Opening(7, 10), Look(3, 8, {9}), Idle(4), Done(4), Look(5, 8, {9}),
                      Read(6, 9, "Hello"), Idle(7))});
  EXPECT_TRUE(Until([this] { return LastHealth() == "OK"; }));
  EXPECT_EQ(Delivered(), "");
  peers_.Set(edge::v1::SHOW_ONLINE);
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL Hello");
}

TEST_F(WatcherTest, SendsOneDigestForAllMailThatWaits) {
  SetCursor({7, 8, kMailbox});
  peers_.Set(edge::v1::SHOW_AWAY);
  Watch({absl::StrCat(Opening(7, 11), Look(3, 8, {9, 10}), Read(4, 9, "One"), Read(5, 10, "Two"),
                      Idle(6))});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "DIGEST One,Two");
}

TEST_F(WatcherTest, AnnouncesAMailThatMakesNoSense) {
  SetCursor({7, 8, kMailbox});
  const std::string refused = absl::StrCat(Opening(7, 10), Look(3, 8, {9}),
                                           "C: A4 UID FETCH 9 (UID BODY.PEEK[]<0.1048576>)\n"
                                           "S: * 2 FETCH (UID 9 BODY[]<0> NIL)\nS: A4 OK\n",
                                           Idle(5));
  Watch({refused});
  EXPECT_TRUE(Played());
  EXPECT_EQ(Delivered(), "FULL ?");
}

TEST_F(WatcherTest, TellsTheUserOfAWrongPasswordAndRests) {
  Watch(
      {"S: * OK [CAPABILITY IMAP4rev1] hi\nC: A1 LOGIN \"ann\" \"secret\"\n"
       "S: A1 NO [AUTHENTICATIONFAILED] Authentication failed.\n"});
  EXPECT_TRUE(Until([this] {
    return LastHealth() ==
           "ERROR imap.example.org refused the login: wrong user name or password (server says: "
           "Authentication failed.)";
  })) << LastHealth();
  const WatchState state = watches_->Watched().at(0)->State();
  EXPECT_EQ(state.state, "waiting");
  EXPECT_GT(state.next_attempt_unix, std::time(nullptr) + 400);
}

TEST_F(WatcherTest, LeavesAnAccountAloneThatAnotherProcessWatches) {
  CursorStore other(*redis_, "another process");
  auto lease = testing::Await(io_, other.Take("acc"));
  ASSERT_TRUE(lease.ok() && lease->has_value());
  Watch({Opening(7, 9)});
  EXPECT_TRUE(Until([this] { return LastHealth() == "CHECKING"; }));
  EXPECT_EQ(dialer_->dialled(), 0u);
  EXPECT_EQ(watches_->Check("acc").code(), absl::StatusCode::kNotFound);
}

TEST_F(WatcherTest, ChecksOnDemandButNotEverySecond) {
  SetCursor({7, 8, kMailbox});
  Watch({absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4), Done(4), Look(5, 8, {}), Idle(6))});
  EXPECT_TRUE(Until([this] {
    const auto watched = watches_->Watched();
    return !watched.empty() && watched.at(0)->State().state == "idle";
  }));
  EXPECT_TRUE(watches_->Check("acc").ok());
  EXPECT_EQ(watches_->Check("acc").code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(WatcherTest, StopsWithItsAccountAndStartsAnewWithOtherSettings) {
  SetCursor({7, 8, kMailbox});
  const std::string script = absl::StrCat(Opening(7, 9), Look(3, 8, {}), Idle(4));
  Watch({script, script});
  EXPECT_TRUE(Played());
  watches_->Put(account_);  // the same settings: nothing happens
  EXPECT_EQ(dialer_->dialled(), 1u);
  account_.settings_revision = 2;
  watches_->Put(account_);
  EXPECT_TRUE(Until([this] { return dialer_->dialled() == 2; }));
  account_.enabled = false;
  watches_->Put(account_);
  EXPECT_TRUE(watches_->Watched().empty());
}

}  // namespace
}  // namespace postern::fetcher
