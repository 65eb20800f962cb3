/**
 * What the Lua scripts know of an index: a sorted set of the ids of one subject.
 *
 * A server that is short of memory may drop an index, and only as a whole. So each verb that
 * finds a session looks whether its index has it, which keeps an index as warm as the warmest
 * of its sessions. One that is not there was either lost with its index, then it enters the index
 * again; or the index has the mark that `destroyAll()` leaves, then it was ended.
 *
 * `said` is whose session it is, `member` its id there, `indexes` what the keys of indexes begin
 * with: empty in a cluster where no index is within a script's reach.
 */

import { RESCUE } from "./names.ts";

/** The entry of an index that `destroyAll()` has emptied. No id is kept under this name. */
export const MARK: string = RESCUE;
/** How long an index outlives the last that entered it: the longest a browser keeps a cookie. */
export const LONGEST = 34_560_000_000;
const DAY = 86_400_000;

const OWNED = "said and indexes ~= '' and string.byte(said) == 115";
const INDEX = "indexes .. string.sub(said, 2)";
const MISSING = `not redis.pcall('ZSCORE', ${INDEX}, member)`;
const MARKED = `redis.pcall('ZSCORE', ${INDEX}, '${MARK}')`;

/** Whether `destroyAll()` has ended a session that it has not removed yet. */
export const ENDED: string = `(${OWNED} and ${MISSING} and ${MARKED})`;

/**
 * Leaves a note of whose it was where one was found that has ended: `destroyAll()` may still be
 * on its way to it, and counts. Where nothing may be written the answer is the same.
 */
export const dropEnded = (key: string, owner: string): string => `
redis.pcall('DEL', ${key})
redis.pcall('SET', ${owner}, 'x' .. said, 'PX', 60000)
`;

/**
 * Enters an id, and answers its score. Scores rise with each entry, whatever a clock does, so
 * whoever walks up the scores finds all that came meanwhile. `pcall`: a reader may not be allowed
 * to, and a server that is full will not.
 */
export const ENLIST: string = `
local function enlist(index, id, at)
  local time = redis.call('TIME')
  local score = time[1] * 1000000 + time[2]
  local last = redis.pcall('ZREVRANGEBYSCORE', index, '(inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if last[2] and tonumber(last[2]) >= score then score = last[2] + 1 end
  score = string.format('%.0f', score)
  if type(redis.pcall('ZADD', index, score, id)) ~= 'number' then return score end
  local now, left, wanted = time[1] * 1000, redis.call('PTTL', index), tonumber(at)
  if left >= ${LONGEST - DAY} and now + left > wanted then return score end
  redis.call('PEXPIREAT', index, string.format('%.0f', math.max(wanted, now + ${LONGEST})))
  return score
end
`;

/** Enters a session again whose index was lost; `gone` is what is answered for one that ended. */
export const relink = (gone: string): string => `
if ${OWNED} and ${MISSING} then
  if ${MARKED} then ${dropEnded("KEYS[1]", "KEYS[2]")} return ${gone} end
  ${ENLIST}
  enlist(${INDEX}, member, at)
end
`;
