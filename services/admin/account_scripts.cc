#include "services/admin/account_scripts.h"

namespace postern::admin::scripts {

// KEYS user, settings, health. Answers {revision, settings..., health...}.
const store::Script kReadOwner(R"lua(
local user = redis.call('HGETALL', KEYS[1])
local revision, ids = '0', {}
for i = 1, #user, 2 do
  if user[i] == 'revision' then revision = user[i + 1] end
  if string.sub(user[i], 1, 5) == 'name/' then ids[#ids + 1] = user[i + 1] end
end
if #ids == 0 then return {revision, {}, {}} end
return {revision, redis.call('HMGET', KEYS[2], unpack(ids)), redis.call('HMGET', KEYS[3], unpack(ids))}
)lua");

// KEYS settings, health; ARGV id. Answers {settings, health}.
const store::Script kReadAccount(R"lua(
return {redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[2], ARGV[1])}
)lua");

// KEYS feed, settings, health, changed, removed; ARGV since, listing, trims, the
// modulus of trims, the length of a page.
// Answers {revision, trims, snapshot, revisions, settings, health, removed ids}.
const store::Script kReadChanges(R"lua(
local feed = redis.call('HMGET', KEYS[1], 'revision', 'floor', 'trims')
local revision, floor = tonumber(feed[1] or '1'), tonumber(feed[2] or '0')
local trims = tonumber(feed[3] or '0') % tonumber(ARGV[4])
local since, listing = tonumber(ARGV[1]), ARGV[2] == '1'
local forgotten = since < floor
if listing then forgotten = tonumber(ARGV[3]) ~= trims end
local snapshot = since == 0 or since > revision or forgotten
if snapshot then since = 0 end

local after = '(' .. string.format('%d', since)
local rows = redis.call('ZRANGEBYSCORE', KEYS[4], after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[5])
local ids, revisions, settings, health = {}, {}, {}, {}
for i = 1, #rows, 2 do
  ids[#ids + 1] = rows[i]
  revisions[#revisions + 1] = rows[i + 1]
end
if #ids > 0 then
  settings = redis.call('HMGET', KEYS[2], unpack(ids))
  health = redis.call('HMGET', KEYS[3], unpack(ids))
end
local removed = {}
if not snapshot then removed = redis.call('ZRANGEBYSCORE', KEYS[5], after, '+inf') end
return {revision, trims, snapshot and 1 or 0, revisions, settings, health, removed}
)lua");

// KEYS feed, settings, health, changed, removed, created, user, audit, and the two of
// DepartureNotes; ARGV the user's revision as read, owner, now, most accounts of the
// site (0: not asked), removals kept, entries of the audit log kept, the number of
// writes, for each write {verb, id, name, settings, health}, then the audit entry's
// fields, if any. Answers {"ok", revision}, {"conflict"}, {"full"} or {"gone"}: none
// is created while what the user left behind is still to be removed.
const store::Script kCommit(R"lua(
local seen = redis.call('HGET', KEYS[7], 'revision') or '0'
if seen ~= ARGV[1] then return {'conflict'} end
local most = tonumber(ARGV[4])
if most > 0 and redis.call('HLEN', KEYS[2]) >= most then return {'full'} end
if most > 0 and redis.call('ZSCORE', KEYS[9], ARGV[2]) then return {'gone'} end

local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '1')
local at = 8
for _ = 1, tonumber(ARGV[7]) do
  local verb, id, name = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  revision = revision + 1
  local stamp = string.format('%d', revision)
  if verb == 'put' then
    redis.call('HSET', KEYS[2], id, ARGV[at + 3])
    if ARGV[at + 4] ~= '' then redis.call('HSET', KEYS[3], id, ARGV[at + 4]) end
    redis.call('ZADD', KEYS[4], stamp, id)
    redis.call('HSET', KEYS[7], 'name/' .. name, id)
  else
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
    redis.call('ZADD', KEYS[5], stamp, id)
    redis.call('HDEL', KEYS[7], 'name/' .. name)
  end
  at = at + 5
end
local stamp = string.format('%d', revision)
redis.call('HSET', KEYS[1], 'revision', stamp)
redis.call('HSET', KEYS[7], 'revision', stamp)
if redis.call('HLEN', KEYS[7]) == 1 then
  redis.call('DEL', KEYS[7])
  redis.call('HDEL', KEYS[6], ARGV[2])
  redis.call('ZADD', KEYS[9], 'NX', 0, ARGV[2])
  redis.call('HSETNX', KEYS[10], ARGV[2], 'new')
else
  redis.call('HSETNX', KEYS[6], ARGV[2], ARGV[3])
end

-- Removals are forgotten by halves; a reader from before the floor gets a snapshot.
local kept = tonumber(ARGV[5])
if redis.call('ZCARD', KEYS[5]) > kept then
  local last = math.floor(kept / 2)
  local floor = redis.call('ZRANGE', KEYS[5], last, last, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYRANK', KEYS[5], 0, last)
  redis.call('HSET', KEYS[1], 'floor', floor)
  redis.call('HINCRBY', KEYS[1], 'trims', 1)
end
if ARGV[at] then redis.call('XADD', KEYS[8], 'MAXLEN', '~', ARGV[6], '*', unpack(ARGV, at)) end
return {'ok', revision}
)lua");

// KEYS feed, health, changed; ARGV id, health as read, health, news (0 or 1).
// Answers the feed's revision; nil when the health is not what was read.
const store::Script kWriteHealth(R"lua(
if (redis.call('HGET', KEYS[2], ARGV[1]) or '') ~= ARGV[2] then return false end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
if ARGV[4] == '1' then
  local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '1') + 1
  redis.call('HSET', KEYS[1], 'revision', string.format('%d', revision))
  redis.call('ZADD', KEYS[3], string.format('%d', revision), ARGV[1])
  return revision
end
return tonumber(redis.call('HGET', KEYS[1], 'revision') or '1')
)lua");

}  // namespace postern::admin::scripts
