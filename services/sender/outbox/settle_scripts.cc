#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {
namespace {

constexpr char kNews[] = R"lua(
-- What of a report is of recipients that were still pending. So whoever got no answer settles again,
-- and what was put on record before is no news: nobody is told twice.
local function news(report, pending)
  local open, lines = {}, {}
  for one in string.gmatch(pending, '[^\n]+') do open[one] = true end
  for line in string.gmatch(report, '[^\n]+') do
    if open[string.match(line, '^%u\t([^\t]*)\t')] then lines[#lines + 1] = line .. '\n' end
  end
  return table.concat(lines)
end
)lua";

store::Script MakeSettling(absl::string_view body) { return Make(absl::StrCat(kNews, body)); }

}  // namespace

// ARGV, of each mail: id, token, recipients still pending, report, retry in, pause of the account,
// error, "u" uncertain and "s" sent to somebody. Answers 1 for each, or 0: the lease is lost.
// A lease that ran out still counts while nobody else took the mail: what was sent was sent.
const store::Script kSettle = MakeSettling(R"lua(
local answers, settled, ids, ends, accounts, done = {}, {}, {}, {}, {}, {}
for i = 1, #ARGV, 8 do
  local f = call('HMGET', key('mail', ARGV[i]), 'epoch', 'state', 'account', 'quiet', 'report', 'to_file',
                 'sent', 'size', 'pieces', 'pending')
  local same = f[1] == ARGV[i + 1]
  local ours = same and (f[2] == 'sending' or f[2] == 'waiting' or f[2] == 'held')
  local over = same and (f[2] == 'reporting' or f[2] == 'filing')
  answers[#answers + 1] = (ours or over) and 1 or 0
  local untold = over and (f[5] or '') ~= '' and not call('ZSCORE', key('reporting'), ARGV[i])
  if untold then call('ZADD', key('reporting'), now, ARGV[i]) end
  if ours then
    ids[#ids + 1] = ARGV[i]
    settled[#settled + 1] = {i, f}
    if ARGV[i + 2] == '' then ends[#ends + 1] = ARGV[i] end
  end
end
if not ids[1] then return answers end
call('ZREM', key('leased'), unpack(ids))
if ends[1] then call('ZREM', key('watch'), unpack(ends)) end

local telling = {}

-- Some are tried again.
local function try_again(i, id, f, report)
  local fields = {'phase', '', 'pending', ARGV[i + 2], 'error', ARGV[i + 6]}
  local function also(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if string.find(ARGV[i + 7], 's', 1, true) then also('sent', '1') end
  if string.find(ARGV[i + 7], 'u', 1, true) then also('uncertain', '1') end
  if report ~= '' then
    also('report', report)
    telling[#telling + 1] = id
  end
  call('HSET', key('mail', id), unpack(fields))
  if f[2] ~= 'held' then make_due(id, f[3], now + ARGV[i + 4]) end
end

for _, one in ipairs(settled) do
  local i, f = one[1], one[2]
  local id, account = ARGV[i], f[3]
  local report = (f[5] or '') .. (f[4] and '' or news(ARGV[i + 3], f[10] or ''))
  if f[2] == 'waiting' then call('ZREM', key('due', account), id) end
  if ARGV[i + 2] ~= '' then
    try_again(i, id, f, report)
  else
    local sent = f[7] or string.find(ARGV[i + 7], 's', 1, true)
    local mail = {id = id, pieces = f[9], to_file = f[6], sent = sent}
    if not finish(mail, report) then
      done[#done + 1] = {id, account, f[8], f[9]}
    elseif report ~= '' then
      telling[#telling + 1] = id
    end
  end
  accounts[account] = accounts[account] or {}
  accounts[account].pause = tonumber(ARGV[i + 5])
  if ARGV[i + 2] ~= '' or f[2] == 'waiting' then accounts[account].moved = true end
end
forget(done)
tell_soon(telling)
local names = {}
for name in pairs(accounts) do names[#names + 1] = name end
local paused = call('SMISMEMBER', key('paused'), unpack(names))
for i, name in ipairs(names) do
  local account, halts = accounts[name], key('account', name)
  if account.pause > 0 then
    call('HDEL', halts, 'why')
    call('HSET', halts, 'paused', now + account.pause)
    call('SADD', key('paused'), name)
    line_up(name)
  elseif paused[i] == 1 then
    end_pause(name)
    line_up(name)
  elseif account.moved then
    line_up(name)
  end
end
return answers
)lua");

// ARGV: id, token, recipients still pending, report. What is done of a mail that goes on being
// sent; it is told with the rest. Answers 1, or 0: the lease is lost.
const store::Script kPass = MakeSettling(R"lua(
local mail = key('mail', ARGV[1])
local f = call('HMGET', mail, 'epoch', 'state', 'pending', 'quiet', 'report')
if f[1] ~= ARGV[2] or f[2] ~= 'sending' then return 0 end
local report = (f[5] or '') .. (f[4] and '' or news(ARGV[4], f[3]))
call('HSET', mail, 'pending', ARGV[3], 'report', report, 'sent', '1')
return 1
)lua");

// ARGV: how many at most, for how long nobody else takes them
const store::Script kTakeReports = Make(R"lua(
local reports, claimed = {}, {}
local ids = call('ZRANGEBYSCORE', key('reporting'), '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do
  local f = call('HMGET', key('mail', id), 'report_seq', 'report', 'fixed', 'first')
  claimed[#claimed + 1] = now + ARGV[2]
  claimed[#claimed + 1] = id
  if f[2] and f[3] then  -- others were not written by us, and hold up nobody's report
    reports[#reports + 1] = {id, f[1] or '0', f[2], f[3], math.max(now - (f[4] or now), 0)}
  end
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

}  // namespace postern::sender::outbox_scripts
