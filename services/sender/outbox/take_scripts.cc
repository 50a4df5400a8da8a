#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {
namespace {

constexpr char kTaking[] = R"lua(
local room = {mails = 64, bytes = 1048576}

-- Takes due mails of an account while there is room; adds them to `taken`.
local function take(account, count, lease, taken)
  local ids = call('ZRANGEBYSCORE', key('due', account), '-inf', now, 'LIMIT', 0, math.min(count, room.mails))
  local chosen, leased, found = {}, {}, {}
  for _, id in ipairs(ids) do
    if room.bytes <= 0 then break end
    local f = call('HMGET', key('mail', id), 'fixed', 'owner', 'pending', 'size', 'epoch', 'attempts',
                   'first', 'uncertain', 'content')
    if f[1] and f[7] then
      room.bytes = room.bytes - #(f[9] or '')
      chosen[#chosen + 1], found[#found + 1] = id, f
    else  -- not written by us, or by an older version: for the operator to look at
      call('ZREM', key('due', account), id)
      if f[4] then call('HSET', key('mail', id), 'state', 'held') end
    end
  end
  if chosen[1] then call('ZREM', key('due', account), unpack(chosen)) end
  for i, id in ipairs(chosen) do
    local f = found[i]
    local token, attempts, first = (f[5] or 0) + 1, (f[6] or 0) + 1, tonumber(f[7])
    call('HSET', key('mail', id), 'state', 'sending', 'epoch', token, 'attempts', attempts, 'phase', '')
    if first > now then  -- somebody did not want to wait for it
      call('ZINCRBY', key('watch'), now - first, id)
      first = now
      call('HSET', key('mail', id), 'first', now)
    end
    leased[2 * i - 1], leased[2 * i] = now + lease, id
    taken[#taken + 1] = {id, token, attempts, now - first, account, f[1], f[2], f[3], f[4], f[8] or '',
                         f[9] or ''}
  end
  if leased[1] then call('ZADD', key('leased'), unpack(leased)) end
  room.mails = room.mails - #chosen
  line_up(account)
end
)lua";

constexpr char kLeasing[] = R"lua(
local function is_held(id, token)
  local f = call('HMGET', key('mail', id), 'epoch', 'state')
  return f[1] == token and f[2] == 'sending'
end

-- Struck off first, so that a Redis without memory lets it pass (outbox_scripts.h).
local function lease(ids, length)
  if not ids[1] then return end
  local leased = {}
  for i, id in ipairs(ids) do leased[2 * i - 1], leased[2 * i] = now + length, id end
  call('ZREM', key('leased'), unpack(ids))
  call('ZADD', key('leased'), unpack(leased))
end
)lua";

store::Script MakeLeasing(absl::string_view body) { return Make(absl::StrCat(kLeasing, body)); }
store::Script MakeTaking(absl::string_view body) { return Make(absl::StrCat(kTaking, body)); }

}  // namespace

// ARGV: length of the lease, of how many accounts, how many of each, accounts that are busy
const store::Script kTake = MakeTaking(R"lua(
local wanted, taken, busy = tonumber(ARGV[2]), {}, {}
for i = 4, #ARGV do busy[ARGV[i]] = true end
local most = wanted + #ARGV - 3
for _, account in ipairs(call('ZRANGEBYSCORE', key('accounts'), '-inf', now, 'LIMIT', 0, most)) do
  if wanted == 0 or room.mails == 0 or room.bytes <= 0 then break end
  if not busy[account] then
    take(account, tonumber(ARGV[3]), ARGV[1], taken)
    wanted = wanted - 1
  end
end
if taken[1] then return {'TAKEN', taken} end
local following = call('ZRANGEBYSCORE', key('accounts'), '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if following[2] then return {'WAIT', following[2] - now} end
return {'EMPTY'}
)lua");

// ARGV: length of the lease, account, how many
const store::Script kTakeMore = MakeTaking(R"lua(
local account, taken = ARGV[2], {}
local halts = call('HMGET', key('account', account), 'paused', 'gate')
if math.max(tonumber(halts[1] or 0), tonumber(halts[2] or 0)) > now then return {'EMPTY'} end
take(account, tonumber(ARGV[3]), ARGV[1], taken)
if taken[1] then return {'TAKEN', taken} end
return {'EMPTY'}
)lua");

// ARGV: length of the lease, then id and token of each. Answers the ids that are lost.
const store::Script kRenew = MakeLeasing(R"lua(
local lost, held = {}, {}
for i = 2, #ARGV, 2 do
  local which = is_held(ARGV[i], ARGV[i + 1]) and held or lost
  which[#which + 1] = ARGV[i]
end
lease(held, ARGV[1])
return lost
)lua");

// ARGV: how many at most. Whoever held these is dead or stuck. A mail that takes its sender down
// with it is not tried again and again at once.
const store::Script kRecover = Make(R"lua(
local ids = call('ZRANGEBYSCORE', key('leased'), '-inf', now, 'LIMIT', 0, ARGV[1])
local accounts = {}
for _, id in ipairs(ids) do
  call('ZREM', key('leased'), id)
  local f = call('HMGET', key('mail', id), 'account', 'attempts', 'phase', 'state')
  if f[4] == 'sending' then
    local attempts = tonumber(f[2] or 0)
    local wait = attempts <= 1 and 0 or math.min(attempts * 60000, 3600000)
    if f[3] == 'dot' then call('HSET', key('mail', id), 'uncertain', '1', 'phase', '') end
    make_due(id, f[1], now + wait)
    accounts[f[1]] = true
  end
end
for account in pairs(accounts) do line_up(account) end
return ids
)lua");

// ARGV: length of the lease, then id and token of each. Answers 1 for each, or 0: it is lost.
const store::Script kMarkDot = MakeLeasing(R"lua(
local answers, held = {}, {}
for i = 2, #ARGV, 2 do
  local ours = is_held(ARGV[i], ARGV[i + 1])
  answers[#answers + 1] = ours and 1 or 0
  if ours then held[#held + 1] = ARGV[i] end
end
lease(held, ARGV[1])
for _, id in ipairs(held) do call('HSET', key('mail', id), 'phase', 'dot') end
return answers
)lua");

// ARGV: id, token. Given back untried.
const store::Script kRelease = Make(R"lua(
local id = ARGV[1]
local f = call('HMGET', key('mail', id), 'epoch', 'state', 'account')
if f[1] ~= ARGV[2] or f[2] ~= 'sending' then return 0 end
call('ZREM', key('leased'), id)
call('HINCRBY', key('mail', id), 'attempts', -1)
make_due(id, f[3], now)
line_up(f[3])
return 1
)lua");

}  // namespace postern::sender::outbox_scripts
