// The services around a sender, made up: admin with N accounts that send through one server,
// an edge that hears what became of each mail. So a sender can be measured alone.
//
//   bench_sender_peers LISTEN_ADDR ACCOUNTS HOST PORT
//
// The accounts are "send-0" to "send-N" of "user0@jabber.test" to "userN@jabber.test", without
// a login; HOST "relay": they use the operator's relay. Commands come on standard input, each
// is answered by one line:
//
//   stat       mails of which the edge was told: sent, failed, delayed; told a second time;
//              health OK, health ERROR
#include <grpcpp/server_builder.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/net/deadline.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/serve.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "postern/edge/v1/edge.grpc.pb.h"

namespace postern::bench {
namespace {

constexpr uint64_t kPage = 500;  // accounts

// What happened, told by gRPC's threads. A bench is no service: it has a mutex.
class Record {
 public:
  void Outcome(const edge::v1::ReportOutcomeRequest& report) {
    const std::lock_guard lock(mutex_);
    for (const edge::v1::RecipientOutcome& one : report.recipients()) {
      if (one.outcome() == edge::v1::OUTCOME_DELAYED) {
        ++delayed_;
        continue;
      }
      if (!told_.insert(report.message_id()).second) ++twice_;
      ++(one.outcome() == edge::v1::OUTCOME_SENT ? sent_ : failed_);
    }
  }
  void Health(admin::v1::HealthState state) {
    const std::lock_guard lock(mutex_);
    if (state == admin::v1::HEALTH_STATE_OK) ++well_;
    if (state == admin::v1::HEALTH_STATE_ERROR) ++ill_;
  }
  std::string Obey(const std::string& command) {
    const std::lock_guard lock(mutex_);
    if (command != "stat") return "unknown";
    return absl::StrCat(sent_, " ", failed_, " ", delayed_, " ", twice_, " ", well_, " ", ill_);
  }

 private:
  std::mutex mutex_;
  absl::flat_hash_set<std::string> told_;
  uint64_t sent_ = 0, failed_ = 0, delayed_ = 0, twice_ = 0, well_ = 0, ill_ = 0;
};

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

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
    return Finish(context);
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
  explicit Edge(Record& record) : record_(record) {}

  grpc::ServerUnaryReactor* ReportOutcome(grpc::CallbackServerContext* context,
                                          const edge::v1::ReportOutcomeRequest* request,
                                          edge::v1::ReportOutcomeResponse*) override {
    record_.Outcome(*request);
    return Finish(context);
  }
  grpc::ServerUnaryReactor* ReportOutcomes(grpc::CallbackServerContext* context,
                                           const edge::v1::ReportOutcomesRequest* request,
                                           edge::v1::ReportOutcomesResponse*) override {
    for (const auto& report : request->reports()) record_.Outcome(report);
    return Finish(context);
  }

 private:
  Record& record_;
};

std::vector<admin::v1::Account> MakeAccounts(int count, const std::string& host, int port) {
  std::vector<admin::v1::Account> accounts(count);
  for (int i = 0; i < count; ++i) {
    admin::v1::Account& account = accounts[i];
    account.set_id(absl::StrCat("send-", i));
    account.set_owner(absl::StrCat("user", i, "@jabber.test"));
    account.set_name("out");
    account.set_enabled(true);
    account.set_default_from(absl::StrCat("user", i, "@bench.test"));
    account.set_settings_revision(1);
    account.set_store_password(true);
    account.mutable_sending()->set_sent_folder("-");
    if (host == "relay") {
      account.set_type(admin::v1::ACCOUNT_TYPE_GLOBAL_SMTP);
      continue;
    }
    account.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
    account.set_host(host);
    account.set_port(port);
    account.set_security(admin::v1::SECURITY_NONE);
  }
  return accounts;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern;
  using namespace postern::bench;
  if (argc != 5) {
    std::cerr << "usage: bench_sender_peers ADDR ACCOUNTS HOST PORT\n";
    return 2;
  }
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  Record record;
  Admin admin(io.get_executor(), MakeAccounts(std::atoi(argv[2]), argv[3], std::atoi(argv[4])),
              record);
  Edge edge(record);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(rpc::kMaxMessageBytes);
  builder.RegisterService(&admin);
  builder.RegisterService(&edge);
  const auto server = builder.BuildAndStart();
  if (!server) return std::cerr << "can't listen on " << argv[1] << "\n", 1;

  std::thread calls([&io] { io.run(); });
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << record.Obey(line) << std::endl;
  }
  std::_Exit(0);  // gRPC 1.51 may abort when its last queue goes
}
