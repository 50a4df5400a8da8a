#include "services/sender/filing/append_call.h"

#include <functional>
#include <utility>

#include "lib/rpc/status.h"

namespace postern::sender {

using fetcher::v1::AppendMailRequest;
using fetcher::v1::AppendMailResponse;

// Lives until gRPC is done with the call, whoever has gone before.
class AppendCall::Reactor final : public grpc::ClientWriteReactor<AppendMailRequest> {
 public:
  Reactor(boost::asio::any_io_executor executor, std::chrono::milliseconds limit)
      : steps_(std::make_shared<rpc::StreamSteps>(executor)) {
    rpc::Prepare(context_, limit);
  }

  void Begin(fetcher::v1::FetcherService::StubInterface& fetcher, std::shared_ptr<Reactor> self) {
    self_ = std::move(self);
    fetcher.async()->AppendMail(&context_, &response_, this);
    AddHold();  // writes are begun from outside: no end before RemoveHold
    StartCall();
  }

  net::Task<bool> Write(AppendMailRequest message) {
    message_ = std::move(message);
    std::function<void()> begin = [this] { StartWrite(&message_); };
    co_return co_await steps_->Step(std::move(begin));
  }

  net::Task<absl::StatusOr<AppendMailResponse>> Finish() {
    std::function<void(rpc::Done)> start = [this](rpc::Done done) {
      done_ = std::move(done);
      StartWritesDone();
      RemoveHold();
    };
    finishing_ = true;
    const grpc::Status status = co_await rpc::AwaitDone(context_, std::move(start));
    if (!status.ok()) co_return rpc::FromGrpc(status);
    co_return std::move(response_);
  }

  void LetGo() {
    if (finishing_) return;  // AwaitDone has cancelled it
    context_.TryCancel();
    RemoveHold();
  }

 private:
  void OnWriteDone(bool ok) override { steps_->Ended(ok); }
  void OnDone(const grpc::Status& status) override {
    if (done_) done_(status);
    self_.reset();
  }

  const std::shared_ptr<rpc::StreamSteps> steps_;
  grpc::ClientContext context_;
  AppendMailRequest message_;
  AppendMailResponse response_;
  rpc::Done done_;
  bool finishing_ = false;
  std::shared_ptr<Reactor> self_;
};

AppendCall::AppendCall(boost::asio::any_io_executor executor,
                       fetcher::v1::FetcherService::StubInterface& fetcher,
                       std::chrono::milliseconds limit)
    : reactor_(std::make_shared<Reactor>(executor, limit)) {
  reactor_->Begin(fetcher, reactor_);
}

AppendCall::~AppendCall() { reactor_->LetGo(); }

net::Task<bool> AppendCall::Write(AppendMailRequest message) {
  co_return co_await reactor_->Write(std::move(message));
}

net::Task<absl::StatusOr<AppendMailResponse>> AppendCall::Finish() {
  co_return co_await reactor_->Finish();
}

}  // namespace postern::sender
