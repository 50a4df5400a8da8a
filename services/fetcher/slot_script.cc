#include "services/fetcher/slot_script.h"

#include "absl/strings/str_cat.h"

namespace postern::fetcher {

namespace {

// Reads who is there, and drops those whose lease ran out. When nobody was heard for long, it
// was Redis that was away: all get another chance, if it is one of them who tells.
constexpr char kWhoIsThere[] = R"lua(
local me, address, seat = ARGV[1], ARGV[2], ARGV[3]
local lease, settling, all = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local leaving = ARGV[8] == '1'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local meta = redis.call('HMGET', KEYS[3], 'version', 'token', 'seen')
local version = tonumber(meta[1] or '0')
local function text(number) return string.format('%.0f', number) end

local stored = redis.call('HGETALL', KEYS[1])
local record = {}
for i = 1, #stored, 2 do
  local expiry, joined, at, where = string.match(stored[i + 1], '^(%d+) (%d+) (%S+) (%S*)$')
  if expiry then record[stored[i]] = {tonumber(expiry), tonumber(joined), at, where} end
end
local mine = record[me]
local away = mine and now - tonumber(meta[3] or '0') > lease / 2
local changed, settled = false, 0
for id, r in pairs(record) do
  if id ~= me and (r[3] == seat or (r[1] <= now and not away)) then
    redis.call('HDEL', KEYS[1], id)
    record[id] = nil
    changed = true
  elseif id ~= me then
    -- One that ends later than any can has stood there since before the clock was put back.
    if r[1] <= now or r[1] > now + lease then
      redis.call('HSET', KEYS[1], id,
                 text(now + lease) .. ' ' .. text(r[2]) .. ' ' .. r[3] .. ' ' .. r[4])
    end
    if r[2] == 0 then settled = settled + 1 end
  end
end
)lua";

// Renews the lease of the caller, when a sixth of it is over: each write costs a disk its
// sleep. Where nothing changed, that is all.
constexpr char kJoinOrLeave[] = R"lua(
if leaving then
  redis.call('HDEL', KEYS[1], me)
  record[me] = nil
  changed = true
else
  if not mine then
    mine = {0, now, seat, address}
    record[me] = mine
    changed = true
  end
  if mine[2] > now then  -- the same of a member that has just joined
    mine[2] = now
    changed = true
  end
  if mine[2] > 0 and (settled == 0 or now - mine[2] >= settling) then
    mine[2] = 0
    changed = true
  end
  if changed or mine[1] - now < lease * 5 / 6 or mine[1] > now + lease then
    redis.call('HSET', KEYS[1], me,
               text(now + lease) .. ' ' .. text(mine[2]) .. ' ' .. seat .. ' ' .. address)
    redis.call('HSET', KEYS[3], 'seen', text(now))
  end
end
if not changed and #ARGV == 8 and version == tonumber(ARGV[7]) then return {version} end
)lua";

// Frees what is released, and what belonged to those who are gone.
constexpr char kWhoHasWhat[] = R"lua(
local released = {}
for i = 9, #ARGV, 2 do released[ARGV[i]] = ARGV[i + 1] .. ' ' .. me end
local owners = redis.call('HGETALL', KEYS[2])
local taken, count, held = {}, {}, {}
for i = 1, #owners, 2 do
  local token, owner = string.match(owners[i + 1], '^(%d+) (%S+)$')
  if not record[owner] or released[owners[i]] == owners[i + 1] then
    redis.call('HDEL', KEYS[2], owners[i])
    changed = true
  else
    taken[owners[i]] = true
    count[owner] = (count[owner] or 0) + 1
    if owner == me then
      held[#held + 1] = owners[i]
      held[#held + 1] = token
    end
  end
end
)lua";

// Takes what is free up to a fair share; as many members have one more as must.
constexpr char kFairShare[] = R"lua(
local excess, newly = 0, 0
if not leaving and mine[2] == 0 then
  local low = math.floor(all / (settled + 1))
  local more, others_with_more = all - low * (settled + 1), 0
  for id, n in pairs(count) do
    if id ~= me and n > low then others_with_more = others_with_more + 1 end
  end
  local share = low
  if others_with_more < more then share = low + 1 end
  local have = count[me] or 0
  excess = math.max(0, have - share)
  if have < share then
    local token = math.max(now, tonumber(meta[2] or '0') + 1)
    for slot = 0, all - 1 do
      if have == share then break end
      if not taken[tostring(slot)] then
        redis.call('HSET', KEYS[2], slot, text(token) .. ' ' .. me)
        held[#held + 1] = tostring(slot)
        held[#held + 1] = text(token)
        have, newly = have + 1, newly + 1
      end
    end
    if newly > 0 then
      redis.call('HSET', KEYS[3], 'token', text(token))
      changed = true
    end
  end
end
)lua";

constexpr char kAnswer[] = R"lua(
if changed then
  version = math.max(now, version + 1)
  redis.call('HSET', KEYS[3], 'version', text(version))
end
local members = {}
for id, r in pairs(record) do
  members[#members + 1] = id
  members[#members + 1] = r[4]
end
-- Who has not settled yet asks for all again.
local known = version
if mine and mine[2] > 0 then known = 0 end
return {known, excess, newly, held, members}
)lua";

}  // namespace

const store::Script& SlotScript() {
  static const store::Script script(
      absl::StrCat(kWhoIsThere, kJoinOrLeave, kWhoHasWhat, kFairShare, kAnswer));
  return script;
}

}  // namespace postern::fetcher
