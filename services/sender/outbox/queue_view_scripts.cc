#include "absl/strings/str_cat.h"
#include "services/sender/outbox/outbox_scripts.h"

namespace postern::sender::outbox_scripts {
namespace {

// Whether a mail waits for its own time: a date, or until its author can't take it back any more.
// What is tried again was first due before; behind a gate only `first` is late.
constexpr char kDated[] = R"lua(
local function is_dated(due, first)
  return due and tonumber(due) > now and tonumber(first or 0) > now
end
)lua";

store::Script MakeViewing(absl::string_view body) { return Make(absl::StrCat(kDated, body)); }

// What is told of mails; of each last what it waits for: "d" its date, "g" a gate.
constexpr char kTelling[] = R"lua(
local halts, mails = {}, {}

local function next_try(id, account)
  if not halts[account] then
    local f = call('HMGET', key('account', account), 'paused', 'why', 'gate')
    halts[account] = {paused = tonumber(f[1] or 0), why = tonumber(f[1] or 0) > now and f[2] or nil,
                      gated = tonumber(f[3] or 0) > now}
  end
  local due = tonumber(call('ZSCORE', key('due', account), id) or 0)
  return due, halts[account]
end

local function add(id, fits)
  local f = call('HMGET', key('mail', id), 'account', 'owner', 'fixed', 'pending', 'size', 'state',
                 'attempts', 'submitted', 'error', 'uncertain', 'first')
  if not f[1] or fits and not fits(f) then return end
  local due, stops, waits = 0, {}, ''
  if f[6] == 'reporting' or f[6] == 'filing' then f[10] = false end
  if f[6] == 'waiting' then
    due, stops = next_try(id, f[1])
    if is_dated(due, f[11]) then waits = 'd' end
    if stops.gated then waits = waits .. 'g' end
  end
  mails[#mails + 1] = {id, f[1], f[2], f[3], f[4], f[5], f[6], f[7] or '0', f[8],
                       math.max(due, stops.paused or 0), stops.why or f[9] or '', f[10] or '', waits}
end
)lua";

store::Script MakeTelling(absl::string_view body) {
  return MakeViewing(absl::StrCat(kTelling, body));
}

}  // namespace

