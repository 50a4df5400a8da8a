#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "postern/admin/v1/admin.grpc.pb.h"
#include "postern/edge/v1/edge.grpc.pb.h"

namespace postern::testing {

// Admin as the sender sees it. Its calls come on gRPC's threads.
class FakeAdmin final : public admin::v1::AdminService::Service {
 public:
  void SetUp(bool up) {
    std::lock_guard lock(mutex_);
    up_ = up;
  }
  void Put(admin::v1::Account account) {
    std::lock_guard lock(mutex_);
    account.set_settings_revision(++revision_);
    accounts_[account.id()] = account;
    changed_.notify_all();
  }
  void Remove(const std::string& id) {
    std::lock_guard lock(mutex_);
    ++revision_;
    accounts_.erase(id);
    changed_.notify_all();
  }
  admin::v1::ReportHealthRequest Health(const std::string& id) {
    std::lock_guard lock(mutex_);
    return health_[id];
  }

  // "CHECKING OK ", as they were told, of all accounts.
  std::string States() {
    std::lock_guard lock(mutex_);
    return states_;
  }

  grpc::Status ListAccountChanges(grpc::ServerContext*,
                                  const admin::v1::ListAccountChangesRequest* request,
                                  admin::v1::ListAccountChangesResponse* response) override {
    std::unique_lock lock(mutex_);
    const auto wait = std::chrono::milliseconds(std::min<uint32_t>(request->wait_ms(), 200));
    changed_.wait_for(lock, wait, [&] { return revision_ > request->since_revision(); });
    if (!up_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "admin is away");
    response->set_revision(revision_);
    response->set_snapshot(true);
    for (const auto& [id, account] : accounts_) *response->add_changed() = account;
    return grpc::Status::OK;
  }
  grpc::Status ReportHealth(grpc::ServerContext*, const admin::v1::ReportHealthRequest* request,
                            admin::v1::ReportHealthResponse*) override {
    std::lock_guard lock(mutex_);
    health_[request->account_id()] = *request;
    states_ += admin::v1::HealthState_Name(request->state()).substr(13) + " ";
    return grpc::Status::OK;
  }
  // Access tokens of everybody, given out in this order, the last one again; none: no consent.
  std::vector<std::string> tokens;
  grpc::Status GetAccessToken(grpc::ServerContext*, const admin::v1::GetAccessTokenRequest* request,
                              admin::v1::GetAccessTokenResponse* response) override {
    std::lock_guard lock(mutex_);
    while (tokens.size() > 1 && tokens.front() == request->refused_token()) {
      tokens.erase(tokens.begin());
    }
    if (tokens.empty()) return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no consent");
    response->set_token(tokens.front());
    response->set_expires_unix(std::time(nullptr) + 3600);
    return grpc::Status::OK;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool up_ = true;
  uint64_t revision_ = 1;
  std::map<std::string, admin::v1::Account> accounts_;
  std::map<std::string, admin::v1::ReportHealthRequest> health_;
  std::string states_;
};

// The edge as the sender sees it.
class FakeEdge final : public edge::v1::EdgeService::Service {
 public:
  void SetUp(bool up) {
    std::lock_guard lock(mutex_);
    up_ = up;
  }
  int refused() {
    std::lock_guard lock(mutex_);
    return refused_;
  }
  // "bob@example.net SENT 250 queued", in the order of arrival.
  std::vector<std::string> Outcomes() {
    std::lock_guard lock(mutex_);
    return outcomes_;
  }

  grpc::Status ReportOutcome(grpc::ServerContext*, const edge::v1::ReportOutcomeRequest* request,
                             edge::v1::ReportOutcomeResponse*) override {
    std::lock_guard lock(mutex_);
    ++calls_;
    return Hear(*request);
  }
  grpc::Status ReportOutcomes(grpc::ServerContext*, const edge::v1::ReportOutcomesRequest* request,
                              edge::v1::ReportOutcomesResponse*) override {
    std::lock_guard lock(mutex_);
    if (!hears_many_) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not known here");
    ++calls_;
    for (const auto& report : request->reports()) {
      if (const grpc::Status heard = Hear(report); !heard.ok()) return heard;
    }
    return grpc::Status::OK;
  }
  // Outcomes come one by one only.
  void HearNoneTogether() {
    std::lock_guard lock(mutex_);
    hears_many_ = false;
  }
  // In how many calls the outcomes came, refused ones too.
  int calls() {
    std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  grpc::Status Hear(const edge::v1::ReportOutcomeRequest& report) {
    if (!up_) {
      ++refused_;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the component link is down");
    }
    for (const auto& r : report.recipients()) {
      const std::string outcome = edge::v1::Outcome_Name(r.outcome()).substr(8);
      outcomes_.push_back(report.context() + ": " + r.recipient() + " " + outcome + " " +
                          r.reason());
    }
    return grpc::Status::OK;
  }

  std::mutex mutex_;
  bool up_ = true;
  bool hears_many_ = true;
  int refused_ = 0, calls_ = 0;
  std::vector<std::string> outcomes_;
};

}  // namespace postern::testing
