#include "services/rules/programs/program_scripts.h"

namespace postern::rules {

// Revisions are at least the time in ms: a Redis that lost its data never counts
// up to a number that a replica has seen with other programs behind it.
const store::Script& ChangeProgramsScript() {
  static const store::Script script(R"lua(
    local function each(visit)
      for i = 4, #ARGV, 3 do
        local word = visit(ARGV[i], ARGV[i + 1], ARGV[i + 2])
        if word then return word end
      end
    end
    local count = redis.call('HLEN', KEYS[1])
    local bytes = tonumber(redis.call('GET', KEYS[4]) or '0')
    local grows = false
    local refused = each(function(step, field, value)
      local there = redis.call('HEXISTS', KEYS[1], field) == 1
      if step == 'if-there' and not there then return 'missing' end
      if step == 'if-absent' and there then return 'there' end
      if step == 'if-revision' and (redis.call('HGET', KEYS[2], field) or '') ~= value then
        return 'changed'
      end
      if step == 'if-inactive' then
        local active = redis.call('HGET', KEYS[5], field)
        if active and string.match(active, '^[^\n]*') == value then return 'active' end
      end
      if step == 'put' then
        if not there then count = count + 1 end
        bytes = bytes + #value - redis.call('HSTRLEN', KEYS[1], field)
        grows = true
      end
      if step == 'remove' and there then
        count = count - 1
        bytes = bytes - redis.call('HSTRLEN', KEYS[1], field)
      end
    end)
    if refused then return refused end
    if grows and count > tonumber(ARGV[2]) then return 'programs' end
    if grows and bytes > tonumber(ARGV[3]) then return 'bytes' end
    local last = tonumber(redis.call('GET', KEYS[3]) or '0')
    local revision = string.format('%.0f', math.max(last + 1, tonumber(ARGV[1])))
    each(function(step, field, value)
      if step == 'put' then
        redis.call('HSET', KEYS[1], field, value)
        redis.call('HSET', KEYS[2], field, revision)
      elseif step == 'remove' then
        redis.call('HDEL', KEYS[1], field)
        redis.call('HDEL', KEYS[2], field)
      elseif step == 'activate' and value ~= '' then
        redis.call('HSET', KEYS[5], field, value)
        redis.call('HSET', KEYS[2], field .. '\nactive', revision)
      elseif step == 'activate' then
        redis.call('HDEL', KEYS[5], field)
        redis.call('HDEL', KEYS[2], field .. '\nactive')
      end
    end)
    redis.call('SET', KEYS[4], string.format('%.0f', bytes))
    redis.call('SET', KEYS[3], revision)
    return 'done'
  )lua");
  return script;
}

const store::Script& ReadProgramsScript() {
  static const store::Script script(R"lua(
    local values = {}
    for i = 1, #ARGV, 2 do
      values[#values + 1] = redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 1]) or ''
    end
    return values
  )lua");
  return script;
}

}  // namespace postern::rules
