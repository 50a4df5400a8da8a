#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {
namespace {

// The mail is filed, or never will be.
constexpr char kEnd[] = R"lua(
local function end_filing(id)
  call('ZREM', key('filing'), id)
  local f = call('HMGET', key('mail', id), 'state', 'account', 'size', 'pieces', 'report')
  if f[1] ~= 'filing' then return 0 end
  if (f[5] or '') == '' then
    forget({{id, f[2], f[3], f[4]}})
  else
    call('HSET', key('mail', id), 'state', 'reporting')
    drop_content(id, f[4])
  end
  return 1
end
)lua";

store::Script MakeEnding(absl::string_view body) { return Make(absl::StrCat(kEnd, body)); }

}  // namespace

// ARGV: how many at most, for how long nobody else takes them, when to give up. Answers those to
// file, and the ids of those given up.
const store::Script kTakeFilings = MakeEnding(R"lua(
local filings, given_up = {}, {}
for _, id in ipairs(call('ZRANGEBYSCORE', key('filing'), '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local f = call('HMGET', key('mail', id), 'account', 'owner', 'fixed', 'size', 'sent_at')
  if not f[1] or now - f[5] > tonumber(ARGV[3]) then
    end_filing(id)
    given_up[#given_up + 1] = id
  else
    call('ZADD', key('filing'), now + ARGV[2], id)
    local attempts = call('HINCRBY', key('mail', id), 'file_attempts', 1)
    filings[#filings + 1] = {id, f[1], f[2], f[3], f[4], attempts, now - f[5]}
  end
end
return {filings, given_up}
)lua");

// ARGV: id
const store::Script kFiled = MakeEnding(R"lua(return end_filing(ARGV[1]))lua");

// ARGV: id, in how long
const store::Script kFileLater = Make(R"lua(
return call('ZADD', key('filing'), 'XX', now + ARGV[2], ARGV[1])
)lua");

// ARGV: id, in how long, error. Answers how many tries have failed; 0: there is no such mail.
const store::Script kFilingFailed = Make(R"lua(
local mail = key('mail', ARGV[1])
if call('HGET', mail, 'state') ~= 'filing' then return 0 end
call('ZADD', key('filing'), 'XX', now + ARGV[2], ARGV[1])
call('HSET', mail, 'error', ARGV[3])
return call('HINCRBY', mail, 'file_errors', 1)
)lua");

// ARGV: id, offset, how much. No more than to the end of a piece; nil when there is nothing.
const store::Script kContent = Make(R"lua(
local offset, count = tonumber(ARGV[2]), tonumber(ARGV[3])
local f = call('HMGET', key('mail', ARGV[1]), 'content', 'pieces')
if f[1] then return string.sub(f[1], offset + 1, offset + count) end
if not f[2] then return false end
local piece, from = math.floor(offset / PIECE), offset % PIECE
return call('GETRANGE', key('content', ARGV[1] .. ':' .. piece), from, from + count - 1)
)lua");

}  // namespace postern::sender::outbox_scripts
