#include "services/fetcher/slot_table.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace postern::fetcher {

namespace {

constexpr char kMembers[] = "postern:lease:{fetchers}:members";
constexpr char kSlotOwners[] = "postern:lease:{fetchers}:slots";
constexpr char kMeta[] = "postern:lease:{fetchers}:meta";

// ARGV: me, address, seat, lease ms, settling ms, number of slots, version known, leaving;
// then "SLOT", "TOKEN" of what is released.
const store::Script& RenewScript() {
  static const store::Script script(R"lua(
    local me, address, seat = ARGV[1], ARGV[2], ARGV[3]
    local lease, settling, all = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
    local leaving = ARGV[8] == '1'
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    local meta = redis.call('HMGET', KEYS[3], 'version', 'token', 'seen')
    local version = tonumber(meta[1] or '0')
    local function text(number) return string.format('%.0f', number) end

    -- Who is there. When nobody was heard for long, it was Redis that was away: all get
    -- another chance, if it is one of them who tells.
    local stored = redis.call('HGETALL', KEYS[1])
    local record = {}
    for i = 1, #stored, 2 do
      local expiry, joined, at, where = string.match(stored[i + 1], '^(%d+) (%d+) (%S+) (%S*)$')
      record[stored[i]] = {tonumber(expiry), tonumber(joined), at, where}
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
        if r[1] <= now then
          redis.call('HSET', KEYS[1], id,
                     text(now + lease) .. ' ' .. text(r[2]) .. ' ' .. r[3] .. ' ' .. r[4])
        end
        if r[2] == 0 then settled = settled + 1 end
      end
    end
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
      if mine[2] > 0 and (settled == 0 or now - mine[2] >= settling) then
        mine[2] = 0
        changed = true
      end
      redis.call('HSET', KEYS[1], me,
                 text(now + lease) .. ' ' .. text(mine[2]) .. ' ' .. seat .. ' ' .. address)
    end
    redis.call('HSET', KEYS[3], 'seen', text(now))
    if not changed and #ARGV == 8 and version == tonumber(ARGV[7]) then return {version} end

    -- Who has what.
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

    -- The fair share: as many have one more as must.
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
  )lua");
  return script;
}

absl::Status OddAnswer() { return absl::InternalError("slots: the renewal had an odd answer"); }

}  // namespace

std::vector<std::string> SlotTable::Arguments(bool leaving) const {
  return {me_.id,
          me_.address,
          me_.seat,
          absl::StrCat(limits_.lease.count()),
          absl::StrCat(limits_.settling.count()),
          absl::StrCat(kSlots),
          absl::StrCat(version_),
          leaving ? "1" : "0"};
}

net::Task<absl::StatusOr<SlotTable::View>> SlotTable::Renew(HeldSlots released) {
  std::vector<std::string> keys = {kMembers, kSlotOwners, kMeta};
  std::vector<std::string> args = Arguments(false);
  for (const auto& [slot, token] : released) {
    args.push_back(absl::StrCat(slot));
    args.push_back(absl::StrCat(token));
  }
  auto reply = co_await redis_.Run(RenewScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  View view;
  if (reply->items.size() == 1) co_return view;
  if (reply->items.size() != 5) co_return OddAnswer();
  view.changed = true;
  view.excess = static_cast<uint32_t>(reply->items[1].integer);
  view.taken = static_cast<uint32_t>(reply->items[2].integer);
  const std::vector<store::Reply>& held = reply->items[3].items;
  for (size_t i = 0; i + 1 < held.size(); i += 2) {
    uint32_t slot = 0;
    uint64_t token = 0;
    if (!absl::SimpleAtoi(held[i].text, &slot) || slot >= kSlots ||
        !absl::SimpleAtoi(held[i + 1].text, &token)) {
      co_return OddAnswer();
    }
    view.mine[static_cast<Slot>(slot)] = token;
  }
  const std::vector<store::Reply>& members = reply->items[4].items;
  for (size_t i = 0; i + 1 < members.size(); i += 2) {
    view.members.push_back(Member{members[i].text, members[i + 1].text, ""});
  }
  version_ = static_cast<uint64_t>(reply->items[0].integer);
  co_return view;
}

net::Task<absl::Status> SlotTable::Leave() {
  std::vector<std::string> keys = {kMembers, kSlotOwners, kMeta};
  std::vector<std::string> args = Arguments(true);
  auto reply = co_await redis_.Run(RenewScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

net::Task<absl::StatusOr<std::string>> SlotTable::OwnerOf(Slot slot) {
  std::vector<std::string> command = {"HGET", kSlotOwners, absl::StrCat(slot)};
  auto reply = co_await redis_.Command(std::move(command));
  if (!reply.ok()) co_return reply.status();
  co_return reply->text.substr(reply->text.find(' ') + 1);
}

}  // namespace postern::fetcher
