#include "services/sender/outbox/gathered_script.h"

#include <utility>

#include "lib/net/patience.h"

namespace postern::sender {
namespace {

// What one call asks of Redis at the most, so that it blocks nobody for long.
constexpr size_t kPartsAtOnce = 64, kBytesAtOnce = 256 * 1024;
// One call is made ready while another one is on its way to the disk.
constexpr size_t kRunsAtOnce = 2;
constexpr size_t kMaxWaitingBytes = 64 * 1024 * 1024;

}  // namespace

GatheredScript::GatheredScript(boost::asio::any_io_executor executor, store::RedisClient& redis,
                               const store::Script& script, std::string root,
                               std::vector<std::string> head)
    : executor_(executor),
      redis_(redis),
      script_(script),
      root_(std::move(root)),
      head_(std::move(head)),
      workers_(executor) {}

net::Task<absl::StatusOr<store::Reply>> GatheredScript::Run(std::vector<std::string> args) {
  auto part = std::make_shared<Part>(executor_);
  for (const std::string& arg : args) part->bytes += arg.size();
  if (waiting_bytes_ + part->bytes > kMaxWaitingBytes) {
    co_return absl::UnavailableError("too much waits to be written to the queue at this moment");
  }
  part->args = std::move(args);
  waiting_bytes_ += part->bytes;
  waiting_.push_back(part);
  if (running_ < kRunsAtOnce) {
    ++running_;
    workers_.Spawn("outbox", Work());
  }
  co_await part->done.Wait();
  co_return std::move(part->answer);
}

net::Task<void> GatheredScript::Work() {
  co_await net::Yield();  // whoever else comes in this turn goes along
  while (!waiting_.empty()) {
    const Parts parts = TakeSome();
    auto reply = co_await RunFor(parts);
    const bool stumbled = absl::IsInternal(reply.status()) && parts.size() > 1;
    if (stumbled) {
      co_await RunOneByOne(parts);
    } else {
      Answer(parts, std::move(reply));
    }
  }
  --running_;
}

// Over what one caller asked for the others' shall not fail.
net::Task<void> GatheredScript::RunOneByOne(const Parts& parts) {
  for (const auto& part : parts) {
    const Parts alone(1, part);
    auto reply = co_await RunFor(alone);
    Answer(alone, std::move(reply));
  }
}

net::Task<absl::StatusOr<store::Reply>> GatheredScript::RunFor(const Parts& parts) {
  std::vector<std::string> keys(1, root_);
  std::vector<std::string> args = Join(parts);
  co_return co_await redis_.Run(script_, std::move(keys), std::move(args));
}

GatheredScript::Parts GatheredScript::TakeSome() {
  Parts parts;
  size_t bytes = 0;
  while (!waiting_.empty() && parts.size() < kPartsAtOnce) {
    const size_t more = waiting_.front()->bytes;
    if (!parts.empty() && bytes + more > kBytesAtOnce) break;
    bytes += more;
    waiting_bytes_ -= more;
    parts.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return parts;
}

std::vector<std::string> GatheredScript::Join(const Parts& parts) const {
  std::vector<std::string> args = head_;
  for (const auto& part : parts) {
    args.insert(args.end(), part->args.begin(), part->args.end());
  }
  return args;
}

void GatheredScript::Answer(const Parts& parts, absl::StatusOr<store::Reply> reply) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!reply.ok()) {
      parts[i]->answer = reply.status();
    } else if (i < reply->items.size()) {
      parts[i]->answer = std::move(reply->items[i]);
    } else {
      parts[i]->answer = absl::DataLossError("outbox: Redis answered less than it was asked");
    }
    parts[i]->done.Notify();
  }
}

}  // namespace postern::sender
