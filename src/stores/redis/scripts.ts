/**
 * The Lua, one script a verb: each is one round trip and one step.
 *
 * ARGV[1] is always the caller's time. Strings leave with a letter in front
 * ("=" data, "v" version), because a REST client may parse what looks like JSON.
 *
 * An owner key (KEYS[2]) tells whose session it is: "s" and the subject, "n"
 * for nobody. For a minute it also tells why a session is gone: "x" closed by
 * `destroyAll()`, "r" and the new id rotated away. By the latter a rotation
 * whose answer was lost, and which the client sends again, is told from a second one.
 */

/** A script; its digest is computed when it is first used. */
export interface Script {
  readonly text: string;
  sha?: string;
}

/** Whether a key has not ended yet, by the server's clock and by the caller's. */
export const ALIVE: string = `
local now = tonumber(ARGV[1])
local function ends(key)
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) == 'number' then return at end
  at = redis.call('PTTL', key)
  if at < 0 then return at end
  local time = redis.call('TIME')
  return at + time[1] * 1000 + math.floor(time[2] / 1000)
end
local function alive(key)
  local at = ends(key)
  return at == -1 or at > now
end
local function live(key)
  local value = redis.pcall('GET', key)
  if type(value) ~= 'string' then return end
  local at = ends(key)
  if at == -1 or at > now then return value, at end
end
local function found(value, at)
  return {'=' .. value, 'v' .. redis.sha1hex(value), at}
end
`;

/** Where one script may touch every key: sessions, owners and indexes in one step. */
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

/** Adds an id to an index that outlives every session, at most 400 days after the last login. */
export const ENLIST: string = `
local function enlist(index, id, at)
  redis.call('ZADD', index, now, id)
  at = math.max(tonumber(at), now + 34560000000)
  local last = ends(index)
  if last ~= -1 and last >= at then return end
  redis.call('PEXPIREAT', index, at)
end
`;

/**
 * Notes whose session it is. Each entry added has two old ones looked at, so
 * that an index holds few of the dead without anybody sweeping it.
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

/** Joins the parts of a script. */
export const script = (...parts: string[]): Script => ({ text: parts.join("") });

/** KEYS: session. ARGV: now. */
export const READ: Script = script(
  ALIVE,
  `
local value, at = live(KEYS[1])
if not value then return false end
return found(value, at)
`,
);

/** KEYS: session, owner. ARGV: now, end, "1" to read. */
export const TOUCH: Script = script(
  ALIVE,
  `
if ARGV[3] ~= '1' then
  if not alive(KEYS[1]) then return 0 end
  redis.call('PEXPIREAT', KEYS[2], ARGV[2])
  return redis.call('PEXPIREAT', KEYS[1], ARGV[2])
end
local value = live(KEYS[1])
if not value then return false end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
local at = tonumber(ARGV[2])
if at <= now then return false end
return found(value, at)
`,
);

/**
 * KEYS: session, owner, index if it may be touched here. ARGV: now, json, end,
 * owner, id, names. Answers the version, or 0 taken, 2 closed by `destroyAll()`.
 */
export const CREATE: Script = script(
  ALIVE,
  NAMES(6),
  INDEX,
  ENLIST,
  OWN,
  `
if alive(KEYS[1]) then return 0 end
if ARGV[4] ~= 'n' and redis.call('GET', KEYS[2]) == 'x' then return 2 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return 'v' .. redis.sha1hex(ARGV[2])
`,
);

/**
 * KEYS: session, owner, index if it may be touched here. ARGV: now, json, end,
 * owner, id, names, version, "1" when the index knows the id already.
 */
export const COMMIT: Script = script(
  ALIVE,
  NAMES(6),
  INDEX,
  ENLIST,
  OWN,
  `
local value, at = live(KEYS[1])
if not value then return {'gone'} end
if 'v' .. redis.sha1hex(value) ~= ARGV[9] then return {'conflict', unpack(found(value, at))} end
if ARGV[10] == '0' and ARGV[4] ~= 'n' and redis.call('GET', KEYS[2]) ~= ARGV[4] then
  return {'index'}
end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return {'committed', 'v' .. redis.sha1hex(ARGV[2])}
`,
);

/**
 * KEYS: new session, its owner, index, old session, its owner. ARGV: now, json,
 * end, owner, new id, names, version, old id.
 */
export const ROTATE: Script = script(
  ALIVE,
  NAMES(6),
  INDEX,
  ENLIST,
  OWN,
  `
local value, at = live(KEYS[4])
local said = redis.call('GET', KEYS[5])
if not value then
  local made = said == 'r' .. ARGV[5] and live(KEYS[1])
  if made then return {'committed', 'v' .. redis.sha1hex(made)} end
  return {'gone'}
end
if 'v' .. redis.sha1hex(value) ~= ARGV[9] then return {'conflict', unpack(found(value, at))} end
if alive(KEYS[1]) then return {'taken'} end
unlist(said, ARGV[10])
redis.call('DEL', KEYS[4])
redis.call('SET', KEYS[5], 'r' .. ARGV[5], 'PX', 60000)
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3])
return {'committed', 'v' .. redis.sha1hex(ARGV[2])}
`,
);

/**
 * Removes a session; with a version only the one it marks, as rotated away.
 * KEYS: session, owner. ARGV: now, version or "", id, "1" to keep to these two
 * keys, names, new id. Answers how it went and the owner of what was removed.
 */
export const REMOVE: Script = script(
  ALIVE,
  NAMES(5),
  INDEX,
  `
local said = redis.call('GET', KEYS[2])
if ARGV[2] ~= '' then
  local value, at = live(KEYS[1])
  if not value then return {said == 'r' .. ARGV[8] and 'removed' or 'gone', 'n'} end
  if 'v' .. redis.sha1hex(value) ~= ARGV[2] then return {'conflict', unpack(found(value, at))} end
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], 'r' .. ARGV[8], 'PX', 60000)
  return {'removed', said or 'n'}
end
redis.call('DEL', KEYS[1])
if said and said ~= 'x' then redis.call('DEL', KEYS[2]) end
if ARGV[4] ~= '1' then unlist(said, ARGV[3]) end
return {'removed', said or 'n'}
`,
);

/** KEYS: index. ARGV: now, owner, names. */
export const LIST: Script = script(
  ALIVE,
  NAMES(3),
  INDEX,
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
  ALIVE,
  NAMES(3),
  INDEX,
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

/**
 * One page of a scan of one server. ARGV: now, cursor, pattern, count, what to
 * do ("all", "ids" or "clear"), length of the prefix.
 */
export const PAGE: Script = script(
  ALIVE,
  `
local page = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[3], 'COUNT', ARGV[4])
local out = {}
for _, key in ipairs(page[2]) do
  local id = '=' .. string.sub(key, ARGV[6] + 1)
  if ARGV[5] == 'clear' then redis.call('DEL', key)
  elseif ARGV[5] == 'all' then
    local value, at = live(key)
    if value then out[#out + 1] = {id, unpack(found(value, at))} end
  elseif alive(key) and redis.call('TYPE', key)['ok'] == 'string' then out[#out + 1] = id end
end
return {'=' .. page[1], out}
`,
);
