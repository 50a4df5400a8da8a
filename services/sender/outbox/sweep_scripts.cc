#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {

// ARGV: how many at most, lifetime of a mail, time until late, why held mails are late. Tells of
// delays: those of a suspended account at once, those behind a closed gate not yet. Answers how
// much it did (not 0: there may be more), and of each mail whose time is up: id, state, error.
const store::Script kSweep = Make(R"lua(
local left, done, expired = tonumber(ARGV[1]), 0, {}
local GLANCE = 1800000  -- so often is looked at what waits behind a closed gate

local function read(id)
  return call('HMGET', key('mail', id), 'state', 'first', 'told', 'pending', 'error', 'report', 'quiet', 'account')
end

local function tell(id, f, why)
  done = done + 1
  call('HSET', key('mail', id), 'told', '1')
  call('ZADD', key('watch'), math.max(f[2] + ARGV[2], now + 1), id)
  if f[7] then return end
  local reason = why or (f[1] == 'held' and ARGV[4]) or f[5] or ''
  call('HSET', key('mail', id), 'report', (f[6] or '') .. lines_for('D', f[4], reason))
  call('ZADD', key('reporting'), now, id)
end

local halts = {}
local function halts_of(account)
  if not halts[account] then
    local f = call('HMGET', key('account', account), 'paused', 'why', 'gate', 'telling')
    local why = tonumber(f[1] or 0) > now and f[2] or nil
    halts[account] = {why = why, gate = tonumber(f[3] or 0), telling = tonumber(f[4] or 0)}
  end
  return halts[account]
end

-- The mails of a suspended account, some at a time.
local function tell_of_account(account)
  local at, count = halts_of(account), left
  local ids = at.why and call('ZRANGE', key('due', account), at.telling, at.telling + count - 1) or {}
  for _, id in ipairs(ids) do
    local f = read(id)
    if f[1] and not f[3] and f[2] + 0 <= now then tell(id, f, at.why) end
  end
  left = left - #ids
  if #ids < count then
    call('ZREM', key('telling'), account)
    call('HDEL', key('account', account), 'telling')
  else
    call('HSET', key('account', account), 'telling', at.telling + #ids)
    done = done + 1
  end
end

local function look_at(id)
  local f = read(id)
  if not f[1] then return call('ZREM', key('watch'), id) end
  local at = halts_of(f[8])
  if f[3] or at.gate > now then done = done + 1 end
  if at.gate > now then
    -- It may be opened long before its time.
    call('ZADD', key('watch'), math.min(at.gate, now + GLANCE) + ARGV[3], id)
  elseif not f[3] then
    tell(id, f, at.why)
  else
    if f[1] ~= 'sending' then expired[#expired + 1] = {id, f[1], at.why or f[5] or ''} end
    call('ZADD', key('watch'), now + 60000, id)  -- if whoever gives it up breaks off
  end
end

for _, account in ipairs(call('ZRANGE', key('telling'), 0, left - 1)) do
  if left > 0 then tell_of_account(account) end
end
if left > 0 then
  for _, id in ipairs(call('ZRANGEBYSCORE', key('watch'), '-inf', now, 'LIMIT', 0, left)) do look_at(id) end
end
return {done, expired}
)lua");

}  // namespace postern::sender::outbox_scripts
