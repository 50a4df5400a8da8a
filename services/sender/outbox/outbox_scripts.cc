#include "services/sender/outbox/outbox_scripts.h"

#include "absl/strings/str_cat.h"

namespace postern::sender::outbox_scripts {
namespace {

constexpr char kPrelude[] = R"lua(
local root = KEYS[1]
local call = redis.call
local function key(a, b) return b and (root .. ':' .. a .. ':' .. b) or (root .. ':' .. a) end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function get(id, field) return call('HGET', key('mail', id), field) end

-- An account stands in line by its first mail, but not before its pause is over.
local function line_up(account)
  local first = call('ZRANGE', key('due', account), 0, 0, 'WITHSCORES')
  if not first[1] then
    call('ZREM', key('accounts'), account)
    return
  end
  local paused = tonumber(call('HGET', key('paused'), account) or 0)
  call('ZADD', key('accounts'), math.max(tonumber(first[2]), paused), account)
end

local function make_due(id, account, at)
  call('HSET', key('mail', id), 'state', 'waiting', 'next', at)
  call('ZADD', key('due', account), at, id)
  line_up(account)
end

local function append_report(id, lines)
  if lines == '' then return end
  call('HSET', key('mail', id), 'report', (get(id, 'report') or '') .. lines)
  call('ZADD', key('reporting'), now, id)
end

-- Nothing is left to send; the mail stays until its outcomes are reported.
local function finish(id, account)
  call('HSET', key('mail', id), 'state', 'reporting', 'pending', '')
  call('DEL', key('content', id))
  call('ZREM', key('late'), id)
  call('ZREM', key('due', account), id)
  line_up(account)
end

local function forget(id)
  local account = get(id, 'account')
  call('DEL', key('mail', id), key('content', id))
  for _, set in ipairs({'all', 'late', 'reporting', 'leased'}) do call('ZREM', key(set), id) end
  if call('HINCRBY', key('counts'), account, -1) <= 0 then
    call('HDEL', key('counts'), account)
    call('HDEL', key('paused'), account)
  end
end

local function lines_for(kind, id, reason)
  local lines = {}
  for recipient in string.gmatch(get(id, 'pending'), '[^\n]+') do
    lines[#lines + 1] = kind .. '\t' .. recipient .. '\t' .. reason .. '\n'
  end
  return table.concat(lines)
end
)lua";

store::Script Make(absl::string_view body) { return store::Script(absl::StrCat(kPrelude, body)); }

}  // namespace

// ARGV: id, account, owner, key hash, message-id, from, recipients, size, eight_bit, context,
// content, limit of the account, limit of all, life of the key, time until late
const store::Script kPut = Make(R"lua(
local id, account = ARGV[1], ARGV[2]
local known = call('GET', key('key', ARGV[4]))
if known then return {'DUPLICATE', known} end
if call('ZCARD', key('all')) >= tonumber(ARGV[13]) then return {'SITE_FULL'} end
if tonumber(call('HGET', key('counts'), account) or 0) >= tonumber(ARGV[12]) then
  return {'ACCOUNT_FULL'}
end
call('SET', key('key', ARGV[4]), id .. '\n' .. ARGV[5], 'PX', ARGV[14])
call('SET', key('content', id), ARGV[11])
call('HSET', key('mail', id), 'account', account, 'owner', ARGV[3], 'message_id', ARGV[5],
     'from', ARGV[6], 'pending', ARGV[7], 'size', ARGV[8], 'eight_bit', ARGV[9],
     'context', ARGV[10], 'submitted', now, 'attempts', 0, 'epoch', 0, 'phase', '', 'error', '',
     'report', '', 'report_seq', 0)
call('HINCRBY', key('counts'), account, 1)
call('ZADD', key('all'), now, id)
call('ZADD', key('late'), now + ARGV[15], id)
make_due(id, account, now)
return {'QUEUED'}
)lua");

// ARGV: length of the lease, accounts that are busy
const store::Script kTake = Make(R"lua(
local busy = {}
for i = 2, #ARGV do busy[ARGV[i]] = true end
for _, account in ipairs(call('ZRANGEBYSCORE', key('accounts'), '-inf', now, 'LIMIT', 0, #ARGV)) do
  if not busy[account] then
    local id = call('ZRANGE', key('due', account), 0, 0)[1]
    local mail = key('mail', id)
    call('ZREM', key('due', account), id)
    line_up(account)
    local token = call('HINCRBY', mail, 'epoch', 1)
    local attempts = call('HINCRBY', mail, 'attempts', 1)
    call('HSET', mail, 'state', 'sending')
    call('ZADD', key('leased'), now + ARGV[1], id)
    local fields = call('HMGET', mail, 'account', 'owner', 'message_id', 'from', 'pending', 'size',
                        'eight_bit', 'phase', 'submitted')
    return {'TAKEN', id, token, attempts, now - fields[9], fields}
  end
end
local following = call('ZRANGEBYSCORE', key('accounts'), '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if following[2] then return {'WAIT', following[2] - now} end
return {'EMPTY'}
)lua");

// ARGV: length of the lease, then id and token of each. Answers the ids that are lost.
const store::Script kRenew = Make(R"lua(
local lost = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  if get(id, 'epoch') == ARGV[i + 1] and get(id, 'state') == 'sending' then
    call('ZADD', key('leased'), now + ARGV[1], id)
  else
    lost[#lost + 1] = id
  end
end
return lost
)lua");

// ARGV: how many at most. Whoever held these is dead or stuck. A mail that takes its sender down
// with it is not tried again and again at once.
const store::Script kRecover = Make(R"lua(
local ids = call('ZRANGEBYSCORE', key('leased'), '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  call('ZREM', key('leased'), id)
  local attempts = tonumber(get(id, 'attempts'))
  local wait = attempts <= 1 and 0 or math.min(attempts * 60000, 3600000)
  make_due(id, get(id, 'account'), now + wait)
end
return ids
)lua");

// ARGV: id, token, length of the lease
const store::Script kMarkDot = Make(R"lua(
if get(ARGV[1], 'epoch') ~= ARGV[2] or get(ARGV[1], 'state') ~= 'sending' then return 0 end
call('HSET', key('mail', ARGV[1]), 'phase', 'dot')
call('ZADD', key('leased'), now + ARGV[3], ARGV[1])
return 1
)lua");

// ARGV: id, token, recipients still pending, report, retry in, pause of the account, error.
// A lease that ran out still counts while nobody else took the mail: what was sent was sent.
const store::Script kSettle = Make(R"lua(
local id = ARGV[1]
if get(id, 'epoch') ~= ARGV[2] or get(id, 'state') == 'reporting' then return 0 end
local account = get(id, 'account')
call('ZREM', key('leased'), id)
call('HSET', key('mail', id), 'phase', '', 'pending', ARGV[3], 'error', ARGV[7])
append_report(id, ARGV[4])
if tonumber(ARGV[6]) > 0 then
  call('HSET', key('paused'), account, now + ARGV[6])
else
  call('HDEL', key('paused'), account)
end
if ARGV[3] == '' then finish(id, account) else make_due(id, account, now + ARGV[5]) end
return 1
)lua");

// ARGV: id, token. Given back untried.
const store::Script kRelease = Make(R"lua(
local id = ARGV[1]
if get(id, 'epoch') ~= ARGV[2] or get(id, 'state') ~= 'sending' then return 0 end
call('ZREM', key('leased'), id)
call('HINCRBY', key('mail', id), 'attempts', -1)
make_due(id, get(id, 'account'), now)
return 1
)lua");

// ARGV: account, for how long, why; id and token of a mail that is given back. The oldest mail
// stands first, so that the one that is looked at when the time is up is the first to expire.
const store::Script kSuspend = Make(R"lua(
local account, id = ARGV[1], ARGV[4]
if id then
  if get(id, 'epoch') ~= ARGV[5] or get(id, 'state') ~= 'sending' then return 0 end
  call('ZREM', key('leased'), id)
  call('HINCRBY', key('mail', id), 'attempts', -1)
  call('HSET', key('mail', id), 'state', 'waiting')
  call('ZADD', key('due', account), now, id)
end
local till = now + ARGV[2]
call('HSET', key('paused'), account, till)
for _, id in ipairs(call('ZRANGE', key('due', account), 0, -1)) do
  call('HSET', key('mail', id), 'next', till, 'error', ARGV[3])
  call('ZADD', key('due', account), get(id, 'submitted'), id)
  call('ZADD', key('late'), 'XX', now, id)
end
line_up(account)
return 1
)lua");

// ARGV: how many at most, for how long nobody else takes them
const store::Script kTakeReports = Make(R"lua(
local reports = {}
for _, id in ipairs(call('ZRANGEBYSCORE', key('reporting'), '-inf', now, 'LIMIT', 0, ARGV[1])) do
  call('ZADD', key('reporting'), now + ARGV[2], id)
  local f = call('HMGET', key('mail', id), 'report_seq', 'report', 'context', 'message_id', 'submitted')
  reports[#reports + 1] = {id, f[1], f[2], f[3], f[4], now - f[5]}
end
return reports
)lua");

// ARGV: id, number of the report, its length
const store::Script kReported = Make(R"lua(
local id = ARGV[1]
if get(id, 'report_seq') ~= ARGV[2] then return 0 end
local rest = string.sub(get(id, 'report'), ARGV[3] + 1)
call('HINCRBY', key('mail', id), 'report_seq', 1)
call('HSET', key('mail', id), 'report', rest)
if rest ~= '' then
  call('ZADD', key('reporting'), now, id)
else
  call('ZREM', key('reporting'), id)
  if get(id, 'state') == 'reporting' then forget(id) end
end
return 1
)lua");

// ARGV: id, in how long
const store::Script kReportLater = Make(R"lua(
return call('ZADD', key('reporting'), 'XX', now + ARGV[2], ARGV[1])
)lua");

// ARGV: how many at most
const store::Script kSweepLate = Make(R"lua(
local ids = call('ZRANGEBYSCORE', key('late'), '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  call('ZREM', key('late'), id)
  append_report(id, lines_for('D', id, get(id, 'error')))
end
return #ids
)lua");

// ARGV: first, how many; or an id
const store::Script kList = Make(R"lua(
local ids = ARGV[2] and call('ZRANGE', key('all'), ARGV[1], ARGV[1] + ARGV[2] - 1) or {ARGV[1]}
local mails = {}
for _, id in ipairs(ids) do
  local f = call('HMGET', key('mail', id), 'account', 'owner', 'message_id', 'pending', 'size',
                 'state', 'attempts', 'submitted', 'next', 'error')
  if f[1] then
    table.insert(f, 1, id)
    mails[#mails + 1] = f
  end
end
return {call('ZCARD', key('all')), mails}
)lua");

// ARGV: ids
const store::Script kRetry = Make(R"lua(
local retried = 0
for _, id in ipairs(ARGV) do
  if get(id, 'state') == 'waiting' then
    local account = get(id, 'account')
    call('HDEL', key('paused'), account)
    make_due(id, account, now)
    retried = retried + 1
  end
end
return retried
)lua");

// ARGV: account
const store::Script kResume = Make(R"lua(
local account = ARGV[1]
call('HDEL', key('paused'), account)
local due = call('ZRANGE', key('due', account), 0, -1, 'WITHSCORES')
-- What is due already keeps its place in line.
for i = 1, #due, 2 do make_due(due[i], account, math.min(now, tonumber(due[i + 1]))) end
return #due / 2
)lua");

// ARGV: id, why
const store::Script kCancel = Make(R"lua(
local id = ARGV[1]
local state = get(id, 'state')
if not state then return 'NONE' end
if state ~= 'waiting' then return state end
append_report(id, lines_for('F', id, ARGV[2]))
finish(id, get(id, 'account'))
return 'OK'
)lua");

}  // namespace postern::sender::outbox_scripts
