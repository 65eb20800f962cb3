/**
 * The scripts of most requests: read, touch, a write for nobody. They define no function for a
 * session that is where it belongs: a server that answers in a microsecond would spend it on
 * closures.
 */
import { CONFLICT, drop, endOf, FOUND, marks, OVER, type Script, script } from "./lua.ts";
import { ADOPT, ADOPTED, BEGAN_LATER, dropEnded, ENDED, relink } from "./lua_index.ts";

/** The session and its owner, unless it has ended. */
const live = (gone: string): string => `
local both = redis.call('MGET', KEYS[1], KEYS[2])
local value, said = both[1], both[2]
${endOf("KEYS[1]")}
if ${OVER} then ${drop("KEYS[1]")} return ${gone} end
if not value then return ${gone} end
`;

/** What is needed to find an index: what its key begins with, and the id. */
const index = (first: number): string =>
  `local indexes, member = ARGV[${first}], ARGV[${first + 1}]\n`;

/**
 * Answers with the owner where its index is out of reach: the caller knows where it is; and with
 * the time of the login where nothing but the text says who that is.
 */
const answer = (text: string): string => `
if indexes == '' and said and string.byte(said) == 115 then return {${text}, said, since} end
return ${text}
`;

/** Whose it is, and that its index has it. */
const FOUND_OUT = ADOPT + relink("false", BEGAN_LATER) + ADOPTED;

/** KEYS: session, owner. ARGV: now, index, id. */
export const READ: Script = script(
  index(2),
  live("false"),
  FOUND_OUT,
  answer(FOUND),
);

const readAndTouch = (touched: string): Script =>
  script(
    index(4),
    live("false"),
    FOUND_OUT,
    `
if string.sub(value, 1, string.len(ARGV[3])) ~= ARGV[3] then
  ${answer(FOUND)}
end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
if said then redis.call('PEXPIREAT', KEYS[2], ARGV[2]) end
`,
    answer(touched),
  );

/**
 * KEYS: session, owner. ARGV: now, end, how a text begins whose lifetime begins again, index, id.
 * Answers such a text alone, as the caller knows its end, and any other as a record.
 */
export const READ_AND_TOUCH: Script = readAndTouch("value");

/** The same for a client that would parse the text. */
export const READ_AND_TOUCH_MARKED: Script = readAndTouch("'=' .. value");

/** KEYS: session, owner. ARGV: now, end, index, id. */
export const TOUCH: Script = script(
  index(3),
  endOf("KEYS[1]"),
  `
if ${OVER} then ${drop("KEYS[1]")} return 0 end
local said = redis.call('GET', KEYS[2])
`,
  relink("0"),
  `
if said then redis.call('PEXPIREAT', KEYS[2], ARGV[2]) end
return redis.call('PEXPIREAT', KEYS[1], ARGV[2])
`,
);

/**
 * For nobody. KEYS: session, owner. ARGV: now, json, end, index, id. Answers 1 made, 0 taken.
 * An owner key left by an earlier session of this id must not speak for this one.
 */
export const CREATE_BARE: Script = script(
  `
if not redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3], 'NX') then
  ${index(4)}
  ${endOf("KEYS[1]")}
  local said = redis.call('GET', KEYS[2])
  if not ${OVER} and not ${ENDED} then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
redis.call('SET', KEYS[2], 'n', 'PXAT', ARGV[3], 'XX')
return 1
`,
);

/**
 * For nobody (any more). KEYS: session, owner. ARGV: now, json, end, index, id, version.
 * Answers 1 committed, 0 gone, or a conflict.
 */
export const COMMIT_BARE: Script = script(
  index(4),
  live("0"),
  `
if ${ENDED} then ${dropEnded("KEYS[1]", "KEYS[2]")} return 0 end
if not ${marks("ARGV[6]")} then return ${CONFLICT} end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
if said then redis.call('SET', KEYS[2], 'n', 'PXAT', ARGV[3]) end
return 1
`,
);
