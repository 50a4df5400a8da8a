#pragma once

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

// What a watcher's story needs: a scripted mail server, the real Redis, and the other
// services as fakes behind real gRPC.
namespace postern::fetcher {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// All slots, taken with one token.
inline HeldSlots AllSlots(uint64_t token) {
  HeldSlots slots;
  for (Slot slot = 0; slot < kSlots; ++slot) slots[slot] = token;
  return slots;
}
inline constexpr uint64_t kToken = 10;

// The three peers. gRPC calls them on its own threads.
struct Peers : edge::v1::EdgeService::Service,
               rules::v1::RulesService::Service,
               admin::v1::AdminService::Service {
  std::mutex mutex;
  std::vector<std::string> delivered;  // "FULL 9 Hello"
  std::vector<std::string> refs;       // what ReadMails would take for each
  std::vector<std::string> health;     // "OK", "ERROR ..."
  edge::v1::Show show = edge::v1::SHOW_ONLINE;
  int64_t since_unix_ms = 1000;
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
      refs.push_back(delivery.mail_ref());
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
    user.set_since_unix_ms(show == edge::v1::SHOW_OFFLINE ? 0 : since_unix_ms);
    return grpc::Status::OK;
  }

  grpc::Status EvaluateMails(grpc::ServerContext*, const rules::v1::EvaluateMailsRequest* request,
                             rules::v1::EvaluateMailsResponse* response) override {
    std::lock_guard lock(mutex);
    for (const auto& each : request->requests()) {
      const bool reject = !rejected_subject.empty() && each.mail().subject() == rejected_subject;
      response->add_responses()->set_verdict(reject ? rules::v1::VERDICT_REJECT
                                                    : rules::v1::VERDICT_KEEP);
    }
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
    auto stream = std::make_unique<Lingering>(scripts_[dialled_++], ended);
    streams.push_back(stream.get());
    co_return stream;
  }

  // Says nothing while the client idles, nor at the end of its script.
  class Lingering : public testing::ScriptedStream {
   public:
    Lingering(const std::string& script, std::vector<std::string>& ended)
        : ScriptedStream(script), ended_(ended) {}
    ~Lingering() override { ended_.push_back(mismatch().empty() ? Remaining() : mismatch()); }
    absl::StatusOr<std::optional<std::string>> LineAtHand() override {
      if (silent_ && !says_more_) return std::nullopt;
      auto line = ScriptedStream::LineAtHand();
      if (!line.ok() && says_more_) return std::nullopt;
      if (line.ok() && line->has_value() && **line == "+ idling") silent_ = true;
      finished = silent_ && Remaining().empty();
      return line;
    }
    net::Task<absl::Status> Write(std::string bytes) override {
      silent_ = false;
      ++writes;
      co_return co_await ScriptedStream::Write(std::move(bytes));
    }
    // Of its own accord, while the client idles. Then it falls silent again.
    void SayUnasked(const std::string& line) {
      says_more_ = true;
      Say(line + "\r\n");
      says_more_ = false;
    }
    bool finished = false;
    int writes = 0;

   private:
    std::vector<std::string>& ended_;
    bool silent_ = false;
    bool says_more_ = false;
  };
  std::vector<std::string> ended;  // of each closed connection, what was not played; "" if all was
  std::vector<Lingering*> streams;
  size_t dialled() const { return dialled_; }

 private:
  std::vector<std::string> scripts_;
  size_t dialled_ = 0;
};

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

  void Watch(std::vector<std::string> scripts, const HeldSlots& slots = AllSlots(kToken)) {
    dialer_.emplace(std::move(scripts));
    cursors_.emplace(*redis_);
    handoff_.emplace(*rules_, *edge_);
    health_.emplace(io_.get_executor(), *admin_);
    availability_.emplace(*edge_, [this](const std::string& user) {
      if (watches_) watches_->PresenceChanged(user);
    });
    WatcherParts parts{io_.get_executor(),
                       *dialer_,
                       secrets_,
                       passwords_,
                       *cursors_,
                       *availability_,
                       *handoff_,
                       *health_,
                       login_delays_,
                       PasswordRule::kAnyConnection,
                       alarms_,
                       connects_,
                       bouts_};
    parts.tokens = tokens_ ? &*tokens_ : nullptr;
    watches_.emplace(parts, [this](Slot slot) { outbid_.push_back(slot); });
    watches_->Hold(slots);
    loops_.Spawn("availability", availability_->Run());
    loops_.Spawn("health", health_->Run());
    ASSERT_TRUE(Until([this] { return availability_->known(); }));
    PutAccount();
  }

  void PutAccount() { watches_->Put(std::make_shared<const Account>(account_)); }

  // Runs until `happened`; false when it did not in time.
  bool Until(std::function<bool()> happened, milliseconds limit = std::chrono::seconds(5)) {
    const auto end = steady_clock::now() + limit;
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
  std::string Refs() {
    std::lock_guard lock(peers_.mutex);
    return absl::StrJoin(peers_.refs, " ");
  }
  std::string LastHealth() {
    std::lock_guard lock(peers_.mutex);
    return peers_.health.empty() ? "" : peers_.health.back();
  }
  void SetCursor(Cursor cursor) {
    CursorStore store(*redis_);
    auto lease = testing::Await(io_, store.Take("acc", kToken - 1));
    ASSERT_TRUE(lease.ok());
    ASSERT_TRUE(testing::Await(io_, store.Advance(*lease, cursor)).ok());
  }

  testing::RedisServer redis_server_;
  boost::asio::io_context io_;
  std::unique_ptr<store::RedisClient> redis_ =
      *store::RedisClient::Create(io_.get_executor(), redis_server_.url());
  crypto::SecretBox secrets_ =
      *crypto::SecretBox::FromText(crypto::SecretBox::NewKeyLine("test"), "test");
  crypto::PasswordKeeper passwords_;
  LoginDelays login_delays_;
  AlarmClock alarms_{io_.get_executor()};
  ConnectBudget connects_{io_.get_executor(), alarms_, ConnectLimits()};
  net::TaskGroup bouts_{io_.get_executor()};
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
  std::optional<oauth2::AccessTokens> tokens_;
  std::optional<HealthReporter> health_;
  std::optional<AvailabilityFeed> availability_;
  std::vector<Slot> outbid_;
  std::optional<WatchList> watches_;
  net::TaskGroup loops_{io_.get_executor()};
};

}  // namespace postern::fetcher
