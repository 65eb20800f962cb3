/**
 * The scripts of most requests (read, touch, a write for nobody), beside that of a
 * scan. They define no function for a session: a server that answers in a
 * microsecond would spend it on closures.
 */
import { ALIVE, CONFLICT, drop, endOf, FOUND, marks, OVER, type Script, script } from "./lua.ts";

/** KEYS: session. ARGV: now. */
export const READ: Script = script(
  endOf("KEYS[1]"),
  `
if ${OVER} then ${drop("KEYS[1]")} return false end
local value = redis.pcall('GET', KEYS[1])
return type(value) == 'string' and ${FOUND}
`,
);

const readAndTouch = (answer: string): Script =>
  script(
    endOf("KEYS[1]"),
    `
if ${OVER} then ${drop("KEYS[1]")} return false end
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then return false end
if string.sub(value, 1, string.len(ARGV[3])) ~= ARGV[3] then return ${FOUND} end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return ${answer}
`,
  );

/**
 * KEYS: session, owner. ARGV: now, end, how a text begins whose lifetime begins again. Answers
 * such a text alone, as the caller knows its end, and any other as a record.
 */
export const READ_AND_TOUCH: Script = readAndTouch("value");

/** The same for a client that would parse the text. */
export const READ_AND_TOUCH_MARKED: Script = readAndTouch("'=' .. value");

/** KEYS: session, owner. ARGV: now, end. */
export const TOUCH: Script = script(
  endOf("KEYS[1]"),
  `
if ${OVER} then ${drop("KEYS[1]")} return 0 end
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return redis.call('PEXPIREAT', KEYS[1], ARGV[2])
`,
);

/**
 * For nobody. KEYS: session, owner. ARGV: now, json, end. Answers 1 made, 0 taken.
 * An owner key left by an earlier session of this id must not speak for this one.
 */
export const CREATE_BARE: Script = script(
  `
if not redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3], 'NX') then
  ${endOf("KEYS[1]")}
  if not ${OVER} then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
redis.call('SET', KEYS[2], 'n', 'PXAT', ARGV[3], 'XX')
return 1
`,
);

/**
 * For nobody (any more). KEYS: session, owner. ARGV: now, json, end, version.
 * Answers 1 committed, 0 gone, or a conflict.
 */
export const COMMIT_BARE: Script = script(
  `
local both = redis.call('MGET', KEYS[1], KEYS[2])
local value = both[1]
`,
  endOf("KEYS[1]"),
  `
if not value or ${OVER} then ${drop("KEYS[1]")} return 0 end
if not ${marks("ARGV[4]")} then return ${CONFLICT} end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
if both[2] then redis.call('SET', KEYS[2], 'n', 'PXAT', ARGV[3]) end
return 1
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
    if value then out[#out + 1] = {id, ${FOUND}} end
  elseif alive(key) and redis.call('TYPE', key)['ok'] == 'string' then out[#out + 1] = id end
end
return {'=' .. page[1], out}
`,
);
