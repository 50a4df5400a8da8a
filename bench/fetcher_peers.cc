// The services around a fetcher, made up: admin with N accounts, an edge whose users are
// all there, rules that keep everything. So a fetcher can be measured alone.
//
//   bench_fetcher_peers LISTEN_ADDR KEY_FILE LOG ACCOUNTS PORT LOGIN HOST...
//
// The accounts are "park-0" to "park-N", of LOGIN with a "%" for the number ("user%@park.test"),
// spread over the HOSTs. Commands come on standard input, each is answered by one line:
//
//   stat       mails judged, mails delivered, delivered twice, calls to the rules,
//              calls to the edge, health OK, health ERROR
//   bytes      of text in the mails that were delivered
//   flush      LOG is complete
//
// LOG gets "MESSAGE_ID NANOSECONDS" (CLOCK_MONOTONIC) when the rules first see a mail.
#include <grpcpp/server_builder.h>
#include <time.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/crypto/secret_box.h"
#include "lib/net/deadline.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/serve.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "postern/edge/v1/edge.grpc.pb.h"
#include "postern/rules/v1/rules.grpc.pb.h"

namespace postern::bench {
namespace {

constexpr size_t kLogBytes = 64 << 20;  // kept until `flush`: a disk that is busy delays nothing
constexpr uint64_t kPage = 500;         // accounts

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// What happened, told by gRPC's threads. A bench is no service: it has a mutex.
class Record {
 public:
  explicit Record(const char* path) : log_(std::fopen(path, "w")) {
    if (!log_) std::perror(path), std::exit(1);
    std::setvbuf(log_, nullptr, _IOFBF, kLogBytes);
  }

  void Judged(const std::string& message_id, int64_t now) {
    const std::lock_guard lock(mutex_);
    if (!judged_.insert(message_id).second) return;
    std::fprintf(log_, "%s %lld\n", message_id.c_str(), static_cast<long long>(now));
  }
  void Delivered(const edge::v1::DeliverRequest& request) {
    const std::lock_guard lock(mutex_);
    ++deliver_calls_;
    for (const edge::v1::Delivery& delivery : request.deliveries()) {
      if (!delivered_.insert(delivery.delivery_id()).second) ++twice_;
      bytes_ += delivery.mail().text().size();
    }
  }
  void CountRulesCall() {
    const std::lock_guard lock(mutex_);
    ++rules_calls_;
  }
  void Health(admin::v1::HealthState state) {
    const std::lock_guard lock(mutex_);
    if (state == admin::v1::HEALTH_STATE_OK) ++well_;
    if (state == admin::v1::HEALTH_STATE_ERROR) ++ill_;
  }
  std::string Obey(const std::string& command) {
    const std::lock_guard lock(mutex_);
    if (command == "flush") return std::fflush(log_) == 0 ? "ok" : "the log can't be written";
    if (command == "bytes") return absl::StrCat(bytes_);
    if (command != "stat") return "unknown";
    return absl::StrCat(judged_.size(), " ", delivered_.size(), " ", twice_, " ", rules_calls_, " ",
                        deliver_calls_, " ", well_, " ", ill_);
  }

 private:
  std::mutex mutex_;
  FILE* const log_;
  absl::flat_hash_set<std::string> judged_, delivered_;
  uint64_t twice_ = 0, rules_calls_ = 0, deliver_calls_ = 0, well_ = 0, ill_ = 0, bytes_ = 0;
};

std::string Owner(uint64_t number) { return absl::StrCat("user", number, "@jabber.test"); }

class Admin final : public admin::v1::AdminService::CallbackService {
 public:
  Admin(boost::asio::any_io_executor executor, std::vector<admin::v1::Account> accounts,
        Record& record)
      : executor_(std::move(executor)), accounts_(std::move(accounts)), record_(record) {}

  grpc::ServerUnaryReactor* ListAccountChanges(
      grpc::CallbackServerContext* context, const admin::v1::ListAccountChangesRequest* request,
      admin::v1::ListAccountChangesResponse* response) override {
    return rpc::Serve(executor_, context, [=, this] { return List(*request, *response); });
  }

  grpc::ServerUnaryReactor* ReportHealth(grpc::CallbackServerContext* context,
                                         const admin::v1::ReportHealthRequest* request,
                                         admin::v1::ReportHealthResponse*) override {
    record_.Health(request->state());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  // The revision is the number of the page that comes next.
  net::Task<absl::Status> List(const admin::v1::ListAccountChangesRequest& request,
                               admin::v1::ListAccountChangesResponse& response) {
    const uint64_t page = request.since_revision();
    const uint64_t first = page * kPage;
    if (page > 0 && first >= accounts_.size()) {
      response.set_revision(page);
      co_await net::Sleep(std::chrono::milliseconds(request.wait_ms()));
      co_return absl::OkStatus();
    }
    const uint64_t end = std::min<uint64_t>(first + kPage, accounts_.size());
    for (uint64_t i = first; i < end; ++i) *response.add_changed() = accounts_[i];
    response.set_revision(page + 1);
    response.set_snapshot(page == 0);
    response.set_more(end < accounts_.size());
    co_return absl::OkStatus();
  }

  const boost::asio::any_io_executor executor_;
  const std::vector<admin::v1::Account> accounts_;
  Record& record_;
};

class Edge final : public edge::v1::EdgeService::CallbackService {
 public:
  Edge(boost::asio::any_io_executor executor, uint64_t users, Record& record)
      : executor_(std::move(executor)), users_(users), record_(record) {}

