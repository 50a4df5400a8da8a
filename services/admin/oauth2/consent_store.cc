#include "services/admin/oauth2/consent_store.h"

#include <ctime>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/crypto/digest.h"

namespace postern::admin {
namespace {

constexpr absl::string_view kPrefix = "postern:consent:{consent}:";
constexpr int kHoldsYetSeconds = 600;

std::string Key(absl::string_view kind, absl::string_view name) {
  return absl::StrCat(kPrefix, kind, ":", name);
}
std::string PollsKey() { return absl::StrCat(kPrefix, "polls"); }

// KEYS of; ARGV new link, account, provider, life, least life left, key prefix of links.
// Answers {link, seconds left}.
const store::Script kLink(R"lua(
local old = redis.call('GET', KEYS[1])
if old then
  local key = ARGV[6] .. old
  local left = redis.call('TTL', key)
  if left >= tonumber(ARGV[5]) and redis.call('HGET', key, 'provider') == ARGV[3] then
    return {old, left}
  end
  redis.call('DEL', key)
end
local key = ARGV[6] .. ARGV[1]
redis.call('HSET', key, 'account', ARGV[2], 'provider', ARGV[3], 'tries', '0')
redis.call('EXPIRE', key, ARGV[4])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[4])
return {ARGV[1], tonumber(ARGV[4])}
)lua");

// KEYS link; answers {account, provider, seconds left}.
const store::Script kFindLink(R"lua(
local found = redis.call('HMGET', KEYS[1], 'account', 'provider')
if not found[1] then return false end
return {found[1], found[2], redis.call('TTL', KEYS[1])}
)lua");

// KEYS of, device, polls; ARGV account, key prefix of links.
const store::Script kEnd(R"lua(
local link = redis.call('GET', KEYS[1])
if link then redis.call('DEL', ARGV[2] .. link) end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
)lua");

// KEYS link, state; ARGV most tries, life, then the state's fields. Answers the number of tries,
// 0 when the link is gone.
const store::Script kPutState(R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
if tries > tonumber(ARGV[1]) then return tries end
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[2], ARGV[2])
return tries
)lua");

// KEYS state.
const store::Script kTakeState(R"lua(
local fields = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return fields
)lua");

// KEYS device, polls; ARGV account, life, first poll, then the fields.
const store::Script kPutDevice(R"lua(
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
)lua");

// KEYS polls; ARGV now, put off until.
const store::Script kTakePoll(R"lua(
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 1)
if not due[1] then return false end
redis.call('ZADD', KEYS[1], ARGV[2], due[1])
return due[1]
)lua");

// KEYS refresh; ARGV who.
const store::Script kEndRefresh(R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
)lua");

absl::Status Gone() { return absl::NotFoundError("there is no such consent under way"); }

std::map<std::string, std::string> FieldsOf(const store::Reply& reply) {
  std::map<std::string, std::string> fields;
  for (size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    fields[reply.items[i].text] = reply.items[i + 1].text;
  }
  return fields;
}

int64_t ToNumber(const std::string& text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

}  // namespace

net::Task<absl::StatusOr<ConsentLink>> ConsentStore::LinkOf(std::string account_id,
                                                            std::string provider) {
  const int64_t life = std::chrono::seconds(kLinkHolds).count();
  std::vector<std::string> keys{Key("of", account_id)};
  std::vector<std::string> args{
      crypto::RandomId(20),           account_id,     provider, absl::StrCat(life),
      absl::StrCat(kHoldsYetSeconds), Key("link", "")};
  auto reply = co_await redis_.Run(kLink, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.size() != 2) co_return Gone();
  co_return ConsentLink{reply->items[0].text, std::move(account_id), std::move(provider),
                        std::time(nullptr) + reply->items[1].integer};
}

net::Task<absl::StatusOr<ConsentLink>> ConsentStore::FindLink(std::string link) {
  std::vector<std::string> keys{Key("link", link)};
  std::vector<std::string> args;
  auto reply = co_await redis_.Run(kFindLink, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.size() != 3) co_return Gone();
  co_return ConsentLink{std::move(link), reply->items[0].text, reply->items[1].text,
                        std::time(nullptr) + reply->items[2].integer};
}

