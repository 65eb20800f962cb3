/**
 * What the Lua scripts know of an index: a sorted set of the ids of one subject.
 *
 * A server that is short of memory may drop an index, and only as a whole. So each verb that
 * finds a session looks whether its index has it, which keeps an index as warm as the warmest
 * of its sessions. One that is not there was either lost with its index, then it enters the index
 * again; or the index has the mark that `destroyAll()` leaves, then it was ended.
 *
 * So does one that another library has stored (connect-redis, with our notes in the text): it is in
 * no index before it is found. Of such a one its login tells whether `destroyAll()` came later.
 *
 * `said` is whose session it is, `member` its id there, `indexes` what the keys of indexes begin
 * with: empty in a cluster where no index is within a script's reach.
 */

import { RESCUE } from "./names.ts";

/** The entry of an index that `destroyAll()` has emptied. No id is kept under this name … */
export const MARK: string = RESCUE;
/** … nor under this one, behind it: when that was, in milliseconds, by the clock of who called. */
export const mark = (index: string): string =>
  `redis.pcall('ZADD', ${index}, 'inf', '${MARK}', 'inf', '${MARK}' .. ARGV[1])`;
/** Whether a moment is past the time of the mark. */
export const isPast = (moment: string, index: string): string =>
  `(${moment} > (tonumber(string.sub(redis.pcall('ZRANGEBYSCORE', ${index}, 'inf', 'inf')[2] or ''` +
  `, ${MARK.length + 1})) or math.huge))`;
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

/**
 * Whose session it is that has no owner key, as its text says it: sets `said`, and `since`, the
 * time of its login. Most texts that name nobody are told by a look.
 */
export const ADOPT: string = `
local since
if not said then
  local notes = string.find(value, '"$websession":{', 1, true)
  if notes and string.find(value, '"subject":"', notes, true) then
    local parsed, session = pcall(cjson.decode, value)
    notes = parsed and type(session) == 'table' and session['$websession']
    if type(notes) == 'table' and type(notes.subject) == 'string' then
      said, since = 's' .. notes.subject, tonumber(notes.authenticatedAt) or 0
    end
  end
end
`;

/** Keeps that, where the index has it now. */
export const ADOPTED: string = `
if since and indexes ~= '' and not ${MISSING} then
  if at >= 0 then redis.pcall('SET', KEYS[2], said, 'PXAT', at)
  else redis.pcall('SET', KEYS[2], said) end
end
`;

/** Of one that was adopted: whether it began behind `destroyAll()`. */
export const BEGAN_LATER: string = `since and ${isPast("since", INDEX)}`;

/**
 * Enters a session again whose index was lost, unless it ended; then `gone` is answered. `later` is
 * the condition that what ended the others came too early for this one.
 */
export const relink = (gone: string, later = "false"): string => `
if ${OWNED} and ${MISSING} then
  if ${MARKED} and not (${later}) then ${dropEnded("KEYS[1]", "KEYS[2]")} return ${gone} end
  ${ENLIST}
  enlist(${INDEX}, member, at)
end
`;
