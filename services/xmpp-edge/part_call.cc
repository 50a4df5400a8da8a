#include "services/xmpp-edge/part_call.h"

#include <functional>
#include <utility>

#include "lib/rpc/status.h"
#include "lib/rpc/stream.h"
#include "lib/rpc/unary.h"

namespace postern::xmpp_edge {

using fetcher::v1::ReadMailPartRequest;
using fetcher::v1::ReadMailPartResponse;

// Lives until gRPC is done with the call, whoever has gone before.
class PartCall::Reactor final : public grpc::ClientReadReactor<ReadMailPartResponse> {
 public:
  Reactor(boost::asio::any_io_executor executor, ReadMailPartRequest request,
          std::chrono::milliseconds limit)
      : steps_(std::make_shared<rpc::StreamSteps>(executor)), request_(std::move(request)) {
    rpc::Prepare(context_, limit);
  }

  void Begin(fetcher::v1::FetcherService::StubInterface& fetcher, std::shared_ptr<Reactor> self) {
    self_ = std::move(self);
    fetcher.async()->ReadMailPart(&context_, &request_, this);
    AddHold();  // reads are begun from outside: no end before RemoveHold
    StartCall();
  }

  net::Task<std::optional<ReadMailPartResponse>> Read() {
    message_.Clear();
    std::function<void()> begin = [this] { StartRead(&message_); };
    const bool came = co_await steps_->Step(std::move(begin));
    if (!came) co_return std::nullopt;
    co_return std::move(message_);
  }

  net::Task<absl::Status> Finish() {
    std::function<void(rpc::Done)> start = [this](rpc::Done done) {
      done_ = std::move(done);
      RemoveHold();
    };
    finishing_ = true;
    const grpc::Status status = co_await rpc::AwaitDone(context_, std::move(start));
    co_return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }

  void LetGo() {
    if (finishing_) return;  // AwaitDone has cancelled it
    context_.TryCancel();
    RemoveHold();
  }

 private:
  void OnReadDone(bool ok) override { steps_->Ended(ok); }
  void OnDone(const grpc::Status& status) override {
    if (done_) done_(status);
    self_.reset();
  }

  const std::shared_ptr<rpc::StreamSteps> steps_;
  const ReadMailPartRequest request_;
  grpc::ClientContext context_;
  ReadMailPartResponse message_;
  rpc::Done done_;
  bool finishing_ = false;
  std::shared_ptr<Reactor> self_;
};

PartCall::PartCall(boost::asio::any_io_executor executor,
                   fetcher::v1::FetcherService::StubInterface& fetcher, ReadMailPartRequest request,
                   std::chrono::milliseconds limit)
    : reactor_(std::make_shared<Reactor>(executor, std::move(request), limit)) {
  reactor_->Begin(fetcher, reactor_);
}

PartCall::~PartCall() { reactor_->LetGo(); }

net::Task<std::optional<ReadMailPartResponse>> PartCall::Read() {
  co_return co_await reactor_->Read();
}

net::Task<absl::Status> PartCall::Finish() { co_return co_await reactor_->Finish(); }

}  // namespace postern::xmpp_edge
