/**
 * The scripts of a cluster whose keys share no slot, where an index takes
 * a step of its own beside its session.
 */
import { ALIVE, CONFLICT, drop, ENLIST, marks, type Script, script } from "./lua.ts";

/** KEYS: index. ARGV: now, id, end. Answers up to two entries over a minute old, to be looked at. */
export const ENLIST_ALONE: Script = script(
  ALIVE,
  ENLIST,
  `
enlist(KEYS[1], ARGV[2], ARGV[3])
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 60000, 'LIMIT', 0, 2)
for at, id in ipairs(old) do
  redis.call('ZADD', KEYS[1], now - 60000, id)
  old[at] = '=' .. id
end
return old
`,
);

/** KEYS: index. */
export const MEMBERS: Script = script(`
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for at, id in ipairs(ids) do ids[at] = '=' .. id end
return ids
`);

/** Drops entries that are no newer than a time. KEYS: index. ARGV: time, ids. */
export const UNLIST_ALONE: Script = script(`
for at = 2, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if score and tonumber(score) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[at]) end
end
return 1
`);

/**
 * Removes the session that a version marks, as rotated away. KEYS: session,
 * owner. ARGV: now, version, new id. Answers the owner of what was removed, 0
 * gone, or a conflict.
 */
export const SUPERSEDE: Script = script(
  ALIVE,
  `
local said = redis.call('GET', KEYS[2])
local value, at = live(KEYS[1])
if not value then ${drop("KEYS[1]")} return said == 'r' .. ARGV[3] and 'n' or 0 end
if not ${marks("ARGV[2]")} then return ${CONFLICT} end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], 'r' .. ARGV[3], 'PX', 60000)
return said or 'n'
`,
);

/** Whether a session is a subject's. KEYS: session, owner. ARGV: now, owner. */
export const BELONGS: Script = script(
  ALIVE,
  `
if not alive(KEYS[1]) then return 0 end
local said = redis.call('GET', KEYS[2])
if not said or said == ARGV[2] then return 1 end
return 0
`,
);

/**
 * Removes a subject's session and closes its id for a minute, even if there is
 * no such session yet: a rotation on its way must not land behind our back.
 * KEYS: session, owner. ARGV: now, owner.
 */
export const CLOSE: Script = script(
  ALIVE,
  `
local removed = 0
if alive(KEYS[1]) then
  local said = redis.call('GET', KEYS[2])
  if said and said ~= ARGV[2] then return 0 end
  redis.call('DEL', KEYS[1])
  removed = 1
end
redis.call('SET', KEYS[2], 'x', 'PX', 60000)
return removed
`,
);
