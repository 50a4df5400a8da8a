// How a backlog is dealt with: in batches that overlap, in order, and nothing lost on the way.

#include "services/fetcher/catch_up.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/net/task_group.h"
#include "tests/support/await.h"

namespace postern::fetcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What happens, in its order, on all threads.
class Events {
 public:
  void Add(const std::string& event) {
    std::lock_guard lock(mutex_);
    all_.push_back(event);
    changed_.notify_all();
  }
  // False when it has not happened within 5 s.
  bool Await(const std::string& event) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(5), [&] { return Has(event); });
  }
  bool Happened(const std::string& event) {
    std::lock_guard lock(mutex_);
    return Has(event);
  }
  // Those that begin so.
  std::string Only(const std::string& prefix) {
    std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& event : all_) {
      if (event.rfind(prefix, 0) == 0) found.push_back(event.substr(prefix.size()));
    }
    return absl::StrJoin(found, " ");
  }
  bool Before(const std::string& first, const std::string& then) {
    std::lock_guard lock(mutex_);
    const auto at = [&](const auto& event) { return std::find(all_.begin(), all_.end(), event); };
    return at(first) < at(then) && at(then) != all_.end();
  }
  void Clear() {
    std::lock_guard lock(mutex_);
    all_.clear();
  }

 private:
  bool Has(const std::string& event) const {
    return std::find(all_.begin(), all_.end(), event) != all_.end();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

// Rules and edge. Subjects are the UIDs of mails, "bad" or "spam".
struct Peers : edge::v1::EdgeService::Service, rules::v1::RulesService::Service {
  explicit Peers(Events& all) : events(all) {}
  Events& events;
  std::mutex mutex;
  std::function<void(const std::string& first)> while_delivering = [](const std::string&) {};
  std::string held;  // from this one on
  bool refuses_bad = false;
  edge::v1::Show show = edge::v1::SHOW_ONLINE;
  uint64_t revision = 1;

  void Set(edge::v1::Show now) {
    std::lock_guard lock(mutex);
    show = now;
    ++revision;
  }

  grpc::Status EvaluateMails(grpc::ServerContext*, const rules::v1::EvaluateMailsRequest* request,
                             rules::v1::EvaluateMailsResponse* response) override {
    events.Add(absl::StrCat("judge ", request->requests_size()));
    for (const auto& each : request->requests()) {
      const bool spam = each.mail().subject() == "spam";
      response->add_responses()->set_verdict(spam ? rules::v1::VERDICT_REJECT
                                                  : rules::v1::VERDICT_KEEP);
    }
    return grpc::Status::OK;
  }

  grpc::Status Deliver(grpc::ServerContext*, const edge::v1::DeliverRequest* request,
                       edge::v1::DeliverResponse* response) override {
    const std::string first = request->deliveries(0).mail().subject();
    const std::string last = request->deliveries(request->deliveries_size() - 1).mail().subject();
    events.Add(absl::StrCat("begin ", first));
    while_delivering(first);
    for (const auto& each : request->deliveries()) {
      if (refuses_bad && each.mail().subject() == "bad") {
        return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad");
      }
      response->add_results(first == held ? edge::v1::DELIVERY_RESULT_HELD
                                          : edge::v1::DELIVERY_RESULT_DELIVERED);
    }
    const bool full = request->mode() == edge::v1::DELIVERY_MODE_FULL;
    events.Add(absl::StrCat(full ? "full " : "digest ", first, "-", last));
    return grpc::Status::OK;
  }

  grpc::Status ListAvailability(grpc::ServerContext* context,
                                const edge::v1::ListAvailabilityRequest* request,
                                edge::v1::ListAvailabilityResponse* response) override {
    for (int i = 0; i < 200 && !context->IsCancelled(); ++i) {
      {
        std::lock_guard lock(mutex);
        if (request->since_revision() != revision) break;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    std::lock_guard lock(mutex);
    response->set_epoch("e");
    response->set_revision(revision);
    auto& user = *response->add_users();
    user.set_user("ann@example.org");
    user.set_show(show);
    user.set_since_unix_ms(1000);
    return grpc::Status::OK;
  }
};

// A mailbox of mails 1 to `count`.
struct FakeSource : MailSource {
  explicit FakeSource(Events& all) : events(all) {}
  Events& events;
  uint32_t count = 0;
  uint32_t settled = 0;
  size_t together = MailHandoff::kMaxFull;
  std::map<uint32_t, std::string> subjects;  // "" for one that is gone
  uint32_t breaks_at = 0;                    // reading this one
  absl::Status break_status = absl::UnavailableError("gone");
  std::string while_settling;  // awaits this before it settles the first mails
  absl::Status settle_status;

  net::Task<absl::Status> Open(const sasl::Credentials&, std::optional<Failure>&) override {
    co_return absl::OkStatus();
  }
  net::Task<absl::StatusOr<NewMail>> Look() override {
    NewMail found;
    for (uint32_t uid = settled + 1; uid <= count; ++uid) {
      MailFacts& facts = found.mails.emplace_back();
      facts.uid = uid;
      facts.size = 100;
      facts.received_unix = 1'000'000 + uid;
    }
    co_return found;
  }
  net::Task<ReadMails> Read(std::vector<WantedMail> wanted) override {
    ReadMails read;
    if (wanted.size() > together) wanted.resize(together);
    events.Add(absl::StrCat("read ", wanted.front().facts.uid, "-", wanted.back().facts.uid));
    for (const WantedMail& each : wanted) {
      if (each.facts.uid == breaks_at && each.depth == Depth::kAll) {
        read.status = break_status;
        read.sure = wanted.size() == 1;
        break;
      }
      read.mails.push_back(MailOf(each));
    }
    co_await net::Sleep(milliseconds(1));
    co_return read;
  }
  std::optional<mail::Mail> MailOf(const WantedMail& wanted) const {
    const auto known = subjects.find(wanted.facts.uid);
    if (known != subjects.end() && known->second.empty()) return std::nullopt;
    mail::Mail mail;
    mail.subject = known == subjects.end() ? absl::StrCat(wanted.facts.uid) : known->second;
    if (wanted.depth == Depth::kHeader) mail.defects.push_back("the header alone");
    if (wanted.depth == Depth::kNothing) mail.subject = "nothing";
    return mail;
  }
  net::Task<absl::Status> Settle(std::vector<MailFacts> mails) override {
    while (!while_settling.empty() && !events.Happened(while_settling)) {
      co_await net::Sleep(milliseconds(5));
    }
    if (!settle_status.ok()) co_return settle_status;
    EXPECT_EQ(mails.front().uid, settled + 1);
    settled = mails.back().uid;
    events.Add(absl::StrCat("settle ", settled));
    co_return absl::OkStatus();
  }
  std::string Id(const MailFacts& facts) const override { return absl::StrCat("id", facts.uid); }
  std::string Ref(const MailFacts&) const override { return ""; }
  net::Task<absl::StatusOr<Stay>> Park() override { co_return Stay(); }
};

class CatchUpTest : public ::testing::Test {
 protected:
  CatchUpTest() {
    account_.id = "acc";
    account_.owner = "ann@example.org";
    account_.actions.away = Action::kDigest;
    account_.actions.dnd = Action::kNothing;
    grpc::ServerBuilder builder;
    builder.RegisterService(static_cast<edge::v1::EdgeService::Service*>(&peers_));
    builder.RegisterService(static_cast<rules::v1::RulesService::Service*>(&peers_));
    server_ = builder.BuildAndStart();
    auto channel = server_->InProcessChannel(grpc::ChannelArguments());
    edge_ = edge::v1::EdgeService::NewStub(channel);
    rules_ = rules::v1::RulesService::NewStub(channel);
    handoff_.emplace(*rules_, *edge_);
    availability_.emplace(*edge_, [](const std::string&) {});
    loops_.Spawn("availability", availability_->Run());
  }
  ~CatchUpTest() override {
    testing::Await(io_, loops_.Stop());
    server_->Shutdown(std::chrono::system_clock::now());
  }

  bool Sees(Show show) {
    for (int i = 0; i < 500; ++i) {
      const Availability now = availability_->Of(account_.owner);
      if (now.known && now.show == show) return true;
      io_.restart();
      io_.run_one_for(milliseconds(10));
    }
    return false;
  }
  absl::StatusOr<int64_t> Run() {
    pass_.emplace(account_, source_, progress_, *availability_, *handoff_);
    pass_->ForceDigest();
    return testing::Await(io_, pass_->Run());
  }
  std::string Handed() { return events_.Only("full "); }

  Events events_;
  boost::asio::io_context io_;
  Account account_;
  Peers peers_{events_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<edge::v1::EdgeService::StubInterface> edge_;
  std::unique_ptr<rules::v1::RulesService::StubInterface> rules_;
  std::optional<MailHandoff> handoff_;
  std::optional<AvailabilityFeed> availability_;
  Progress progress_;
  FakeSource source_{events_};
  std::optional<CatchUp> pass_;
  net::TaskGroup loops_{io_.get_executor()};
};

TEST_F(CatchUpTest, HandsOnInOrderAndSettlesWhatWasHandedOn) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 70;
  source_.subjects = {{2, "spam"}, {3, ""}};
  EXPECT_EQ(*Run(), 0);
  EXPECT_EQ(Handed(), "1-32 33-64 65-70");
  EXPECT_EQ(events_.Only("judge "), "31 32 6") << "one call for each batch";
  EXPECT_EQ(events_.Only("settle "), "32 64 70");
  EXPECT_EQ(progress_.handed_on, 68u);
  EXPECT_EQ(pass_->waiting_since(), std::nullopt);
  for (const auto& [delivered, settled] : std::vector<std::pair<std::string, std::string>>{
           {"full 1-32", "settle 32"}, {"full 33-64", "settle 64"}, {"full 65-70", "settle 70"}}) {
    EXPECT_TRUE(events_.Before(delivered, settled)) << settled;
  }
}

TEST_F(CatchUpTest, ReadsTwoBatchesAheadWhileOneIsHandedOn) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 200;
  bool overlapped = false, ran_ahead = true;
  peers_.while_delivering = [&](const std::string& first) {
    if (first != "1") return;
    overlapped = events_.Await("read 65-96");
    std::this_thread::sleep_for(milliseconds(50));
    ran_ahead = events_.Happened("read 97-128");
  };
  EXPECT_EQ(*Run(), 0);
  EXPECT_TRUE(overlapped);
  EXPECT_FALSE(ran_ahead) << "three batches in memory, no more";
  EXPECT_EQ(source_.settled, 200u);
}

TEST_F(CatchUpTest, SettlesABatchWhileTheNextIsHandedOn) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 64;
  source_.while_settling = "begin 33";
  EXPECT_EQ(*Run(), 0);
  EXPECT_EQ(events_.Only("settle "), "32 64");
}

TEST_F(CatchUpTest, LeavesABatchThatWasReadWhenThePresenceChanges) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 100;
  peers_.while_delivering = [&](const std::string& first) {
    if (first != "1") return;
    EXPECT_TRUE(events_.Await("read 33-64"));
    peers_.Set(edge::v1::SHOW_DND);
    // Until the fetcher has heard of it.
    std::this_thread::sleep_for(milliseconds(300));
  };
  EXPECT_EQ(*Run(), 0);
  EXPECT_EQ(Handed(), "1-32");
  EXPECT_EQ(events_.Only("settle "), "32");
  EXPECT_EQ(pass_->waiting_since(), 1'000'033);
}

