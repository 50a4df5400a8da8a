// The part of CursorStore that keeps the cursors of an account's further mailboxes.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/fetcher/cursor_store.h"

namespace postern::fetcher {

namespace {

const store::Script& TakeScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return {err = 'FENCED'} end
    local listed = {}
    for i = 2, #ARGV do listed[ARGV[i]] = true end
    local kept = {}
    local stored = redis.call('HGETALL', KEYS[2])
    for i = 1, #stored, 2 do
      if listed[stored[i]] then
        kept[#kept + 1] = stored[i]
        kept[#kept + 1] = stored[i + 1]
      else
        redis.call('HDEL', KEYS[2], stored[i])
      end
    end
    return kept
  )lua");
  return script;
}

const store::Script& AdvanceScript() {
  static const store::Script script(R"lua(
    if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
    local stored = redis.call('HGET', KEYS[2], ARGV[2]) or ''
    local validity, last = string.match(stored, '^(%d+) (%d+)$')
    if validity == ARGV[3] and tonumber(last) > tonumber(ARGV[4]) then return 1 end
    redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. ' ' .. ARGV[4])
    return 1
  )lua");
  return script;
}

std::vector<std::string> Keys(const Lease& lease) {
  return {CursorKey(lease.account_id), FurtherKey(lease.account_id)};
}

}  // namespace

std::string FurtherKey(absl::string_view account_id) {
  return absl::StrCat(CursorKey(account_id), ":further");
}

net::Task<absl::StatusOr<std::vector<Cursor>>> CursorStore::TakeFurther(
    Lease lease, std::vector<std::string> identities) {
  std::vector<std::string> args = {absl::StrCat(lease.token)};
  for (std::string& identity : identities) args.push_back(std::move(identity));
  auto reply = co_await redis_.Run(TakeScript(), Keys(lease), std::move(args));
  if (!reply.ok() && absl::StrContains(reply.status().message(), "FENCED")) {
    co_return absl::AbortedError("cursor store: the lease is lost");
  }
  if (!reply.ok()) co_return reply.status();
  std::vector<Cursor> cursors;
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    const std::pair<absl::string_view, absl::string_view> numbers =
        absl::StrSplit(reply->items[i + 1].text, absl::MaxSplits(' ', 1));
    Cursor cursor;
    cursor.mailbox = reply->items[i].text;
    const bool sound = absl::SimpleAtoi(numbers.first, &cursor.uid_validity) &&
                       absl::SimpleAtoi(numbers.second, &cursor.last_uid);
    if (sound) cursors.push_back(std::move(cursor));
  }
  co_return cursors;
}

net::Task<absl::Status> CursorStore::AdvanceFurther(Lease lease, Cursor cursor) {
  std::vector<std::string> args = {absl::StrCat(lease.token), cursor.mailbox,
                                   absl::StrCat(cursor.uid_validity),
                                   absl::StrCat(cursor.last_uid)};
  co_return co_await Write(AdvanceScript(), Keys(lease), std::move(args));
}

}  // namespace postern::fetcher
