// Streams of gRPC, served by coroutines.

#include "lib/rpc/stream.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <thread>

#include "lib/net/deadline.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"

namespace postern::rpc {
namespace {

using namespace std::chrono_literals;
using fetcher::v1::AppendMailRequest;
using fetcher::v1::AppendMailResponse;
using fetcher::v1::FetcherService;
using fetcher::v1::ReadMailPartRequest;
using fetcher::v1::ReadMailPartResponse;

using Writer = StreamWriter<ReadMailPartResponse>;
using Reader = StreamReader<AppendMailRequest>;

// Counts to what it is asked for; adds up what it is told.
class Counting : public FetcherService::CallbackService {
 public:
  explicit Counting(boost::asio::any_io_executor executor) : executor_(executor) {}

  grpc::ServerWriteReactor<ReadMailPartResponse>* ReadMailPart(
      grpc::CallbackServerContext* context, const ReadMailPartRequest* request) override {
    std::function<net::Task<absl::Status>(Writer&)> make = [=, this](Writer& writer) {
      return Count(*request, writer);
    };
    return ServeWriting<ReadMailPartResponse>(executor_, context, std::move(make));
  }

  grpc::ServerReadReactor<AppendMailRequest>* AppendMail(grpc::CallbackServerContext*,
                                                         AppendMailResponse* response) override {
    std::function<net::Task<absl::Status>(Reader&)> make = [=, this](Reader& reader) {
      return Add(reader, *response);
    };
    return ServeReading<AppendMailRequest>(executor_, std::move(make));
  }

  std::promise<absl::Status> counted;  // how Count ended

 private:
  net::Task<absl::Status> CountTo(uint32_t last, Writer& writer) {
    for (uint32_t i = 1; i <= last; ++i) {
      ReadMailPartResponse message;
      message.set_data(std::string(1000, static_cast<char>('a' + i % 26)));
      message.mutable_about()->set_size(i);
      absl::Status written = co_await writer.Write(std::move(message));
      if (!written.ok()) co_return written;
    }
    co_return absl::NotFoundError("that was all");
  }

  net::Task<absl::Status> Count(const ReadMailPartRequest& request, Writer& writer) {
    absl::Status status;
    if (request.id() == "impatient") {
      status = co_await net::WithDeadline(50ms, CountTo(request.attachment(), writer));
    } else {
      status = co_await CountTo(request.attachment(), writer);
    }
    counted.set_value(status);
    co_return status;
  }

  net::Task<void> ReadOne(Reader& reader, std::optional<AppendMailRequest>& message) {
    message = co_await reader.Read();
  }

  net::Task<absl::Status> Add(Reader& reader, AppendMailResponse& response) {
    size_t messages = 0;
    for (;;) {
      std::optional<AppendMailRequest> message;
      const bool in_time = co_await net::EndsWithin(100ms, ReadOne(reader, message));
      if (!in_time) co_return absl::DeadlineExceededError("nothing came");
      if (!message) break;
      if (message->mailbox() == "bad") co_return absl::InvalidArgumentError("mailbox: bad");
      response.mutable_id()->append(message->data());
      ++messages;
    }
    response.set_mailbox(absl::StrCat(messages));
    co_return absl::OkStatus();
  }

  boost::asio::any_io_executor executor_;
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = FetcherService::NewStub(server_->InProcessChannel({}));
  }
  ~StreamTest() override {
    server_->Shutdown();
    work_.reset();
    thread_.join();
  }
  static ReadMailPartRequest UpTo(uint32_t last, const std::string& id = "") {
    ReadMailPartRequest request;
    request.set_attachment(last);
    request.set_id(id);
    return request;
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  Counting service_{io_.get_executor()};
  std::thread thread_{[this] { io_.run(); }};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<FetcherService::Stub> stub_;
  grpc::ClientContext context_;
};

TEST_F(StreamTest, WritesMessagesInTheirOrderAndThenTheStatus) {
  auto stream = stub_->ReadMailPart(&context_, UpTo(500));
  ReadMailPartResponse message;
  for (uint32_t i = 1; i <= 500; ++i) {
    ASSERT_TRUE(stream->Read(&message)) << i;
    EXPECT_EQ(message.about().size(), i);
    EXPECT_EQ(message.data().size(), 1000u);
  }
  EXPECT_FALSE(stream->Read(&message));
  const absl::Status status = FromGrpc(stream->Finish());
  EXPECT_EQ(status, absl::NotFoundError("that was all"));
}

TEST_F(StreamTest, EndsAtTheNextWriteWhenTheClientIsGone) {
  auto stream = stub_->ReadMailPart(&context_, UpTo(UINT32_MAX));
  ReadMailPartResponse message;
  ASSERT_TRUE(stream->Read(&message));
  context_.TryCancel();
  auto ended = service_.counted.get_future();
  ASSERT_EQ(ended.wait_for(30s), std::future_status::ready);
  EXPECT_EQ(ended.get().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StreamTest, EndsWithTheDeadlineOfTheCaller) {
  context_.set_deadline(std::chrono::system_clock::now() + 50ms);
  auto stream = stub_->ReadMailPart(&context_, UpTo(UINT32_MAX));
  auto ended = service_.counted.get_future();
  ASSERT_EQ(ended.wait_for(30s), std::future_status::ready);
  EXPECT_EQ(ended.get().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

// The client takes nothing: the write that is under way never ends by itself.
TEST_F(StreamTest, EndsThoughAWriteIsUnderWay) {
  auto stream = stub_->ReadMailPart(&context_, UpTo(UINT32_MAX, "impatient"));
  auto ended = service_.counted.get_future();
  ASSERT_EQ(ended.wait_for(30s), std::future_status::ready);
  EXPECT_EQ(ended.get().code(), absl::StatusCode::kDeadlineExceeded);
  ReadMailPartResponse message;
  while (stream->Read(&message)) {
  }
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(StreamTest, ReadsMessagesInTheirOrderToTheEnd) {
  AppendMailResponse response;
  auto stream = stub_->AppendMail(&context_, &response);
  AppendMailRequest message;
  std::string sent;
  for (int i = 0; i < 300; ++i) {
    message.set_data(absl::StrCat(i, ","));
    sent += message.data();
    ASSERT_TRUE(stream->Write(message));
  }
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.mailbox(), "300");
  EXPECT_EQ(response.id(), sent);
}

TEST_F(StreamTest, AnswersBeforeTheEndOfWhatIsRead) {
  AppendMailResponse response;
  auto stream = stub_->AppendMail(&context_, &response);
  AppendMailRequest message;
  message.set_mailbox("bad");
  for (int i = 0; i < 1000 && stream->Write(message); ++i) {
  }
  EXPECT_EQ(FromGrpc(stream->Finish()), absl::InvalidArgumentError("mailbox: bad"));
}

TEST_F(StreamTest, AnswersAClientThatSaysNothing) {
  AppendMailResponse response;
  auto stream = stub_->AppendMail(&context_, &response);
  EXPECT_EQ(FromGrpc(stream->Finish()), absl::DeadlineExceededError("nothing came"));
}

TEST_F(StreamTest, ReadsNoMoreFromAClientThatIsGone) {
  AppendMailResponse response;
  auto stream = stub_->AppendMail(&context_, &response);
  AppendMailRequest message;
  ASSERT_TRUE(stream->Write(message));
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace postern::rpc
