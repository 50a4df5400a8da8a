#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {

// Whether a large mail may come: it is asked before its pieces are stored.
// ARGV: account, hash of the key, size, limit of the account, of all, of bytes
const store::Script kRoom = Make(R"lua(
local known = call('GET', key('key', ARGV[2]))
if known then return 'DUPLICATE\n' .. known end
local mails = tonumber(call('HGET', key('account', ARGV[1]), 'mails') or 0)
if mails >= tonumber(ARGV[4]) then return 'ACCOUNT_FULL' end
local bytes = tonumber(call('GET', key('bytes')) or 0) + ARGV[3]
if call('ZCARD', key('all')) >= tonumber(ARGV[5]) or bytes > tonumber(ARGV[6]) then
  return 'SITE_FULL'
end
return 'ROOM'
)lua");

// ARGV: limit of an account, of all, of bytes, life of a key (from when its mail is due),
// time until late; then of each
// mail: id, account, owner, hash of its key, message-id, fixed, recipients, size, whether its
// author is told, content, number of pieces, wait, whether to file
const store::Script kPut = Make(R"lua(
local account_limit, site_limit, byte_limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local answers, put, accounts, watch, in_line = {}, {}, {}, {}, {}
-- A script that breaks off has written what it has written: a key without its mail would have the mail's
-- repeat taken for a duplicate. So all that is written to is looked at first.
local function is(kind, name)
  local found = call('TYPE', name).ok
  return found == 'none' or found == kind
end
for _, name in ipairs({'all', 'watch', 'accounts'}) do
  if not is('zset', key(name)) then return redis.error_reply('ERR ' .. key(name) .. ' is no sorted set') end
end

local mails, bytes, more_bytes = call('ZCARD', key('all')), tonumber(call('GET', key('bytes')) or 0), 0

local function account_of(name)
  if not accounts[name] then
    if not (is('hash', key('account', name)) and is('zset', key('due', name))) then return nil end
    local f = call('HMGET', key('account', name), 'mails', 'gate', 'paused')
    accounts[name] = {mails = tonumber(f[1] or 0), gate = tonumber(f[2] or 0),
                      paused = tonumber(f[3] or 0), earliest = math.huge, due = {}}
  end
  return accounts[name]
end

local function pieces_of(id, count)
  local keys = {}
  for n = 0, count - 1 do keys[n + 1] = key('content', id .. ':' .. n) end
  return keys
end

local function write(i, id, account, size, pieces)
  local due = now + ARGV[i + 11]
  local first = math.max(due, account.gate)
  local fields = {'account', ARGV[i + 1], 'owner', ARGV[i + 2], 'fixed', ARGV[i + 5], 'pending', ARGV[i + 6],
                  'size', size, 'state', 'waiting', 'submitted', now, 'first', first}
  local function also(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if pieces[1] then
    for _, piece in ipairs(pieces) do call('PERSIST', piece) end
    also('pieces', #pieces)
  else
    also('content', ARGV[i + 9])
  end
  if ARGV[i + 8] == '0' then also('quiet', '1') end
  if ARGV[i + 12] == '1' then also('to_file', '1') end
  call('HSET', key('mail', id), unpack(fields))
  account.mails = account.mails + 1
  account.earliest = math.min(account.earliest, due)
  account.due[#account.due + 1] = due
  account.due[#account.due + 1] = id
  more_bytes = more_bytes + size
  put[#put + 1] = id
  watch[#watch + 1] = first + ARGV[5]
  watch[#watch + 1] = id
  return 'QUEUED\n' .. string.format('%d', due)
end

local function answer(i)
  local id, account, size = ARGV[i], account_of(ARGV[i + 1]), tonumber(ARGV[i + 7])
  local hash = key('key', ARGV[i + 3])
  if not account or not is('string', hash) then return 'FOREIGN' end
  local full
  if account.mails >= account_limit then full = 'ACCOUNT_FULL' end
  if mails + #put >= site_limit or bytes + more_bytes + size > byte_limit then full = 'SITE_FULL' end
  local pieces = pieces_of(id, ARGV[i + 10])
  if pieces[1] and call('EXISTS', unpack(pieces)) ~= #pieces then full = 'LOST' end
  local known
  if full then
    known = call('GET', hash)
  else
    known = call('SET', hash, id .. '\n' .. ARGV[i + 4], 'PX', ARGV[4] + ARGV[i + 11], 'NX', 'GET')
  end
  if known then return 'DUPLICATE\n' .. known end
  return full or write(i, id, account, size, pieces)
end

for i = 6, #ARGV, 13 do answers[#answers + 1] = answer(i) end
if not put[1] then return answers end

local number = call('INCRBY', key('seq'), #put) - #put
local all = {}
for i, id in ipairs(put) do
  all[2 * i - 1], all[2 * i] = number + i, id
end
call('ZADD', key('all'), unpack(all))
call('ZADD', key('watch'), unpack(watch))
call('INCRBY', key('bytes'), more_bytes)
for name, account in pairs(accounts) do
  if account.due[1] then
    call('ZADD', key('due', name), unpack(account.due))
    call('HINCRBY', key('account', name), 'mails', #account.due / 2)
    in_line[#in_line + 1] = math.max(account.earliest, account.gate, account.paused)
    in_line[#in_line + 1] = name
  end
end
call('ZADD', key('accounts'), 'LT', unpack(in_line))
return answers
)lua");

}  // namespace postern::sender::outbox_scripts