// ARGV: an id; or the number behind which to begin, how many to look at, how many to answer, and
// what has to fit: account, owner, domain of a pending recipient, state. Answers how many there
// are in all, the number of the last that was looked at (none: that was the end), and the mails.
const store::Script kList = MakeTelling(R"lua(
local function fits(f)
  if ARGV[4] ~= '' and f[1] ~= ARGV[4] then return false end
  if ARGV[5] ~= '' and f[2] ~= ARGV[5] then return false end
  if ARGV[7] ~= '' and f[6] ~= ARGV[7] then return false end
  if ARGV[6] == '' then return true end
  return string.find(string.lower(f[4]) .. '\n', '@' .. ARGV[6] .. '\n', 1, true) ~= nil
end

local last = ''
if not ARGV[2] then
  add(ARGV[1])
else
  local ids = call('ZRANGEBYSCORE', key('all'), '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
  for i = 1, #ids, 2 do
    add(ids[i], fits)
    if #mails >= tonumber(ARGV[3]) then
      last = ids[i + 1]
      break
    end
  end
  if last == '' and #ids == 2 * ARGV[2] then last = ids[#ids] end
end
return {call('ZCARD', key('all')), last, mails}
)lua");

// ARGV: owner, how many to answer, their accounts. What of theirs has not left: what is due
// next first, as kList; "1" in place of the number when there are more. Of what is being sent only
// so many are looked at, whoever's they are.
const store::Script kWaiting = MakeTelling(R"lua(
local owner, limit, LOOKS = ARGV[1], tonumber(ARGV[2]), 256
local found = {}
for _, id in ipairs(call('ZRANGE', key('leased'), 0, LOOKS - 1)) do
  if get(id, 'owner') == owner then found[#found + 1] = {0, id} end
end
for i = 3, #ARGV do
  local due = call('ZRANGE', key('due', ARGV[i]), 0, limit, 'WITHSCORES')
  for j = 1, #due, 2 do found[#found + 1] = {tonumber(due[j + 1]), due[j]} end
  for _, id in ipairs(call('SRANDMEMBER', key('held', ARGV[i]), limit + 1)) do
    local f = call('HMGET', key('mail', id), 'state', 'held_due')
    if f[1] == 'held' then
      found[#found + 1] = {tonumber(f[2] or 0), id}
    else  -- it was settled by whoever had it in hand
      call('SREM', key('held', ARGV[i]), id)
    end
  end
end
table.sort(found, function(a, b) return a[1] < b[1] end)
local function is_theirs(f) return f[2] == owner end
for i = 1, math.min(#found, limit) do add(found[i][2], is_theirs) end
return {#found, #found > limit and '1' or '', mails}
)lua");

// ARGV: "dated", or nothing: those that wait for their date are left alone; ids. Due now,
// whatever they waited for, and nothing of their accounts stops them. Answers how many, and how
// many were left.
const store::Script kRetry = MakeViewing(R"lua(
local retried, left, accounts = 0, 0, {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local f = call('HMGET', key('mail', id), 'state', 'account', 'first')
  local due = f[1] == 'waiting' and call('ZSCORE', key('due', f[2]), id)
  if f[1] == 'waiting' and ARGV[1] ~= 'dated' and is_dated(due, f[3]) then
    left = left + 1
  elseif f[1] == 'waiting' then
    call('ZADD', key('due', f[2]), math.min(now, tonumber(f[3] or now)), id)
    accounts[f[2]] = true
    retried = retried + 1
  end
end
for account in pairs(accounts) do
  end_pause(account)
  call('HDEL', key('account', account), 'gate')
  line_up(account)
end
return {retried, left}
)lua");

// ARGV: "hold" or "release", ids. Answers for each 'OK', 'NONE', or its state, which forbids it.
const store::Script kHold = Make(R"lua(
local answers, accounts = {}, {}
local from = ARGV[1] == 'hold' and 'waiting' or 'held'
for i = 2, #ARGV do
  local id = ARGV[i]
  local f = call('HMGET', key('mail', id), 'state', 'account', 'first', 'held_due')
  answers[i - 1] = f[1] or 'NONE'
  if f[1] == from then
    answers[i - 1] = 'OK'
    accounts[f[2]] = true
    if from == 'waiting' then
      call('HSET', key('mail', id), 'state', 'held', 'held_due', call('ZSCORE', key('due', f[2]), id) or now)
      call('ZREM', key('due', f[2]), id)
      call('SADD', key('held', f[2]), id)
    else
      call('SREM', key('held', f[2]), id)
      -- To its own date; not to `first`, which is late for what came to a closed gate.
      make_due(id, f[2], math.min(tonumber(f[4] or f[3] or now), tonumber(f[3] or now)))
    end
  end
end
for account in pairs(accounts) do line_up(account) end
return answers
)lua");

// ARGV: id; why, empty: nobody is told; owner, empty: of anybody; hash of the key, in place of an
// id. An owner takes back what nobody got yet, and only that; by the key it is remembered.
const store::Script kCancel = Make(R"lua(
local id, why, owner, hash = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if hash ~= '' then
  local known = call('GET', key('key', hash))
  if not known then return 'NONE' end
  if string.sub(known, -10) == '\ncancelled' then return 'OK' end
  id = string.match(known, '^[^\n]*')
end
local f = call('HMGET', key('mail', id), 'state', 'account', 'owner', 'size', 'pieces', 'to_file', 'sent',
               'uncertain', 'pending', 'report', 'quiet')
if not f[1] then return hash ~= '' and 'SETTLED' or 'NONE' end
if owner ~= '' and f[3] ~= owner then return 'NONE' end
if f[1] == 'sending' then return 'SENDING' end
if f[1] ~= 'waiting' and f[1] ~= 'held' then return 'SETTLED' end
if owner ~= '' and f[7] then return 'PARTLY' end
if owner ~= '' and (f[8] or '') ~= '' then return 'UNCERTAIN' end
call('ZREM', key('due', f[2]), id)
call('SREM', key('held', f[2]), id)
call('ZREM', key('watch'), id)
local report = ''
if owner == '' then report = (f[10] or '') .. (f[11] and '' or lines_for('F', f[9], why)) end
local mail = {id = id, pieces = f[5], to_file = f[6], sent = f[7]}
if not finish(mail, report) then
  forget({{id, f[2], f[4], f[5]}})
  if hash ~= '' then call('APPEND', key('key', hash), '\ncancelled') end
elseif report ~= '' then
  tell_soon({id})
end
line_up(f[2])
return 'OK'
)lua");

}  // namespace postern::sender::outbox_scripts
