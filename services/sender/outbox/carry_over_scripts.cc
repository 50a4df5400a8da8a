#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {

// The queue of Postern before its scripts went in bounded steps. What differed: `all` stood by the
// time of submission, which no number of today reaches; a mail had its envelope in fields of its
// own, and its content in one key; "paused" was a hash, "late" was `watch`, "counts" counted the
// mails of accounts; "phase" stayed "dot" on a mail that waits.
// ARGV: how many at most, largest content that lies beside its mail, lifetime of a mail. Answers
// how many it looked at.
const store::Script kCarryOver = Make(R"lua(
local EARLIEST = 1000000000000
local ids = call('ZRANGEBYSCORE', key('all'), EARLIEST, '+inf', 'LIMIT', 0, ARGV[1])
if ids[1] then call('ZREM', key('all'), unpack(ids)) end
-- Whoever is paused is tried once.
if call('TYPE', key('paused')).ok == 'hash' then call('DEL', key('paused')) end

local function move_content(id, fields)
  local content = call('GET', key('content', id))
  if not content then return end
  if #content <= tonumber(ARGV[2]) then
    fields[#fields + 1], fields[#fields + 2] = 'content', content
  else
    local pieces = math.ceil(#content / PIECE)
    for n = 0, pieces - 1 do
      call('SET', key('content', id .. ':' .. n), string.sub(content, n * PIECE + 1, (n + 1) * PIECE))
    end
    fields[#fields + 1], fields[#fields + 2] = 'pieces', pieces
  end
  call('DEL', key('content', id))
end

local function move_watch(id, submitted, fields)
  local late = call('ZSCORE', key('late'), id)
  if not late then
    fields[#fields + 1], fields[#fields + 2] = 'told', '1'
    late = submitted + ARGV[3]
  end
  call('ZADD', key('watch'), late, id)
end

local function carry_over(id)
  local f = call('HMGET', key('mail', id), 'account', 'message_id', 'from', 'eight_bit', 'context',
                 'pending', 'submitted', 'state', 'phase', 'size', 'fixed')
  if not f[1] then return end
  call('ZADD', key('all'), call('INCR', key('seq')), id)
  if f[11] then return end
  local eight_bit = f[4] == '1' and '8' or ''
  local utf8 = string.find(f[3] .. f[6], '[\128-\255]') and 'u' or ''
  local fixed = {f[2], f[3], '', eight_bit .. utf8, '', f[5]}
  local fields = {'fixed', table.concat(fixed, '\n'), 'first', f[7]}
  if f[5] == '' then fields[#fields + 1], fields[#fields + 2] = 'quiet', '1' end
  if f[9] == 'dot' and f[8] == 'waiting' then
    fields[#fields + 1], fields[#fields + 2] = 'uncertain', '1'
  end
  move_content(id, fields)
  if f[8] ~= 'reporting' then move_watch(id, f[7], fields) end
  call('HSET', key('mail', id), unpack(fields))
  call('HDEL', key('mail', id), 'message_id', 'from', 'eight_bit', 'context', 'next')
  call('HINCRBY', key('account', f[1]), 'mails', 1)
  call('INCRBY', key('bytes'), f[10])
  line_up(f[1])
end

for _, id in ipairs(ids) do carry_over(id) end
if #ids < tonumber(ARGV[1]) then call('DEL', key('late'), key('counts')) end
return #ids
)lua");

}  // namespace postern::sender::outbox_scripts
