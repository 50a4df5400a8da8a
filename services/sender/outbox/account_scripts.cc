#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {

// ARGV: account, for how long, why; id and token of a mail that is given back
const store::Script kSuspend = Make(R"lua(
local account, id = ARGV[1], ARGV[4]
if id then
  local f = call('HMGET', key('mail', id), 'epoch', 'state', 'first')
  if f[1] ~= ARGV[5] or f[2] ~= 'sending' then return 0 end
  call('ZREM', key('leased'), id)
  call('HINCRBY', key('mail', id), 'attempts', -1)
  make_due(id, account, f[3])
end
call('HSET', key('account', account), 'paused', now + ARGV[2], 'why', ARGV[3])
call('SADD', key('paused'), account)
call('HDEL', key('account', account), 'telling')
call('ZADD', key('telling'), now, account)
line_up(account)
return 1
)lua");

// ARGV: account, how many mails behind the end were passed over, how many to look at, whether
// these are the first (they end the pause). Goes from
// the last due to the first, so that what is taken from the front meanwhile does no harm. Answers
// how many wait, how many were passed over, and whether there may be more.
const store::Script kResume = Make(R"lua(
local account, passed, count = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if ARGV[4] == '1' then end_pause(account) end
local due, moved, more = key('due', account), {}, 0
local mails = call('ZREVRANGE', due, passed, passed + count - 1, 'WITHSCORES')
for i = 1, #mails, 2 do
  if tonumber(mails[i + 1]) <= now then break end
  local first = tonumber(get(mails[i], 'first') or now)
  if first > now then
    passed = passed + 1
  else
    moved[#moved + 1] = first
    moved[#moved + 1] = mails[i]
  end
  if i == #mails - 1 then more = 1 end
end
if moved[1] then call('ZADD', due, unpack(moved)) end
line_up(account)
return {call('ZCARD', due), passed, more}
)lua");

// ARGV: account, for how long, or nothing to open it
const store::Script kGate = Make(R"lua(
if ARGV[2] then
  call('HSET', key('account', ARGV[1]), 'gate', now + ARGV[2])
else
  call('HDEL', key('account', ARGV[1]), 'gate')
end
line_up(ARGV[1])
return 1
)lua");

// ARGV: accounts
const store::Script kCount = Make(R"lua(
local counts = {}
for i, account in ipairs(ARGV) do counts[i] = call('ZCOUNT', key('due', account), '-inf', now) end
return counts
)lua");

}  // namespace postern::sender::outbox_scripts
