#include "services/rules/memory/memory_scripts.h"

#include "absl/strings/str_cat.h"

namespace postern::rules {
namespace {

constexpr char kPrelude[] = R"lua(
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  -- The mail that left the mark, or nil; and when it ends.
  local function mark_of(digest)
    local ends = tonumber(redis.call('ZSCORE', KEYS[2], digest) or '0')
    if ends <= now then return nil, 0 end
    return redis.call('HGET', KEYS[1], digest), ends
  end
  local function leave(digest, mail, ends)
    redis.call('HSET', KEYS[1], digest, mail)
    redis.call('ZADD', KEYS[2], string.format('%.0f', ends), digest)
  end
  local function forget(digests)
    for _, digest in ipairs(digests) do
      redis.call('HDEL', KEYS[1], digest)
      redis.call('ZREM', KEYS[2], digest)
    end
  end
  -- A call brings fewer marks than this takes away, so it keeps up.
  local function tidy(most)
    forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, 500))
    local excess = redis.call('ZCARD', KEYS[2]) - most
    if excess > 0 then forget(redis.call('ZRANGE', KEYS[2], 0, math.min(excess, 500) - 1)) end
    local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
    if last[2] then
      local ends = string.format('%.0f', tonumber(last[2]))
      redis.call('PEXPIREAT', KEYS[1], ends)
      redis.call('PEXPIREAT', KEYS[2], ends)
    end
  end
)lua";

constexpr char kSeen[] = R"lua(
  local answers = {}
  for i = 1, #ARGV, 2 do
    local mail = mark_of(ARGV[i + 1])
    answers[#answers + 1] = (mail and mail ~= ARGV[i]) and '1' or '0'
  end
  return answers
)lua";

constexpr char kLeave[] = R"lua(
  for i = 3, #ARGV, 2 do
    local mail, ends = mark_of(ARGV[i])
    leave(ARGV[i], mail or ARGV[1], math.max(ends, now + tonumber(ARGV[i + 1]) * 1000))
  end
  tidy(tonumber(ARGV[2]))
  return 'done'
)lua";

constexpr char kTake[] = R"lua(
  local hold, at = tonumber(ARGV[1]), 3
  local answers = {}
  local function room_in(key, action, most, span, takes)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - span))
    return redis.call('ZSCORE', key, action) or redis.call('ZCARD', key) + takes <= most
  end
  while at <= #ARGV do
    local mail, action, digest = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local count = tonumber(ARGV[at + 3])
    local answer = 'yes'
    if digest ~= '' then
      local other = mark_of(digest)
      if other and other ~= mail then answer = 'before' end
    end
    local first = at + 4
    at = first + 4 * count
    for i = first, at - 1, 4 do
      local key = KEYS[tonumber(ARGV[i])]
      if answer == 'yes' and
         not room_in(key, action, tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]),
                     tonumber(ARGV[i + 3])) then
        answer = 'spent'
      end
    end
    if answer == 'yes' then
      for i = first, at - 1, 4 do
        local key = KEYS[tonumber(ARGV[i])]
        redis.call('ZADD', key, 'NX', string.format('%.0f', now), action)
        for n = 2, tonumber(ARGV[i + 3]) do
          redis.call('ZADD', key, 'NX', string.format('%.0f', now), action .. ':' .. n)
        end
        redis.call('PEXPIRE', key, ARGV[i + 2])
      end
      if digest ~= '' then
        local mine, ends = mark_of(digest)
        leave(digest, mail, math.max(ends, now + hold))
      end
    end
    answers[#answers + 1] = answer
  end
  tidy(tonumber(ARGV[2]))
  return answers
)lua";

}  // namespace

const store::Script& SeenScript() {
  static const store::Script script(absl::StrCat(kPrelude, kSeen));
  return script;
}

const store::Script& LeaveScript() {
  static const store::Script script(absl::StrCat(kPrelude, kLeave));
  return script;
}

const store::Script& TakeScript() {
  static const store::Script script(absl::StrCat(kPrelude, kTake));
  return script;
}

}  // namespace postern::rules