net::Task<absl::Status> ConsentStore::End(std::string account_id) {
  std::vector<std::string> keys{Key("of", account_id), Key("device", account_id), PollsKey()};
  std::vector<std::string> args{std::move(account_id), Key("link", "")};
  auto reply = co_await redis_.Run(kEnd, std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::Status> ConsentStore::PutState(std::string state, ConsentState value) {
  std::vector<std::string> keys{Key("link", value.link), Key("state", state)};
  std::vector<std::string> args{absl::StrCat(kMostTries),
                                absl::StrCat(std::chrono::seconds(kStateHolds).count()),
                                "link",
                                value.link,
                                "account",
                                value.account_id,
                                "provider",
                                value.provider,
                                "verifier",
                                value.verifier,
                                "browser",
                                value.browser_hash};
  auto reply = co_await redis_.Run(kPutState, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->integer == 0) co_return Gone();
  if (reply->integer <= kMostTries) co_return absl::OkStatus();
  co_return absl::ResourceExhaustedError("this link was tried too often");
}

net::Task<absl::StatusOr<ConsentState>> ConsentStore::TakeState(std::string state) {
  std::vector<std::string> keys{Key("state", state)};
  std::vector<std::string> args;
  auto reply = co_await redis_.Run(kTakeState, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  auto fields = FieldsOf(*reply);
  if (fields["account"].empty()) co_return Gone();
  co_return ConsentState{fields["link"], fields["account"], fields["provider"], fields["verifier"],
                         fields["browser"]};
}

net::Task<absl::Status> ConsentStore::PutDevice(DeviceConsent device) {
  const int64_t now = std::time(nullptr);
  std::vector<std::string> keys{Key("device", device.account_id), PollsKey()};
  std::vector<std::string> args{device.account_id,
                                absl::StrCat(std::max<int64_t>(device.expires_unix - now, 1)),
                                absl::StrCat(now + device.interval_s),
                                "provider",
                                device.provider,
                                "code",
                                device.sealed_code,
                                "user_code",
                                device.user_code,
                                "url",
                                device.url,
                                "expires",
                                absl::StrCat(device.expires_unix),
                                "interval",
                                absl::StrCat(device.interval_s)};
  auto reply = co_await redis_.Run(kPutDevice, std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<DeviceConsent>> ConsentStore::FindDevice(std::string account_id) {
  std::vector<std::string> command{"HGETALL", Key("device", account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  auto fields = FieldsOf(*reply);
  if (fields["code"].empty()) co_return Gone();
  co_return DeviceConsent{
      std::move(account_id),       fields["provider"], fields["code"],
      fields["user_code"],         fields["url"],      ToNumber(fields["expires"]),
      ToNumber(fields["interval"])};
}

net::Task<absl::Status> ConsentStore::RemoveDevice(std::string account_id) {
  std::vector<std::string> remove{"DEL", Key("device", account_id)};
  auto removed = co_await redis_.Command(std::move(remove));
  if (!removed.ok()) co_return removed.status();
  std::vector<std::string> forget{"ZREM", PollsKey(), std::move(account_id)};
  auto forgotten = co_await redis_.Command(std::move(forget));
  co_return forgotten.status();
}

net::Task<absl::StatusOr<std::optional<std::string>>> ConsentStore::TakePoll(int64_t now_unix) {
  std::vector<std::string> keys{PollsKey()};
  std::vector<std::string> args{absl::StrCat(now_unix), absl::StrCat(now_unix + 60)};
  auto reply = co_await redis_.Run(kTakePoll, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  std::optional<std::string> account_id;
  if (!reply->IsNil()) account_id = reply->text;
  co_return account_id;
}

net::Task<absl::Status> ConsentStore::PollAgain(std::string account_id, int64_t at_unix) {
  // XX: one that was ended meanwhile stays so.
  std::vector<std::string> command{"ZADD", PollsKey(), "XX", absl::StrCat(at_unix),
                                   std::move(account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.status();
}

net::Task<absl::StatusOr<bool>> ConsentStore::BeginRefresh(std::string account_id,
                                                           std::string who) {
  std::vector<std::string> command{"SET", Key("refresh", account_id), std::move(who), "NX", "EX",
                                   "60"};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return !reply->IsNil();
}

net::Task<absl::Status> ConsentStore::EndRefresh(std::string account_id, std::string who) {
  std::vector<std::string> keys{Key("refresh", account_id)};
  std::vector<std::string> args{std::move(who)};
  auto reply = co_await redis_.Run(kEndRefresh, std::move(keys), std::move(args));
  co_return reply.status();
}

}  // namespace postern::admin