  grpc::ServerUnaryReactor* ListAvailability(
      grpc::CallbackServerContext* context, const edge::v1::ListAvailabilityRequest* request,
      edge::v1::ListAvailabilityResponse* response) override {
    return rpc::Serve(executor_, context, [=, this] { return List(*request, *response); });
  }

  grpc::ServerUnaryReactor* Deliver(grpc::CallbackServerContext* context,
                                    const edge::v1::DeliverRequest* request,
                                    edge::v1::DeliverResponse* response) override {
    record_.Delivered(*request);
    for (int i = 0; i < request->deliveries_size(); ++i) {
      response->add_results(edge::v1::DELIVERY_RESULT_DELIVERED);
    }
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  net::Task<absl::Status> List(const edge::v1::ListAvailabilityRequest& request,
                               edge::v1::ListAvailabilityResponse& response) {
    response.set_epoch("bench");
    response.set_revision(1);
    if (request.epoch() == "bench" && request.since_revision() == 1) {
      co_await net::Sleep(std::chrono::milliseconds(request.wait_ms()));
      co_return absl::OkStatus();
    }
    response.set_snapshot(true);
    for (uint64_t i = 0; i < users_; ++i) {
      edge::v1::UserAvailability& user = *response.add_users();
      user.set_user(Owner(i));
      user.set_show(edge::v1::SHOW_ONLINE);
      user.set_since_unix_ms(1);
    }
    co_return absl::OkStatus();
  }

  const boost::asio::any_io_executor executor_;
  const uint64_t users_;
  Record& record_;
};

class Rules final : public rules::v1::RulesService::CallbackService {
 public:
  explicit Rules(Record& record) : record_(record) {}

  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context,
                                     const rules::v1::EvaluateRequest* request,
                                     rules::v1::EvaluateResponse* response) override {
    const int64_t now = Now();
    record_.CountRulesCall();
    Keep(*request, *response, now);
    return Finish(context);
  }

  grpc::ServerUnaryReactor* EvaluateMails(grpc::CallbackServerContext* context,
                                          const rules::v1::EvaluateMailsRequest* request,
                                          rules::v1::EvaluateMailsResponse* response) override {
    const int64_t now = Now();
    record_.CountRulesCall();
    for (const auto& one : request->requests()) Keep(one, *response->add_responses(), now);
    return Finish(context);
  }

 private:
  void Keep(const rules::v1::EvaluateRequest& request, rules::v1::EvaluateResponse& response,
            int64_t now) {
    record_.Judged(request.mail().message_id(), now);
    response.set_verdict(rules::v1::VERDICT_KEEP);
  }
  static grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  Record& record_;
};

std::vector<admin::v1::Account> MakeAccounts(const crypto::SecretBox& box, int count, int port,
                                             const std::string& login,
                                             const std::vector<std::string>& hosts) {
  std::vector<admin::v1::Account> accounts(count);
  for (int i = 0; i < count; ++i) {
    admin::v1::Account& account = accounts[i];
    account.set_id(absl::StrCat("park-", i));
    account.set_owner(Owner(i));
    account.set_name("box");
    account.set_type(admin::v1::ACCOUNT_TYPE_IMAP);
    account.set_enabled(true);
    account.set_host(hosts[i % hosts.size()]);
    account.set_port(port);
    account.set_security(admin::v1::SECURITY_TLS);
    account.set_login(absl::StrReplaceAll(login, {{"%", absl::StrCat(i)}}));
    account.set_sealed_password(box.Seal(crypto::Secret("correct-horse-battery"), account.id()));
    account.set_store_password(true);
    account.set_mailbox("INBOX");
    account.set_settings_revision(1);
  }
  return accounts;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern;
  using namespace postern::bench;
  if (argc < 8) {
    std::cerr << "usage: bench_fetcher_peers ADDR KEY_FILE LOG ACCOUNTS PORT LOGIN HOST...\n";
    return 2;
  }
  auto box = crypto::SecretBox::FromFile(argv[2]);
  if (!box.ok()) return std::cerr << box.status() << "\n", 2;
  const std::vector<std::string> hosts(argv + 7, argv + argc);
  const int count = std::atoi(argv[4]);

  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  Record record(argv[3]);
  Admin admin(io.get_executor(), MakeAccounts(*box, count, std::atoi(argv[5]), argv[6], hosts),
              record);
  Edge edge(io.get_executor(), count, record);
  Rules rules(record);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(rpc::kMaxMessageBytes);
  for (grpc::Service* service :
       {static_cast<grpc::Service*>(&admin), static_cast<grpc::Service*>(&edge),
        static_cast<grpc::Service*>(&rules)}) {
    builder.RegisterService(service);
  }
  const auto server = builder.BuildAndStart();
  if (!server) return std::cerr << "can't listen on " << argv[1] << "\n", 1;

  std::thread calls([&io] { io.run(); });
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << record.Obey(line) << std::endl;
  }
  std::_Exit(0);  // gRPC 1.51 may abort when its last queue goes
}