TEST_F(CatchUpTest, StopsWhereTheEdgeHoldsMailBack) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 100;
  peers_.held = "33";
  EXPECT_GT(*Run(), 0);
  EXPECT_EQ(events_.Only("begin "), "1 33");
  EXPECT_EQ(events_.Only("settle "), "32");
  EXPECT_EQ(pass_->waiting_since(), 1'000'033);
}

TEST_F(CatchUpTest, HandsOnAndSettlesAllThatCameBeforeTheConnectionBroke) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 100;
  source_.breaks_at = 40;
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Handed(), "1-32 33-39");
  EXPECT_EQ(source_.settled, 39u);
  // The next connections: the bad mail alone, then with less of it; others together again.
  for (int connection = 0; connection < 2; ++connection) {
    events_.Clear();
    EXPECT_FALSE(Run().ok());
    EXPECT_EQ(events_.Only("read "), "40-40");
  }
  events_.Clear();
  EXPECT_EQ(*Run(), 0);
  EXPECT_EQ(events_.Only("read "), "40-40 41-72 73-100");
  EXPECT_EQ(source_.settled, 100u);
}

TEST_F(CatchUpTest, HoldsNothingAgainstAMailThatMerelyCameLastInABrokenBatch) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 10;
  source_.breaks_at = 5;
  source_.break_status = absl::DataLossError("senseless");
  EXPECT_FALSE(Run().ok());
  source_.breaks_at = 0;  // it was another mail's fault, which is gone
  EXPECT_TRUE(Run().ok());
  EXPECT_EQ(events_.Only("full "), "1-4 5-5 6-10");
  EXPECT_EQ(source_.settled, 10u);
}

