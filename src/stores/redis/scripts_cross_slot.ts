/**
 * The scripts of a cluster whose keys share no slot, where an index takes
 * a step of its own beside its session.
 */
import { ALIVE, CONFLICT, drop, marks, type Script, script, tell } from "./lua.ts";
import { ENLIST, isPast, LONGEST, MARK, mark } from "./lua_index.ts";

/** Entries older than this (microseconds) are of no session that is still being made. */
const YOUNG = 60_000_000;

/**
 * KEYS: index. ARGV: now, id, end. Answers up to two entries over a minute old, to be looked at,
 * which go to the end of those that are.
 */
export const ENLIST_ALONE: Script = script(
  ENLIST,
  `
local before = enlist(KEYS[1], ARGV[2], ARGV[3]) - ${YOUNG}
before = string.format('%.0f', before)
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'LIMIT', 0, 2)
for at, id in ipairs(old) do
  redis.call('ZADD', KEYS[1], before, id)
  old[at] = '=' .. id
end
return old
`,
);

/**
 * Enters a session again whose index was lost. KEYS: index. ARGV: now, id, end, and of one that
 * another library has stored the time of its login. Answers 1, or 0 for one that `destroyAll()` has
 * ended when it could not find it.
 */
export const RELINK: Script = script(
  ENLIST,
  `
if redis.call('ZSCORE', KEYS[1], ARGV[2]) then return 1 end
local since = tonumber(ARGV[4])
if redis.call('ZSCORE', KEYS[1], '${MARK}') and not (since and ${isPast("since", "KEYS[1]")}) then
  return 0
end
enlist(KEYS[1], ARGV[2], ARGV[3])
return 1
`,
);

/** Marks an index that is to be emptied but for one id. KEYS: index. ARGV: now, id to keep or "". */
export const MARK_INDEX: Script = script(
  ENLIST,
  `
local found = redis.call('ZSCORE', KEYS[1], ARGV[2]) or redis.call('ZSCORE', KEYS[1], '${MARK}')
if ARGV[2] ~= '' and not found then enlist(KEYS[1], ARGV[2], -1) end
local stays, time = redis.call('PTTL', KEYS[1]), redis.call('TIME')
redis.pcall('ZREMRANGEBYSCORE', KEYS[1], 'inf', 'inf')
${mark("KEYS[1]")}
if stays < ${LONGEST} then
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', time[1] * 1000 + ${LONGEST}))
end
return 1
`,
);

/**
 * One page of an index, from a score on. KEYS: index. ARGV: now, score, size. Answers the last
 * score, "=" alone at the end, and ids.
 */
export const MEMBERS: Script = script(`
local page = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[2], '(inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local ids = {}
for at = 1, #page, 2 do ids[#ids + 1] = '=' .. page[at] end
return {'=' .. (#page == 2 * ARGV[3] and page[#page] or ''), ids}
`);

/** Drops entries that are over a minute old, or with "all" any. KEYS: index. ARGV: now, "all" or "old", ids. */
export const UNLIST_ALONE: Script = script(`
local time = redis.call('TIME')
local before = time[1] * 1000000 + time[2] - ${YOUNG}
for at = 3, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[at])
  if score and (ARGV[2] == 'all' or tonumber(score) <= before) then
    redis.call('ZREM', KEYS[1], ARGV[at])
  end
end
return 1
`);

/**
 * Removes the session that a version marks, as rotated away. KEYS: session,
 * owner. ARGV: now, version, new id. Answers the owner of what was removed, 0
 * gone, or a conflict.
 */
const supersede = (told: string): Script =>
  script(
    ALIVE,
    `
local said = redis.call('GET', KEYS[2])
local value, at = live(KEYS[1])
if not value then ${drop("KEYS[1]")} return said == 'r' .. ARGV[3] and 'n' or 0 end
if not ${marks("ARGV[2]")} then return ${CONFLICT} end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], 'r' .. ARGV[3], 'PX', 60000)
${told}
return said or 'n'
`,
  );

export const SUPERSEDE: Script = supersede("");
/** The same, which tells of it; the old id is its last argument but the channel. */
export const SUPERSEDE_TELLING: Script = supersede(tell("'moved'", "ARGV[4]", "ARGV[3]"));

/**
 * Whether a session is a subject's: 1 or 0, or "r" and the new id of one that was rotated away.
 * KEYS: session, owner. ARGV: now, owner.
 */
export const BELONGS: Script = script(
  ALIVE,
  `
local said = redis.call('GET', KEYS[2])
if not alive(KEYS[1]) then return said and string.byte(said) == 114 and said or 0 end
if not said or said == ARGV[2] then return 1 end
return 0
`,
);

/** Whether it is noted who owns a session. KEYS: session, owner. ARGV: now, owner. */
export const OWNS: Script = script(
  "return redis.call('GET', KEYS[2]) == ARGV[2] and 1 or 0",
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
