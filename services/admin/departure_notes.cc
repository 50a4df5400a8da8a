#include "services/admin/departure_notes.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postern::admin {
namespace {

// KEYS due, stage; ARGV ms for which a note is taken, user ("": whoever is due).
// Answers {"none"}, {"taken"} or {"yours", user, until}.
const store::Script& TakeScript() {
  static const store::Script script(R"lua(
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local user = ARGV[2]
if user == '' then
  local clock = string.format('%.0f', now)
  user = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock, 'LIMIT', 0, 1)[1]
  if not user then return {'none'} end
end
local due = redis.call('ZSCORE', KEYS[1], user)
if not due then return {'none'} end
local stage = redis.call('HGET', KEYS[2], user)
if stage == 'once' and ARGV[2] ~= '' then
  redis.call('ZREM', KEYS[1], user)
  redis.call('HDEL', KEYS[2], user)
  return {'none'}
end
if tonumber(due) > now then return {'taken'} end
if stage == 'once' then redis.call('HSET', KEYS[2], user, 'again') end
local ends = string.format('%.0f', now + tonumber(ARGV[1]))
redis.call('ZADD', KEYS[1], ends, user)
return {'yours', user, ends}
)lua");
  return script;
}

// KEYS due, stage; ARGV user, until, ms of rest, "1": drop it. Answers 1; 0: it is not ours.
const store::Script& DoneScript() {
  static const store::Script script(R"lua(
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[4] == '1' or redis.call('HGET', KEYS[2], ARGV[1]) == 'again' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  return 1
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[2], ARGV[1], 'once')
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
return 1
)lua");
  return script;
}

std::vector<std::string> Keys() {
  return {std::string(DepartureNotes::kDueKey), std::string(DepartureNotes::kStageKey)};
}

absl::StatusOr<std::optional<DepartureNotes::Taken>> Read(
    const absl::StatusOr<store::Reply>& reply) {
  if (!reply.ok()) return reply.status();
  if (reply->items.empty()) return absl::DataLossError("departure notes: an odd answer of Redis");
  const std::string& word = reply->items[0].text;
  if (word == "none") return std::optional<DepartureNotes::Taken>();
  if (word != "yours" || reply->items.size() != 3)
    return absl::AbortedError("what the user left behind is just being removed");
  return std::optional(DepartureNotes::Taken{reply->items[1].text, reply->items[2].text});
}

}  // namespace

net::Task<absl::StatusOr<std::optional<DepartureNotes::Taken>>> DepartureNotes::TakeDue() {
  return TakeOf("");
}

net::Task<absl::StatusOr<std::optional<DepartureNotes::Taken>>> DepartureNotes::TakeOf(
    std::string user) {
  std::vector<std::string> keys = Keys();
  std::vector<std::string> args{absl::StrCat(kTakenMs), std::move(user)};
  const auto reply = co_await redis_.Run(TakeScript(), std::move(keys), std::move(args));
  co_return Read(reply);
}

net::Task<absl::Status> DepartureNotes::Done(Taken taken, bool drop) {
  std::vector<std::string> keys = Keys();
  std::vector<std::string> args{std::move(taken.user), std::move(taken.until),
                                absl::StrCat(kRestMs), drop ? "1" : "0"};
  const auto reply = co_await redis_.Run(DoneScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->integer == 1 ? absl::OkStatus()
                                : absl::AbortedError("the note was taken by somebody else");
}

}  // namespace postern::admin
