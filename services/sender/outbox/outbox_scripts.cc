#include "services/sender/outbox/outbox_scripts.h"

#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox_values.h"

namespace postern::sender::outbox_scripts {
namespace {

constexpr char kPrelude[] = R"lua(
local root = KEYS[1]
local call = redis.call
local function key(a, b) return b and (root .. ':' .. a .. ':' .. b) or (root .. ':' .. a) end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function get(id, field) return call('HGET', key('mail', id), field) end

-- An account stands in line by its first mail, but not before its pause is over and its gate opens.
local function line_up(account)
  local first = call('ZRANGE', key('due', account), 0, 0, 'WITHSCORES')
  if not first[1] then
    call('ZREM', key('accounts'), account)
    return
  end
  local halts = call('HMGET', key('account', account), 'paused', 'gate')
  local at = math.max(tonumber(first[2]), tonumber(halts[1] or 0), tonumber(halts[2] or 0))
  call('ZADD', key('accounts'), at, account)
end

local function make_due(id, account, at)
  call('HSET', key('mail', id), 'state', 'waiting')
  call('ZADD', key('due', account), at, id)
end

local function end_pause(account)
  call('HDEL', key('account', account), 'paused', 'why')
  call('SREM', key('paused'), account)
end

local function drop_content(id, pieces)
  if not pieces then return call('HDEL', key('mail', id), 'content') end
  for n = 0, pieces - 1 do call('UNLINK', key('content', id .. ':' .. n)) end
end

-- Of mails, each {id, account, size, pieces}.
local function forget(mails)
  if not mails[1] then return end
  local ids, keys, left, bytes = {}, {}, {}, 0
  for i, mail in ipairs(mails) do
    ids[i], keys[i] = mail[1], key('mail', mail[1])
    if mail[4] then drop_content(mail[1], mail[4]) end
    left[mail[2]] = (left[mail[2]] or 0) + 1
    bytes = bytes + mail[3]
  end
  call('UNLINK', unpack(keys))
  call('ZREM', key('all'), unpack(ids))
  call('ZREM', key('reporting'), unpack(ids))
  call('DECRBY', key('bytes'), bytes)
  for account, gone in pairs(left) do
    if call('HINCRBY', key('account', account), 'mails', -gone) <= 0 then
      call('HDEL', key('account', account), 'mails')
      end_pause(account)
    end
  end
end

local function lines_for(kind, pending, reason)
  local lines = {}
  for recipient in string.gmatch(pending, '[^\n]+') do
    lines[#lines + 1] = kind .. '\t' .. recipient .. '\t' .. reason .. '\n'
  end
  return table.concat(lines)
end

-- Nothing of a mail is left to send. It stays while there is something to report or to file;
-- answers whether it does. mail: id, pieces, to_file, sent. Its delay is for the caller to strike
-- off, and its report for tell_soon.
local function finish(mail, report)
  local id = mail.id
  if mail.to_file and mail.sent then
    call('HSET', key('mail', id), 'state', 'filing', 'pending', '', 'report', report, 'sent_at', now)
    call('ZADD', key('filing'), now, id)
  elseif report == '' then
    return false
  elseif mail.pieces then
    call('HSET', key('mail', id), 'state', 'reporting', 'pending', '', 'report', report)
    drop_content(id, mail.pieces)
  else
    call('HSET', key('mail', id), 'state', 'reporting', 'pending', '', 'report', report, 'content', '')
  end
  return true
end

local function tell_soon(ids)
  if not ids[1] then return end
  local scores = {}
  for i, id in ipairs(ids) do scores[2 * i - 1], scores[2 * i] = now, id end
  call('ZADD', key('reporting'), unpack(scores))
end
)lua";

}  // namespace

store::Script Make(absl::string_view body) {
  return store::Script(absl::StrCat(kPrelude, "local PIECE = ", kPieceBytes, "\n", body));
}

}  // namespace postern::sender::outbox_scripts
