#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "postern/admin/v1/admin.grpc.pb.h"

namespace postern::testing {

// An admin whose account changes are a list of answers, told one after the other;
// after the last there is nothing new.
class PagedAdmin final : public admin::v1::AdminService::Service {
 public:
  PagedAdmin() {
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    stub = admin::v1::AdminService::NewStub(server_->InProcessChannel({}));
  }
  ~PagedAdmin() override { server_->Shutdown(); }

  // `ids` on a page; those that begin with '-' are removed.
  void Page(const std::vector<std::string>& ids, bool snapshot, bool more) {
    admin::v1::ListAccountChangesResponse page;
    for (const std::string& id : ids) {
      if (id[0] == '-') {
        page.add_removed_ids(id.substr(1));
        continue;
      }
      admin::v1::Account& account = *page.add_changed();
      account.set_id(id);
      account.set_owner("bob@a.example");
      account.set_name(id);
      account.set_type(admin::v1::ACCOUNT_TYPE_SMTP);
      account.set_enabled(true);
    }
    page.set_snapshot(snapshot);
    page.set_more(more);
    std::lock_guard lock(mutex_);
    page.set_revision(pages_.size() + 1);
    pages_.push_back(std::move(page));
    came_.notify_all();
  }

  // True when all pages have been told and something else was asked after the last.
  bool AllTold() {
    std::lock_guard lock(mutex_);
    return asked_after_last_;
  }

  grpc::Status ListAccountChanges(grpc::ServerContext*,
                                  const admin::v1::ListAccountChangesRequest* request,
                                  admin::v1::ListAccountChangesResponse* response) override {
    {
      std::unique_lock lock(mutex_);
      // Whoever was promised more gets it.
      came_.wait_for(lock, std::chrono::seconds(5), [&] {
        return request->since_revision() < pages_.size() || pages_.empty() || !pages_.back().more();
      });
      if (request->since_revision() < pages_.size()) {
        asked_after_last_ = false;
        *response = pages_[request->since_revision()];
        return grpc::Status::OK;
      }
      asked_after_last_ = true;
      response->set_revision(request->since_revision());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(request->wait_ms(), 50u)));
    return grpc::Status::OK;
  }

  std::unique_ptr<admin::v1::AdminService::Stub> stub;

 private:
  std::mutex mutex_;  // gRPC's threads
  std::condition_variable came_;
  std::vector<admin::v1::ListAccountChangesResponse> pages_;
  bool asked_after_last_ = false;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace postern::testing
