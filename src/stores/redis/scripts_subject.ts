/** The scripts that know of subjects, where one may touch sessions, owners, indexes in one step. */
import { ALIVE, CONFLICT, drop, ENLIST, marks, type Script, script } from "./lua.ts";

const INDEX = `
local function ownerOf(id)
  local key = sessions .. id
  if string.find(key, '^[^{]*{[^}]+}') then return owners .. key end
  return owners .. '{' .. key .. '}'
end
local function belongs(id, owner)
  if not alive(sessions .. id) then return false end
  local said = redis.call('GET', ownerOf(id))
  return not said or said == owner
end
local function unlist(said, id)
  if said and string.sub(said, 1, 1) == 's' then
    redis.call('ZREM', indexes .. string.sub(said, 2), id)
  end
end
`;

/**
 * Notes whose session it is. Each entry added has two old ones looked at, so
 * that an index holds few expired ids without anybody sweeping it.
 */
const OWN = `
local function own(key, owner, id, at, index)
  local said = redis.call('GET', key)
  if owner == 'n' and not said then return end
  redis.call('SET', key, owner, 'PXAT', at)
  if not index then return end
  if said ~= owner then unlist(said, id) end
  if owner == 'n' then return end
  enlist(index, id, at)
  for _, old in ipairs(redis.call('ZRANGE', index, 0, 1)) do
    if old ~= id then
      if belongs(old, owner) then redis.call('ZADD', index, now, old)
      else redis.call('ZREM', index, old) end
    end
  end
end
`;

const NAMES = (first: number): string =>
  `local sessions, owners, indexes = ARGV[${first}], ARGV[${first + 1}], ARGV[${first + 2}]\n`;

/** What the scripts that write a session begin with; the names are their arguments 6 to 8. */
const WRITING = [ALIVE, NAMES(6), INDEX, ENLIST, OWN];
/** … and those that only look at sessions or remove them: arguments 3 to 5. */
const LOOKING = [ALIVE, NAMES(3), INDEX];

/**
 * KEYS: session, owner, index if it may be touched here. ARGV: now, json, end,
 * owner, id, names. Answers 1 made, 0 taken, 2 closed by `destroyAll()`.
 */
export const CREATE: Script = script(
  ...WRITING,
  `
if alive(KEYS[1]) then return 0 end
if ARGV[4] ~= 'n' and redis.call('GET', KEYS[2]) == 'x' then return 2 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return 1
`,
);

/**
 * KEYS: session, owner, index if it may be touched here. ARGV: now, json, end,
 * owner, id, names, version, "1" when the index knows the id already. Answers 1
 * committed, 0 gone, 2 for an index that has to be told first, or a conflict.
 */
export const COMMIT: Script = script(
  ...WRITING,
  `
local value, at = live(KEYS[1])
if not value then ${drop("KEYS[1]")} return 0 end
if not ${marks("ARGV[9]")} then return ${CONFLICT} end
if ARGV[10] == '0' and redis.call('GET', KEYS[2]) ~= ARGV[4] then return 2 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return 1
`,
);

/**
 * KEYS: new session, its owner, index, old session, its owner. ARGV: now, json,
 * end, owner, new id, names, version, old id. Answers 1 rotated, 0 gone, 2 the
 * new id is taken, or a conflict.
 */
export const ROTATE: Script = script(
  ...WRITING,
  `
local value, at = live(KEYS[4])
local said = redis.call('GET', KEYS[5])
if not value then
  ${drop("KEYS[4]")}
  return said == 'r' .. ARGV[5] and live(KEYS[1]) and 1 or 0
end
if not ${marks("ARGV[9]")} then return ${CONFLICT} end
if alive(KEYS[1]) then return 2 end
unlist(said, ARGV[10])
redis.call('DEL', KEYS[4])
redis.call('SET', KEYS[5], 'r' .. ARGV[5], 'PX', 60000)
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return 1
`,
);

/**
 * Removes a session. KEYS: session, owner. ARGV: now, id, names, "1" to keep to
 * these two keys. Answers the owner of what was removed.
 */
export const REMOVE: Script = script(
  ...LOOKING,
  `
local said = redis.call('GET', KEYS[2])
redis.call('DEL', KEYS[1])
if said and said ~= 'x' then redis.call('DEL', KEYS[2]) end
if ARGV[6] ~= '1' then unlist(said, ARGV[2]) end
return said or 'n'
`,
);

/** KEYS: index. ARGV: now, owner, names. */
export const LIST: Script = script(
  ...LOOKING,
  `
local ids = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if belongs(id, ARGV[2]) then ids[#ids + 1] = '=' .. id
  else redis.call('ZREM', KEYS[1], id) end
end
return ids
`,
);

/** KEYS: index. ARGV: now, owner, names, "=" and the id to keep or "". */
export const REMOVE_ALL: Script = script(
  ...LOOKING,
  `
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local mine = belongs(id, ARGV[2])
  if not mine or '=' .. id ~= ARGV[6] then
    if mine then
      redis.call('DEL', sessions .. id, ownerOf(id))
      removed = removed + 1
    end
    redis.call('ZREM', KEYS[1], id)
  end
end
return removed
`,
);
