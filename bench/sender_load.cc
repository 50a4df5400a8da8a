// Mails for a sender, as fast as it takes them.
//
//   bench_sender_load SENDER_ADDR CALLERS BYTES ACCOUNTS LOG
//
// CALLERS submit one mail after the other, each for the next of the accounts "send-0" to
// "send-N" (bench_sender_peers). A call that fails for now is repeated with its key, until it
// is answered. Commands come on standard input, each is answered by one line:
//
//   stat             mails that were accepted, calls that were repeated, mails refused for good
//   submit N [AT]    N mails (to be sent at AT, Unix seconds); answers when all are accepted:
//                    seconds, and the median, the p99 and the longest of a call in milliseconds
//   begin N          the same, answered at once
//   left             how many of `begin` are not accepted yet
//   flush            LOG is complete
//
// LOG gets "MESSAGE_ID NANOSECONDS" (CLOCK_MONOTONIC) when a mail was accepted.
#include <grpcpp/grpcpp.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "postern/sender/v1/sender.grpc.pb.h"

namespace postern::bench {
namespace {

constexpr size_t kLogBytes = 64 << 20;  // kept until `flush`: a disk that is busy delays nothing
constexpr auto kCallLimit = std::chrono::seconds(20);
constexpr auto kBeforeRepeat = std::chrono::milliseconds(50);

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

bool ForNow(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

// Callers come from gRPC's threads. A bench is no service: it has a mutex.
class Load {
 public:
  Load(sender::v1::SenderService::Stub& stub, int callers, int bytes, int accounts, const char* log)
      : stub_(stub), callers_(callers), accounts_(accounts), log_(std::fopen(log, "w")) {
    if (!log_) std::perror(log), std::exit(1);
    std::setvbuf(log_, nullptr, _IOFBF, kLogBytes);
    while (static_cast<int>(text_.size()) < bytes)
      text_ += "All work and no play makes a dull mail.\n";
    text_.resize(bytes);
  }

  void Begin(uint64_t count, int64_t send_at) {
    const std::lock_guard lock(mutex_);
    send_at_ = send_at;
    took_.clear();
    took_.reserve(count);
    to_start_ = count;
    left_ = count;
    started_ = Now();
    const uint64_t first = std::min<uint64_t>(count, callers_);
    to_start_ -= first;
    for (uint64_t i = 0; i < first; ++i) Start(std::make_shared<Call>());
  }

  std::string Await() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
    std::sort(took_.begin(), took_.end());
    const auto at = [this](double share) {
      return took_.empty() ? 0
                           : took_[std::min(took_.size() - 1, size_t(took_.size() * share))] / 1e6;
    };
    return absl::StrCat(static_cast<double>(Now() - started_) / 1e9, " ", at(0.5), " ", at(0.99),
                        " ", at(1));
  }

  std::string Obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    uint64_t count = 0;
    int64_t send_at = 0;
    words >> command >> count >> send_at;
    if (command == "submit" || command == "begin") Begin(count, send_at);
    if (command == "submit") return Await();
    const std::lock_guard lock(mutex_);
    if (command == "begin") return "ok";
    if (command == "left") return absl::StrCat(left_);
    if (command == "flush") return std::fflush(log_) == 0 ? "ok" : "the log can't be written";
    if (command == "stat") return absl::StrCat(accepted_, " ", repeated_, " ", refused_);
    return "unknown";
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    sender::v1::SubmitRequest request;
    sender::v1::SubmitResponse response;
    int64_t begun = 0;
  };

  // With the mutex held.
  void Start(const std::shared_ptr<Call>& call) {
    const uint64_t number = number_++;
    call->request.Clear();
    call->request.set_idempotency_key(absl::StrCat("bench-", getpid(), "-", number));
    call->request.set_account_id(absl::StrCat("send-", number % accounts_));
    call->request.set_owner(absl::StrCat("user", number % accounts_, "@jabber.test"));
    call->request.set_context("bench");
    call->request.set_send_at_unix(send_at_);
    sender::v1::Draft& draft = *call->request.mutable_draft();
    mail::v1::Address& to = *draft.add_to();
    to.set_local_part("ann");
    to.set_domain("sink.test");
    draft.set_subject(absl::StrCat("bench mail ", number));
    draft.set_text(text_);
    call->begun = Now();
    Send(call);
  }

  void Send(const std::shared_ptr<Call>& call) {
    call->context = std::make_unique<grpc::ClientContext>();
    call->context->set_deadline(std::chrono::system_clock::now() + kCallLimit);
    call->context->set_wait_for_ready(true);
    stub_.async()->Submit(call->context.get(), &call->request, &call->response,
                          [this, call](const grpc::Status& status) { End(call, status); });
  }

  void End(const std::shared_ptr<Call>& call, const grpc::Status& status) {
    const int64_t now = Now();
    if (ForNow(status)) {
      {
        const std::lock_guard lock(mutex_);
        ++repeated_;
      }
      std::this_thread::sleep_for(kBeforeRepeat);
      return Send(call);
    }
    const std::lock_guard lock(mutex_);
    took_.push_back(now - call->begun);
    if (status.ok()) {
      ++accepted_;
      std::fprintf(log_, "%s %lld\n", call->response.message_id().c_str(),
                   static_cast<long long>(now));
    } else if (++refused_ == 1) {
      std::cerr << status.error_code() << " " << status.error_message() << std::endl;
    }
    if (--left_ == 0) done_.notify_all();
    if (to_start_ == 0) return;
    --to_start_;
    Start(call);
  }

  sender::v1::SenderService::Stub& stub_;
  const int callers_, accounts_;
  FILE* const log_;
  std::string text_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<int64_t> took_;
  uint64_t number_ = 0, to_start_ = 0, left_ = 0, accepted_ = 0, repeated_ = 0, refused_ = 0;
  int64_t started_ = 0, send_at_ = 0;
};

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
  using namespace postern;
  if (argc != 6) {
    std::cerr << "usage: bench_sender_load SENDER_ADDR CALLERS BYTES ACCOUNTS LOG\n";
    return 2;
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  const auto stub = sender::v1::SenderService::NewStub(
      grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments));
  bench::Load load(*stub, std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), argv[5]);
  for (std::string line; std::getline(std::cin, line);) std::cout << load.Obey(line) << std::endl;
  std::_Exit(0);  // gRPC 1.51 may abort when its last queue goes
}