TEST_F(CatchUpTest, FindsTheMailThatTheEdgeRefuses) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 40;
  source_.subjects = {{3, "bad"}};
  peers_.refuses_bad = true;
  for (int pass = 0; pass < 10 && source_.settled < 40; ++pass) ASSERT_TRUE(Run().ok());
  EXPECT_EQ(source_.settled, 40u);
  EXPECT_EQ(Handed().substr(0, 22), "1-1 2-2 nothing-nothin") << Handed();
  EXPECT_EQ(progress_.handed_on, 40u);
  // All others came as they are: nobody else was taken for the bad one.
  EXPECT_EQ(Handed().find("nothing", 20), std::string::npos) << Handed();
}

TEST_F(CatchUpTest, EndsWhenTheLeaseIsLostAndWaitsWhenItCantBeTold) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 70;
  source_.settle_status = absl::UnavailableError("Redis is away");
  EXPECT_GT(*Run(), 0) << "looks again";
  EXPECT_EQ(events_.Only("begin "), "1 33") << "no more than one batch ahead of the cursor";
  source_.settle_status = absl::AbortedError("another has it");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(source_.settled, 0u);
}

TEST_F(CatchUpTest, WritesDigestsOfManyMails) {
  peers_.Set(edge::v1::SHOW_AWAY);
  ASSERT_TRUE(Sees(Show::kAway));
  source_.count = 250;
  source_.subjects = {{2, "spam"}, {3, ""}};
  EXPECT_EQ(*Run(), 0);
  EXPECT_EQ(events_.Only("digest "), "1-202 203-250");
  EXPECT_EQ(events_.Only("settle "), "202 250");
}

TEST_F(CatchUpTest, ReadsNothingWhileOthersHoldAllTheMemoryThereIs) {
  ASSERT_TRUE(Sees(Show::kOnline));
  source_.count = 70;
  std::optional<MailBudget::Share> all =
      testing::Await(io_, handoff_->budget().Take(MailBudget::kMostBytes));
  pass_.emplace(account_, source_, progress_, *availability_, *handoff_);
  bool ended = false;
  boost::asio::co_spawn(io_, pass_->Run(), [&](auto, auto) { ended = true; });
  io_.restart();
  io_.run_for(milliseconds(50));
  EXPECT_EQ(events_.Only("read "), "");
  all.reset();
  while (!ended) {
    io_.restart();
    io_.run_one_for(milliseconds(10));
  }
  EXPECT_EQ(source_.settled, 70u);
  EXPECT_EQ(handoff_->budget().held_bytes(), 0u);
}

}  // namespace
}  // namespace postern::fetcher
