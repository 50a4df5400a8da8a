#include "services/rules/decision_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace postern::rules {
namespace {

// One hash tag: a script touches them together.
constexpr char kDecisions[] = "postern:memo:{decisions}";       // mail_id -> Decision
constexpr char kByTime[] = "postern:memo:{decisions}:by-time";  // mail_id by unix ms
constexpr char kOfUser[] = "postern:memo:{decisions}:of:";      // and a user: the same of theirs
constexpr size_t kMaxDecisions = 50'000, kMaxOfUser = 1000;
constexpr absl::Duration kKept = absl::Hours(7 * 24);
constexpr size_t kPage = 500;
constexpr size_t kMaxAppendedTo = 256 * 1024;  // bytes of a decision
constexpr uint32_t kDefaultLimit = 50, kMaxLimit = 1000;

const store::Script& RecordScript() {
  static const store::Script script(R"lua(
    for i = 6, #ARGV, 3 do
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
      redis.call('ZADD', KEYS[2], ARGV[1], ARGV[i])
      local of_user = KEYS[tonumber(ARGV[i + 2])]
      redis.call('ZADD', of_user, ARGV[1], ARGV[i])
      redis.call('ZREMRANGEBYSCORE', of_user, '-inf', '(' .. ARGV[2])
      redis.call('ZREMRANGEBYRANK', of_user, 0, -1 - tonumber(ARGV[5]))
      redis.call('PEXPIRE', of_user, ARGV[4])
    end
    local function forget(ids)
      for _, id in ipairs(ids) do
        redis.call('HDEL', KEYS[1], id)
        redis.call('ZREM', KEYS[2], id)
      end
    end
    -- A few at a time: this runs at least once for 64 entries, so it keeps up.
    forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[2], 'LIMIT', 0, 100))
    local excess = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[3])
    if excess > 0 then forget(redis.call('ZRANGE', KEYS[2], 0, math.min(excess, 100) - 1)) end
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
    return 'done'
  )lua");
  return script;
}

// What stands behind a message in the wire format of protobuf is merged into it.
const store::Script& AppendScript() {
  static const store::Script script(R"lua(
    if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 'unknown' end
    local had = redis.call('HGET', KEYS[1], ARGV[1])
    if not had or #had > tonumber(ARGV[3]) then return 'unknown' end
    redis.call('HSET', KEYS[1], ARGV[1], had .. ARGV[2])
    return 'done'
  )lua");
  return script;
}

const store::Script& PageScript() {
  static const store::Script script(R"lua(
    local ids = redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', ARGV[1], 'LIMIT', ARGV[2], ARGV[3])
    if #ids == 0 then return {} end
    return redis.call('HMGET', KEYS[1], unpack(ids))
  )lua");
  return script;
}

// KEYS[3]: a user's. ARGV: ids.
const store::Script& ForgetScript() {
  static const store::Script script(R"lua(
    for _, id in ipairs(ARGV) do
      redis.call('HDEL', KEYS[1], id)
      redis.call('ZREM', KEYS[2], id)
      redis.call('ZREM', KEYS[3], id)
    end
    return 'done'
  )lua");
  return script;
}

std::string OldestKept(absl::Time now) { return absl::StrCat(absl::ToUnixMillis(now - kKept)); }

bool Asks(const v1::ListDecisionsRequest& filter, const v1::Decision& decision) {
  if (!filter.user().empty() && !absl::EqualsIgnoreCase(filter.user(), decision.user()))
    return false;
  return filter.mail_id().empty() || filter.mail_id() == decision.mail_id() ||
         filter.mail_id() == decision.message_id();
}

std::string UsersKey(absl::string_view user) {
  return absl::StrCat(kOfUser, absl::AsciiStrToLower(user));
}

// The place of a key in KEYS, from 1.
size_t PlaceOf(std::string key, std::vector<std::string>& keys) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  const size_t place = static_cast<size_t>(found - keys.begin()) + 1;
  if (found == keys.end()) keys.push_back(std::move(key));
  return place;
}

std::string WithoutBrackets(absl::string_view id) {
  absl::ConsumePrefix(&id, "<");
  absl::ConsumeSuffix(&id, ">");
  return std::string(id);
}

}  // namespace

net::Task<absl::Status> DecisionLog::Record(std::vector<v1::Decision> decisions) {
  const absl::Time now = absl::Now();
  std::vector<std::string> keys = {kDecisions, kByTime};
  std::vector<std::string> args = {
      absl::StrCat(absl::ToUnixMillis(now)), OldestKept(now), absl::StrCat(kMaxDecisions),
      absl::StrCat(absl::ToInt64Milliseconds(kKept)), absl::StrCat(kMaxOfUser)};
  for (v1::Decision& decision : decisions) {
    decision.set_decided_unix(absl::ToUnixSeconds(now));
    args.push_back(decision.mail_id());
    args.push_back(decision.SerializeAsString());
    args.push_back(absl::StrCat(PlaceOf(UsersKey(decision.user()), keys)));
  }
  auto answer = co_await redis_.Run(RecordScript(), std::move(keys), std::move(args));
  co_return answer.status();
}

