#include "services/sender/schedules/gate_record.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::sender {
namespace {

constexpr char kKey[] = "postern:outbox:gates";

}  // namespace

net::Task<absl::StatusOr<std::map<std::string, int64_t>>> GateRecord::Load() {
  std::vector<std::string> args = {"HGETALL", kKey};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::map<std::string, int64_t> record;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    int64_t unix_seconds = 0;
    if (absl::SimpleAtoi(reply->items[i + 1].text, &unix_seconds)) {
      record[reply->items[i].text] = unix_seconds;
    }
  }
  co_return record;
}

net::Task<absl::Status> GateRecord::Note(std::string name, int64_t unix_seconds) {
  std::vector<std::string> args = {"HSET", kKey, std::move(name), absl::StrCat(unix_seconds)};
  auto reply = co_await redis_.Command(std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> GateRecord::Forget(std::string name) {
  std::vector<std::string> args = {"HDEL", kKey, std::move(name)};
  auto reply = co_await redis_.Command(std::move(args));
  co_return reply.status();
}

}  // namespace postern::sender
