#include "services/xmpp-edge/password_marks.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/netstring.h"

namespace postern::xmpp_edge {
namespace {

constexpr absl::string_view kTtlSeconds = "2592000";  // 30 days

const store::Script& PutScript() {
  static const store::Script script(R"(
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    return 1)");
  return script;
}

const store::Script& ReplaceScript() {
  // No mark is "".
  static const store::Script script(R"(
    if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[3] then return 0 end
    if ARGV[2] == '' then
      redis.call('HDEL', KEYS[1], ARGV[1])
    else
      redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
      redis.call('EXPIRE', KEYS[1], ARGV[4])
    end
    return 1)");
  return script;
}

std::string Key(const std::string& user) {
  return absl::StrCat("postern:session:{", user, "}:asked");
}

std::string Encode(const PasswordMark& mark) {
  if (mark.state == PasswordMark::State::kNone) return "";
  std::string out;
  AppendNetstring(out, absl::StrCat(static_cast<int>(mark.state)));
  AppendNetstring(out, absl::StrCat(mark.at_unix));
  AppendNetstring(out, mark.request);
  AppendNetstring(out, mark.reason);
  AppendNetstring(out, absl::StrCat(mark.since_unix_ms));
  AppendNetstring(out, absl::StrCat(mark.changed_unix));
  return out;
}

// What can't be read was never written.
PasswordMark Decode(absl::string_view text) {
  NetstringReader in(text);
  PasswordMark mark;
  const int64_t state = in.NextNumber();
  mark.at_unix = in.NextNumber();
  mark.request = in.Next();
  mark.reason = in.Next();
  mark.since_unix_ms = in.NextNumber();
  mark.changed_unix = in.NextNumber();
  const bool known = state >= 0 && state <= static_cast<int>(PasswordMark::State::kClosed);
  if (in.failed() || !known) return PasswordMark();
  mark.state = static_cast<PasswordMark::State>(state);
  return mark;
}

}  // namespace

net::Task<absl::StatusOr<std::map<std::string, PasswordMark>>> PasswordMarks::Of(std::string user) {
  std::vector<std::string> command{"HGETALL", Key(user)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  std::map<std::string, PasswordMark> marks;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    const std::string& account_id = reply->items[i].text;
    PasswordMark mark = Decode(reply->items[i + 1].text);
    if (mark.state == PasswordMark::State::kNone) {
      // Else Replace would wait for it to go.
      absl::Status removed = co_await Remove(user, account_id);
      if (!removed.ok()) co_return removed;
      continue;
    }
    marks[account_id] = std::move(mark);
  }
  co_return marks;
}

net::Task<absl::StatusOr<PasswordMark>> PasswordMarks::Get(std::string user,
                                                           std::string account_id) {
  std::vector<std::string> command{"HGET", Key(user), std::move(account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return reply->IsNil() ? PasswordMark() : Decode(reply->text);
}

net::Task<absl::Status> PasswordMarks::Put(std::string user, std::string account_id,
                                           PasswordMark mark) {
  std::vector<std::string> keys{Key(user)};
  std::vector<std::string> args{std::move(account_id), Encode(mark), std::string(kTtlSeconds)};
  auto reply = co_await redis_.Run(PutScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<bool>> PasswordMarks::Replace(std::string user, std::string account_id,
                                                       PasswordMark before, PasswordMark after) {
  std::vector<std::string> keys{Key(user)};
  std::vector<std::string> args{std::move(account_id), Encode(after), Encode(before),
                                std::string(kTtlSeconds)};
  auto reply = co_await redis_.Run(ReplaceScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->integer == 1;
}

net::Task<absl::Status> PasswordMarks::Remove(std::string user, std::string account_id) {
  std::vector<std::string> command{"HDEL", Key(user), std::move(account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.status();
}

}  // namespace postern::xmpp_edge
