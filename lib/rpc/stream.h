#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "lib/net/event.h"
#include "lib/net/task.h"
#include "lib/rpc/status.h"

// Streams served by coroutines, as Serve (serve.h) does it with single answers.
namespace postern::rpc {

// One step of a stream at a time: begun by a coroutine on the service's executor, ended by
// gRPC on a thread of its own. Shared by both, however either of them ends.
class StreamSteps : public std::enable_shared_from_this<StreamSteps> {
 public:
  explicit StreamSteps(boost::asio::any_io_executor executor);

  // Runs `begin`, and waits for Ended(); false when the stream is over.
  net::Task<bool> Step(std::function<void()> begin);
  // From any thread.
  void Ended(bool ok);
  // True while a step is, though its coroutine may be gone.
  bool under_way() const { return under_way_; }
  // Calls `then` as soon as none is.
  void WhenIdle(std::function<void()> then);

 private:
  boost::asio::any_io_executor executor_;
  net::Event ended_;
  std::function<void()> when_idle_;
  bool under_way_ = false;
  bool ok_ = false;
};

// Where a handler puts the messages of its answer.
template <class Response>
class StreamWriter {
 public:
  StreamWriter(grpc::ServerWriteReactor<Response>& reactor, StreamSteps& steps)
      : reactor_(reactor), steps_(steps) {}

  // Waits until gRPC has taken it, which it does as fast as the client reads. kCancelled when
  // the client is gone, or its deadline has passed.
  net::Task<absl::Status> Write(Response message) {
    message_ = std::move(message);
    std::function<void()> begin = [this] { reactor_.StartWrite(&message_); };
    const bool taken = co_await steps_.Step(std::move(begin));
    co_return taken ? absl::OkStatus() : absl::CancelledError("the caller is gone");
  }

 private:
  grpc::ServerWriteReactor<Response>& reactor_;
  StreamSteps& steps_;
  Response message_;
};

// Where a handler takes the messages of its request from.
template <class Request>
class StreamReader {
 public:
  StreamReader(grpc::ServerReadReactor<Request>& reactor, StreamSteps& steps)
      : reactor_(reactor), steps_(steps) {}

  // The next message. Nothing behind the last one, and also when the client is gone or its
  // deadline has passed: what has to be whole says beforehand how much it is.
  net::Task<std::optional<Request>> Read() {
    message_.Clear();
    std::function<void()> begin = [this] { reactor_.StartRead(&message_); };
    const bool came = co_await steps_.Step(std::move(begin));
    if (!came) co_return std::nullopt;
    co_return std::move(message_);
  }

 private:
  grpc::ServerReadReactor<Request>& reactor_;
  StreamSteps& steps_;
  Request message_;
};

namespace internal {

// Reactors live until gRPC is done with the call, and end on the executor's thread.

template <class Response>
class WriteReactor final : public grpc::ServerWriteReactor<Response> {
 public:
  WriteReactor(boost::asio::any_io_executor executor, grpc::CallbackServerContext* context)
      : executor_(executor),
        context_(context),
        steps_(std::make_shared<StreamSteps>(executor)),
        writer_(*this, *steps_) {}

  StreamWriter<Response>& writer() { return writer_; }
  void End(const absl::Status& status) {
    // A message that nobody waits for any more is not waited for either.
    if (steps_->under_way()) context_->TryCancel();
    steps_->WhenIdle([this, status] { this->Finish(ToGrpc(status)); });
  }

 private:
  void OnWriteDone(bool ok) override { steps_->Ended(ok); }
  void OnDone() override {
    boost::asio::post(executor_, [self = std::unique_ptr<WriteReactor>(this)] {});
  }

  boost::asio::any_io_executor executor_;
  grpc::CallbackServerContext* const context_;
  const std::shared_ptr<StreamSteps> steps_;
  StreamWriter<Response> writer_;
};

template <class Request>
class ReadReactor final : public grpc::ServerReadReactor<Request> {
 public:
  explicit ReadReactor(boost::asio::any_io_executor executor)
      : executor_(executor),
        steps_(std::make_shared<StreamSteps>(executor)),
        reader_(*this, *steps_) {}

  StreamReader<Request>& reader() { return reader_; }
  void End(const absl::Status& status) { this->Finish(ToGrpc(status)); }

 private:
  void OnReadDone(bool ok) override { steps_->Ended(ok); }
  void OnDone() override {
    boost::asio::post(executor_, [self = std::unique_ptr<ReadReactor>(this)] {});
  }

  boost::asio::any_io_executor executor_;
  const std::shared_ptr<StreamSteps> steps_;
  StreamReader<Request> reader_;
};

}  // namespace internal

// Runs `make()`'s coroutine on the executor, and calls `end` there with what it answered.
void RunHandler(boost::asio::any_io_executor executor,
                std::function<net::Task<absl::Status>()> make,
                std::function<void(absl::Status)> end);

// Runs `make(writer)`'s coroutine on the service's executor, and finishes the stream with what
// it answers. The writer lives as long as the coroutine. A client that goes away ends the
// coroutine at its next write, and not before.
template <class Response>
grpc::ServerWriteReactor<Response>* ServeWriting(
    boost::asio::any_io_executor executor, grpc::CallbackServerContext* context,
    std::function<net::Task<absl::Status>(StreamWriter<Response>&)> make) {
  auto* reactor = new internal::WriteReactor<Response>(executor, context);
  RunHandler(
      executor, [reactor, make = std::move(make)] { return make(reactor->writer()); },
      [reactor](absl::Status status) { reactor->End(status); });
  return reactor;
}

// The same of a stream that is read; the call may be answered before its end.
template <class Request>
grpc::ServerReadReactor<Request>* ServeReading(
    boost::asio::any_io_executor executor,
    std::function<net::Task<absl::Status>(StreamReader<Request>&)> make) {
  auto* reactor = new internal::ReadReactor<Request>(executor);
  RunHandler(
      executor, [reactor, make = std::move(make)] { return make(reactor->reader()); },
      [reactor](absl::Status status) { reactor->End(status); });
  return reactor;
}

}  // namespace postern::rpc
