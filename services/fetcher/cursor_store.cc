#include "services/fetcher/cursor_store.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::fetcher {

namespace {

const store::Script& TakeScript() {
  static const store::Script script(R"lua(
    local fence = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
    if fence > tonumber(ARGV[1]) then return {} end
    redis.call('HSET', KEYS[1], 'fence', ARGV[1])
    return {redis.call('HGET', KEYS[1], 'uid_validity') or '',
            redis.call('HGET', KEYS[1], 'last_uid') or '',
            redis.call('HGET', KEYS[1], 'mailbox') or '',
            tostring(redis.call('EXISTS', KEYS[2])), tostring(redis.call('EXISTS', KEYS[3]))}
  )lua");
  return script;
}

const store::Script& AdvanceScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    local last = tonumber(redis.call('HGET', KEYS[1], 'last_uid') or '0')
    if redis.call('HGET', KEYS[1], 'mailbox') == ARGV[4] and
       redis.call('HGET', KEYS[1], 'uid_validity') == ARGV[2] and last > tonumber(ARGV[3]) then
      return 1
    end
    redis.call('HSET', KEYS[1], 'uid_validity', ARGV[2], 'last_uid', ARGV[3], 'mailbox', ARGV[4])
    return 1
  )lua");
  return script;
}

const store::Script& ReadKnownScript() {
  static const store::Script script(R"lua(
    local packed = redis.call('GET', KEYS[2])
    if not packed then return {} end
    return {redis.call('HGET', KEYS[1], 'mailbox') or '',
            redis.call('HGET', KEYS[1], 'newest') or '0', packed}
  )lua");
  return script;
}

const store::Script& SetKnownScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'mailbox', ARGV[2], 'newest', ARGV[3])
    redis.call('SET', KEYS[2], ARGV[4])
    return 1
  )lua");
  return script;
}

const store::Script& AddKnownScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    if redis.call('HGET', KEYS[1], 'mailbox') ~= ARGV[2] then return 0 end
    if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
    if tonumber(ARGV[3]) > tonumber(redis.call('HGET', KEYS[1], 'newest') or '0') then
      redis.call('HSET', KEYS[1], 'newest', ARGV[3])
    end
    redis.call('APPEND', KEYS[2], ARGV[4])
    return 1
  )lua");
  return script;
}

std::string KnownKey(absl::string_view id) { return absl::StrCat(CursorKey(id), ":known"); }

absl::Status LeaseLost() {
  return absl::AbortedError("cursor store: the lease is lost, another fetcher has the account");
}

std::optional<Cursor> ReadCursor(const std::string& uid_validity, const std::string& last_uid,
                                 std::string mailbox) {
  Cursor cursor;
  cursor.mailbox = std::move(mailbox);
  if (!absl::SimpleAtoi(uid_validity, &cursor.uid_validity)) return std::nullopt;
  if (!absl::SimpleAtoi(last_uid, &cursor.last_uid)) return std::nullopt;
  return cursor;
}

}  // namespace

std::string CursorKey(absl::string_view account_id) {
  return absl::StrCat("postern:cursor:{", account_id, "}");
}

std::string HeldKey(absl::string_view account_id) {
  return absl::StrCat(CursorKey(account_id), ":held");
}

std::string BegunKey(absl::string_view account_id) {
  return absl::StrCat(CursorKey(account_id), ":begun");
}

CursorStore::CursorStore(store::RedisClient& redis, std::function<bool()> may_write)
    : redis_(redis), may_write_(std::move(may_write)) {}

net::Task<absl::StatusOr<Lease>> CursorStore::Take(std::string account_id, uint64_t token) {
  std::vector<std::string> keys = {CursorKey(account_id), FurtherKey(account_id),
                                   HeldKey(account_id)};
  std::vector<std::string> args = {absl::StrCat(token)};
  auto reply = co_await redis_.Run(TakeScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.empty()) co_return LeaseLost();
  if (reply->items.size() != 5) {
    co_return absl::InternalError("cursor store: taking a lease had an odd answer");
  }
  Lease lease;
  lease.account_id = std::move(account_id);
  lease.token = token;
  lease.cursor = ReadCursor(reply->items[0].text, reply->items[1].text, reply->items[2].text);
  lease.has_further = reply->items[3].text == "1";
  lease.has_held = reply->items[4].text == "1";
  co_return lease;
}

// The script knows the fence, but not that this process stood still: until another one has
// taken the account, the fence would let it through.
net::Task<absl::Status> CursorStore::Write(const store::Script& script,
                                           std::vector<std::string> keys,
                                           std::vector<std::string> args) {
  if (may_write_ && !may_write_()) co_return LeaseLost();
  auto reply = co_await redis_.Run(script, std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->integer == 1 ? absl::OkStatus() : LeaseLost();
}

net::Task<absl::Status> CursorStore::Advance(Lease lease, Cursor cursor) {
  std::vector<std::string> keys = {CursorKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token), absl::StrCat(cursor.uid_validity),
                                   absl::StrCat(cursor.last_uid), cursor.mailbox};
  co_return co_await Write(AdvanceScript(), std::move(keys), std::move(args));
}

net::Task<absl::StatusOr<std::optional<KnownMails>>> CursorStore::ReadKnown(
    std::string account_id) {
  std::vector<std::string> keys = {CursorKey(account_id), KnownKey(account_id)};
  std::vector<std::string> args;
  auto reply = co_await redis_.Run(ReadKnownScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  if (reply->items.empty()) co_return std::nullopt;
  KnownMails known;
  if (reply->items.size() != 3 || !absl::SimpleAtoi(reply->items[1].text, &known.newest_unix)) {
    co_return absl::InternalError("cursor store: reading what is known had an odd answer");
  }
  known.mailbox = reply->items[0].text;
  known.keys = UnpackKeys(reply->items[2].text);
  co_return std::optional<KnownMails>(std::move(known));
}

net::Task<absl::Status> CursorStore::SetKnown(Lease lease, KnownMails known) {
  co_return co_await WriteKnown(SetKnownScript(), std::move(lease), std::move(known));
}

net::Task<absl::Status> CursorStore::AddKnown(Lease lease, KnownMails more) {
  co_return co_await WriteKnown(AddKnownScript(), std::move(lease), std::move(more));
}

net::Task<absl::Status> CursorStore::WriteKnown(const store::Script& script, Lease lease,
                                                KnownMails known) {
  std::vector<std::string> keys = {CursorKey(lease.account_id), KnownKey(lease.account_id)};
  std::vector<std::string> args = {absl::StrCat(lease.token), known.mailbox,
                                   absl::StrCat(known.newest_unix), PackKeys(known.keys)};
  co_return co_await Write(script, std::move(keys), std::move(args));
}

net::Task<absl::Status> CursorStore::Forget(std::string account_id) {
  std::vector<std::string> command = {"DEL",
                                      CursorKey(account_id),
                                      KnownKey(account_id),
                                      DeliveredKey(account_id),
                                      FurtherKey(account_id),
                                      HeldKey(account_id),
                                      BegunKey(account_id)};
  auto reply = co_await redis_.Command(std::move(command));
  co_return reply.status();
}

}  // namespace postern::fetcher
