#include "services/xmpp-edge/command_sessions.h"

#include <ctime>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/process/log.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kTtlSeconds = "3600";
constexpr absl::string_view kClaimSeconds = "120";
constexpr absl::string_view kVersion = "1";
constexpr size_t kIdLength = 20;  // crypto::RandomId()
constexpr int kMaxDepth = 16;     // of an answer; ours have 6

// Stores the record and names it in the index; what is too old or too much goes.
const store::Script& BeginScript() {
  static const store::Script script(R"(
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4] - ARGV[3])
    redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
    redis.call('EXPIRE', KEYS[2], ARGV[3])
    local excess = redis.call('ZRANGE', KEYS[2], 0, -1 - ARGV[5])
    for _, id in ipairs(excess) do
      redis.call('DEL', KEYS[2] .. ':' .. id, KEYS[2] .. ':' .. id .. ':busy')
      redis.call('ZREM', KEYS[2], id)
    end
    return 1)");
  return script;
}

// Only while the session is there: one that was cancelled does not come back.
const store::Script& SaveScript() {
  static const store::Script script(R"(
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'XX')
    redis.call('ZADD', KEYS[2], 'XX', ARGV[3], ARGV[4])
    redis.call('EXPIRE', KEYS[2], ARGV[2])
    return 1)");
  return script;
}

std::string IndexKey(const std::string& user) {
  return absl::StrCat("postern:command:{", user, "}");
}
std::string Key(const std::string& user, const std::string& id) {
  return absl::StrCat(IndexKey(user), ":", id);
}
std::string ClaimKey(const std::string& user, const std::string& id) {
  return absl::StrCat(Key(user, id), ":busy");
}

void AppendMap(std::string& out, const std::map<std::string, std::string>& map) {
  AppendNetstring(out, absl::StrCat(map.size()));
  for (const auto& [key, value] : map) {
    AppendNetstring(out, key);
    AppendNetstring(out, value);
  }
}

std::map<std::string, std::string> ReadMap(NetstringReader& in) {
  std::map<std::string, std::string> map;
  for (int64_t left = in.NextNumber(); left > 0 && !in.failed(); --left) {
    std::string key = in.Next();
    map[std::move(key)] = in.Next();
  }
  return map;
}

void AppendElement(std::string& out, const Element& element) {
  AppendNetstring(out, element.name);
  AppendNetstring(out, element.ns);
  AppendNetstring(out, element.text);
  AppendMap(out, element.attrs);
  AppendNetstring(out, absl::StrCat(element.children.size()));
  for (const Element& child : element.children) AppendElement(out, child);
}

Element ReadElement(NetstringReader& in, int depth) {
  Element element;
  element.name = in.Next();
  element.ns = in.Next();
  element.text = in.Next();
  element.attrs = ReadMap(in);
  if (depth > kMaxDepth) return element;
  for (int64_t left = in.NextNumber(); left > 0 && !in.failed(); --left) {
    element.children.push_back(ReadElement(in, depth + 1));
  }
  return element;
}

std::string Encode(const CommandSession& session) {
  std::string out;
  AppendNetstring(out, kVersion);
  AppendNetstring(out, session.node);
  AppendNetstring(out, session.contact);
  for (const int number :
       {session.steps, int(session.completed), int(session.back), int(session.onward)}) {
    AppendNetstring(out, absl::StrCat(number));
  }
  AppendMap(out, session.state);
  AppendElement(out, session.answer);
  return out;
}

std::optional<CommandSession> Decode(absl::string_view text) {
  NetstringReader in(text);
  if (in.Next() != kVersion) return std::nullopt;
  CommandSession session;
  session.node = in.Next();
  session.contact = in.Next();
  session.steps = static_cast<int>(in.NextNumber());
  session.completed = in.NextNumber() != 0;
  session.back = in.NextNumber() != 0;
  session.onward = in.NextNumber() != 0;
  session.state = ReadMap(in);
  session.answer = ReadElement(in, 0);
  if (in.failed()) return std::nullopt;
  return session;
}

}  // namespace

bool CommandSessions::IsId(absl::string_view text) {
  if (text.size() != kIdLength) return false;
  for (const char c : text) {
    if (!absl::ascii_isxdigit(c)) return false;
  }
  return true;
}

net::Task<absl::Status> CommandSessions::Begin(std::string user, CommandSession session) {
  std::vector<std::string> keys{Key(user, session.id), IndexKey(user)};
  std::vector<std::string> args{Encode(session), session.id, std::string(kTtlSeconds),
                                absl::StrCat(std::time(nullptr)), absl::StrCat(kMaxOfUser)};
  auto reply = co_await redis_.Run(BeginScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> CommandSessions::Claim(std::string user, std::string id) {
  std::vector<std::string> command{"SET", ClaimKey(user, id),        "1", "NX",
                                   "EX",  std::string(kClaimSeconds)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return reply->IsNil() ? absl::AbortedError("another step is at work") : absl::OkStatus();
}

net::Task<absl::StatusOr<std::optional<CommandSession>>> CommandSessions::Get(std::string user,
                                                                              std::string id) {
  std::vector<std::string> command{"GET", Key(user, id)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) co_return std::nullopt;
  std::optional<CommandSession> session = Decode(reply->text);
  if (session) session->id = std::move(id);
  if (!session) log::Error("a command's session can't be read");
  co_return session;
}

net::Task<absl::Status> CommandSessions::Save(std::string user, CommandSession session) {
  std::vector<std::string> keys{Key(user, session.id), IndexKey(user)};
  std::vector<std::string> args{Encode(session), std::string(kTtlSeconds),
                                absl::StrCat(std::time(nullptr)), session.id};
  auto reply = co_await redis_.Run(SaveScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<void> CommandSessions::Release(std::string user, std::string id) {
  std::vector<std::string> command{"DEL", ClaimKey(user, id)};
  (void)co_await redis_.Command(std::move(command));  // it runs out by itself
}

net::Task<absl::Status> CommandSessions::Remove(std::string user, std::string id) {
  std::vector<std::string> command{"DEL", Key(user, id), ClaimKey(user, id)};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.status();
}

}  // namespace postern::xmpp_edge
