#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {

// ARGV, of each mail: id, token, recipients still pending, report, retry in, pause of the account,
// error, "u" uncertain and "s" sent to somebody. Answers 1 for each, or 0: the lease is lost.
// A lease that ran out still counts while nobody else took the mail: what was sent was sent.
const store::Script kSettle = Make(R"lua(
local answers, settled, ids, accounts, done = {}, {}, {}, {}, {}
for i = 1, #ARGV, 8 do
  local f = call('HMGET', key('mail', ARGV[i]), 'epoch', 'state', 'account', 'context', 'report', 'to_file',
                 'sent', 'size', 'pieces')
  local ours = f[1] == ARGV[i + 1] and (f[2] == 'sending' or f[2] == 'waiting' or f[2] == 'held')
  answers[#answers + 1] = ours and 1 or 0
  if ours then
    ids[#ids + 1] = ARGV[i]
    settled[#settled + 1] = {i, f}
  end
end
if not ids[1] then return answers end
call('ZREM', key('leased'), unpack(ids))

for _, one in ipairs(settled) do
  local i, f = one[1], one[2]
  local id, account, name = ARGV[i], f[3], key('mail', ARGV[i])
  local flags, pause = ARGV[i + 7], tonumber(ARGV[i + 5])
  local report = (f[5] or '') .. (f[4] ~= '' and ARGV[i + 3] or '')
  local sent = f[7] or string.find(flags, 's', 1, true)
  if f[2] == 'waiting' then call('ZREM', key('due', account), id) end
  if ARGV[i + 2] == '' then
    local mail = {id = id, account = account, pieces = f[9], to_file = f[6], sent = sent}
    if not finish(mail, report) then done[#done + 1] = {id, account, f[8], f[9]} end
  else
    local uncertain = string.find(flags, 'u', 1, true)
    call('HSET', name, 'phase', '', 'pending', ARGV[i + 2], 'error', ARGV[i + 6])
    if sent then call('HSET', name, 'sent', '1') end
    if uncertain then call('HSET', name, 'uncertain', '1') end
    if report ~= '' then
      call('HSET', name, 'report', report)
      call('ZADD', key('reporting'), now, id)
    end
    if f[2] ~= 'held' then make_due(id, account, now + ARGV[i + 4]) end
    accounts[account] = true
  end
  if pause > 0 then
    call('HSET', key('account', account), 'paused', now + pause)
    call('HDEL', key('account', account), 'why')
    call('SADD', key('paused'), account)
    accounts[account] = true
  elseif call('HDEL', key('account', account), 'paused', 'why') > 0 then
    call('SREM', key('paused'), account)
    accounts[account] = true
  end
  if f[2] == 'waiting' then accounts[account] = true end
end
forget(done)
for account in pairs(accounts) do line_up(account) end
return answers
)lua");

// ARGV: how many at most, for how long nobody else takes them
const store::Script kTakeReports = Make(R"lua(
local reports, claimed = {}, {}
local ids = call('ZRANGEBYSCORE', key('reporting'), '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  local f = call('HMGET', key('mail', id), 'report_seq', 'report', 'context', 'fixed', 'first')
  claimed[#claimed + 1] = now + ARGV[2]
  claimed[#claimed + 1] = id
  reports[#reports + 1] = {id, f[1] or '0', f[2], f[3], f[4], math.max(now - f[5], 0)}
end
if not ids[1] then return reports end
call('ZREM', key('reporting'), unpack(ids))
call('ZADD', key('reporting'), unpack(claimed))
return reports
)lua");

// ARGV, of each: id, number of the report, its length. Answers 1 for each, or 0: it was struck
// off before.
const store::Script kReported = Make(R"lua(
local answers, done, parts, seen = {}, {}, {}, {}
for i = 1, #ARGV, 3 do
  local id = ARGV[i]
  local f = call('HMGET', key('mail', id), 'report_seq', 'report', 'state', 'account', 'size', 'pieces')
  local same = f[3] and not seen[id] and (f[1] or '0') == ARGV[i + 1]
  seen[id] = true
  answers[#answers + 1] = same and 1 or 0
  if same then
    local rest = string.sub(f[2], ARGV[i + 2] + 1)
    if rest == '' and f[3] == 'reporting' then
      done[#done + 1] = {id, f[4], f[5], f[6]}
    else
      parts[#parts + 1] = {id, rest, (f[1] or 0) + 1}
    end
  end
end
forget(done)
for _, part in ipairs(parts) do
  if part[2] == '' then
    call('ZREM', key('reporting'), part[1])
  else
    call('ZADD', key('reporting'), now, part[1])
  end
  call('HSET', key('mail', part[1]), 'report', part[2], 'report_seq', part[3])
end
return answers
)lua");

// ARGV: id, in how long
const store::Script kReportLater = Make(R"lua(
return call('ZADD', key('reporting'), 'XX', now + ARGV[2], ARGV[1])
)lua");

// ARGV: how many at most, lifetime of a mail, time until late, why held mails are late. Tells of
// delays: those of a suspended account at once, those behind a closed gate never. Answers how many
// times it told, and of each mail whose time is up: id, state, error.
const store::Script kSweep = Make(R"lua(
local left, looked, told, expired = tonumber(ARGV[1]), 0, 0, {}

local function tell(id, f, why)
  call('HSET', key('mail', id), 'told', '1')
  if f[7] == '' then return end
  local reason = why or (f[1] == 'held' and ARGV[4]) or f[5] or ''
  call('HSET', key('mail', id), 'report', (f[6] or '') .. lines_for('D', f[4], reason))
  call('ZADD', key('reporting'), now, id)
  told = told + 1
end

local function look_at(account, id, why)
  local f = call('HMGET', key('mail', id), 'state', 'first', 'told', 'pending', 'error', 'report', 'context')
  if not f[1] then
    call('ZREM', key('watch', account), id)
  elseif not f[3] then
    tell(id, f, why)
    call('ZADD', key('watch', account), math.max(f[2] + ARGV[2], now + 1), id)
  elseif f[2] + ARGV[2] > now then
    call('ZADD', key('watch', account), f[2] + ARGV[2], id)
  else
    if f[1] ~= 'sending' then expired[#expired + 1] = {id, f[1], why or f[5] or ''} end
    call('ZADD', key('watch', account), now + 60000, id)
  end
end

for _, account in ipairs(call('ZRANGEBYSCORE', key('watched'), '-inf', now, 'LIMIT', 0, left)) do
  local halts = call('HMGET', key('account', account), 'paused', 'why', 'gate')
  local gate = tonumber(halts[3] or 0)
  if gate > now then
    call('ZADD', key('watched'), gate, account)
  elseif left > 0 then
    local suspended = halts[2] and tonumber(halts[1] or 0) > now
    local till = suspended and now + ARGV[3] or now
    local ids = call('ZRANGEBYSCORE', key('watch', account), '-inf', till, 'LIMIT', 0, left)
    for _, id in ipairs(ids) do look_at(account, id, suspended and halts[2] or nil) end
    looked = looked + #ids
    left = left - #ids
    local first = call('ZRANGE', key('watch', account), 0, 0, 'WITHSCORES')
    if not first[1] then
      call('ZREM', key('watched'), account)
    elseif left > 0 then
      call('ZADD', key('watched'), first[2], account)
    end
  end
end
return {looked, told, expired}
)lua");

}  // namespace postern::sender::outbox_scripts