net::Task<absl::Status> DecisionLog::AddMishaps(v1::CommitEvaluationRequest commit) {
  v1::Decision more;
  *more.mutable_mishaps() = std::move(*commit.mutable_mishaps());
  more.set_shown_instead(commit.shown_instead());
  std::vector<std::string> keys = {kDecisions, UsersKey(commit.user())};
  std::vector<std::string> args = {commit.mail_id(), more.SerializeAsString(),
                                   absl::StrCat(kMaxAppendedTo)};
  auto answer = co_await redis_.Run(AppendScript(), std::move(keys), std::move(args));
  co_return answer.status();
}

net::Task<absl::StatusOr<std::vector<v1::Decision>>> DecisionLog::List(
    v1::ListDecisionsRequest filter) {
  filter.set_mail_id(WithoutBrackets(filter.mail_id()));
  const size_t limit = filter.limit() == 0 ? kDefaultLimit : std::min(filter.limit(), kMaxLimit);
  std::vector<v1::Decision> found;
  // New entries move the pages while we read; the end of the log comes all the same.
  for (size_t offset = 0; offset < 2 * kMaxDecisions; offset += kPage) {
    std::vector<std::string> keys = {kDecisions, kByTime};
    if (!filter.user().empty()) keys[1] = UsersKey(filter.user());
    std::vector<std::string> args = {OldestKept(absl::Now()), absl::StrCat(offset),
                                     absl::StrCat(kPage)};
    auto page = co_await redis_.Run(PageScript(), std::move(keys), std::move(args));
    if (!page.ok()) co_return page.status();
    for (const store::Reply& item : page->items) {
      v1::Decision decision;
      if (item.IsNil() || !decision.ParseFromString(item.text) || !Asks(filter, decision)) continue;
      found.push_back(std::move(decision));
      if (found.size() == limit) co_return found;
    }
    if (page->items.size() < kPage) break;
  }
  co_return found;
}

// What its index names goes first: should it take too long to look through all of the log, the next
// time finds no index, and has less to do. What is left then is forgotten after a week.
net::Task<absl::Status> DecisionLog::Forget(std::string user) {
  std::vector<std::string> ask = {"ZRANGE", UsersKey(user), "0", "-1"};
  auto index = co_await redis_.Command(std::move(ask));
  if (!index.ok()) co_return index.status();
  std::vector<std::string> ids;
  for (const store::Reply& item : index->items) ids.push_back(item.text);
  const bool all = ids.size() < kMaxOfUser;
  absl::Status forgotten = co_await ForgetSome(user, std::move(ids));
  if (!forgotten.ok() || all) co_return forgotten;
  // Older ones may have fallen out of the index.
  auto others = co_await IdsOutsideIndex(user);
  if (!others.ok()) co_return others.status();
  co_return co_await ForgetSome(user, *std::move(others));
}

net::Task<absl::Status> DecisionLog::ForgetSome(std::string user, std::vector<std::string> ids) {
  for (size_t begin = 0; begin < ids.size(); begin += kPage) {
    const size_t end = std::min(begin + kPage, ids.size());
    std::vector<std::string> keys = {kDecisions, kByTime, UsersKey(user)};
    std::vector<std::string> args(ids.begin() + begin, ids.begin() + end);
    auto forgotten = co_await redis_.Run(ForgetScript(), std::move(keys), std::move(args));
    if (!forgotten.ok()) co_return forgotten.status();
  }
  co_return absl::OkStatus();
}

net::Task<absl::StatusOr<std::vector<std::string>>> DecisionLog::IdsOutsideIndex(std::string user) {
  std::vector<std::string> ids;
  v1::ListDecisionsRequest of_user;
  of_user.set_user(user);
  for (size_t offset = 0; offset < 2 * kMaxDecisions; offset += kPage) {
    std::vector<std::string> keys = {kDecisions, kByTime};
    std::vector<std::string> args = {"-inf", absl::StrCat(offset), absl::StrCat(kPage)};
    auto page = co_await redis_.Run(PageScript(), std::move(keys), std::move(args));
    if (!page.ok()) co_return page.status();
    for (const store::Reply& item : page->items) {
      v1::Decision decision;
      if (!item.IsNil() && decision.ParseFromString(item.text) && Asks(of_user, decision))
        ids.push_back(decision.mail_id());
    }
    if (page->items.size() < kPage) break;
  }
  co_return ids;
}

}  // namespace postern::rules
