#include "services/sender/routes/link_record.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace postern::sender {
namespace {

constexpr char kKey[] = "postern:outbox:links";
constexpr size_t kStartTime = 19;  // of /proc/PID/stat, counted behind the name

std::string MachineName() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// A process by its number and when it was started, for numbers are used again; empty: none has it.
std::string ProcessOf(absl::string_view pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat;
  std::getline(file, stat);
  const size_t name_end = stat.rfind(')');  // a name may hold anything
  if (name_end == stat.npos) return "";
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(stat).substr(name_end + 1), ' ', absl::SkipEmpty());
  if (fields.size() <= kStartTime) return "";
  return absl::StrCat(pid, ".", fields[kStartTime]);
}

bool Runs(const std::string& process) {
  return ProcessOf(absl::string_view(process).substr(0, process.find('.'))) == process;
}

}  // namespace

LinkRecord::LinkRecord(store::RedisClient& redis)
    : redis_(redis), machine_(MachineName()), process_(ProcessOf(absl::StrCat(::getpid()))) {}

std::string LinkRecord::FieldOf(const std::string& route) const {
  return absl::StrCat(machine_, "/", process_, "/", route);
}

net::Task<absl::Status> LinkRecord::Enter(std::string route) {
  std::vector<std::string> args = {"HSET", kKey, FieldOf(route), "1"};
  auto reply = co_await redis_.Command(std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> LinkRecord::Strike(std::string route) {
  std::vector<std::string> args = {"HDEL", kKey, FieldOf(route)};
  auto reply = co_await redis_.Command(std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::vector<LinkRecord::Entry>>> LinkRecord::Entries() {
  std::vector<std::string> args = {"HKEYS", kKey};
  auto reply = co_await redis_.Command(std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::vector<Entry> entries;
  for (const store::Reply& item : reply->items) {
    const std::vector<std::string> parts = absl::StrSplit(item.text, absl::MaxSplits('/', 2));
    if (parts.size() != 3 || parts[0] != machine_) continue;
    entries.push_back({item.text, parts[1], parts[2]});
  }
  co_return entries;
}

net::Task<absl::StatusOr<bool>> LinkRecord::HeldByOthers(std::string route) {
  auto entries = co_await Entries();
  if (!entries.ok()) co_return entries.status();
  bool held = false;
  for (const Entry& entry : *entries) {
    held = held || (entry.route == route && entry.process != process_ && Runs(entry.process));
  }
  co_return held;
}

net::Task<absl::StatusOr<std::vector<std::string>>> LinkRecord::TakeLeft() {
  auto entries = co_await Entries();
  if (!entries.ok()) co_return entries.status();
  std::vector<std::string> left;
  for (const Entry& entry : *entries) {
    if (Runs(entry.process)) continue;
    std::vector<std::string> args = {"HDEL", kKey, entry.field};
    auto reply = co_await redis_.Command(std::move(args));
    // Of several who start at once, one has struck it off.
    if (reply.ok() && reply->integer > 0) left.push_back(entry.route);
  }
  co_return left;
}

}  // namespace postern::sender
