/** The scripts that walk over every key of a server, beside that which keeps stores apart there. */
import { ALIVE, FOUND, type Script, script } from "./lua.ts";
import { INDEX, NAMES } from "./lua_names.ts";

/**
 * One page of one server. ARGV: now, cursor, pattern, count, what to do ("all", "ids" or "clear";
 * "owners" clears those of no session), length of the prefix, names, and what the keys of other
 * stores begin with. Answers the next cursor, what was found, and how many keys are left where some
 * are dropped.
 */
export const PAGE: Script = script(
  ALIVE,
  NAMES(7),
  INDEX,
  `
local function foreign(key)
  for at = 10, #ARGV do
    if string.sub(key, 1, string.len(ARGV[at])) == ARGV[at] then return true end
  end
  return false
end
-- One that began behind the back of clear() is still its subject's.
local function owns(key, id)
  if ownerOf(id) ~= key then id = string.sub(id, 1, -2) end
  return redis.call('EXISTS', sessions .. id) == 1
end
local page = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', ARGV[4])
local out, drops = {}, ARGV[5] == 'clear' or ARGV[5] == 'owners'
for _, key in ipairs(page[2]) do
  local id = string.sub(key, ARGV[6] + 1)
  if foreign(key) or ARGV[5] == 'owners' and owns(key, id) then
  elseif drops then redis.call('UNLINK', key)
  elseif redis.call('TYPE', key)['ok'] == 'string' then
    local value, at
    if ARGV[5] == 'all' then value, at = live(key) else value = alive(key) end
    if value and not (indexes ~= '' and ended(redis.call('GET', ownerOf(id)), id)) then
      out[#out + 1] = ARGV[5] == 'ids' and '=' .. id or {'=' .. id, ${FOUND}}
    end
  end
end
-- Not everybody may ask for it.
local left = drops and redis.pcall('DBSIZE')
return {'=' .. page[1], out, type(left) == 'number' and left or nil}
`,
);

/** Says that a prefix is in use, and answers those that begin with it. KEYS: prefixes. ARGV: now, prefix. */
export const ANNOUNCE: Script = script(`
redis.pcall('ZADD', KEYS[1], 0, ARGV[2])
local inner = redis.call('ZRANGEBYLEX', KEYS[1], '(' .. ARGV[2], '(' .. ARGV[2] .. '\\255')
for at, prefix in ipairs(inner) do inner[at] = '=' .. prefix end
return inner
`);

/** Takes a prefix back. KEYS: prefixes. ARGV: now, prefix. */
export const SIGN_OFF: Script = script(
  "return redis.call('ZREM', KEYS[1], ARGV[2])",
);
