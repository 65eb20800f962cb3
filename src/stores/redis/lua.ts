/**
 * What the Lua scripts are put together from.
 *
 * ARGV[1] is always the caller's time. A record leaves as `<end>:<json>`, most
 * other strings with a letter in front ("=" data, "v" version), because a REST
 * client may parse what looks like JSON.
 *
 * A version is the text itself, which costs a reader nothing. "v" and the SHA-1
 * stands for a text whose bytes no client can send back, as it is not UTF-8.
 *
 * An owner key (KEYS[2]) tells whose session it is: "s" and the subject, "n"
 * for nobody. For a minute it also tells why a session is gone: "x" closed by
 * `destroyAll()`, "r" and the new id rotated away. By the latter a rotation
 * whose answer was lost, and which the client sends again, is told from a second one.
 * It ends with its session, never before, or `destroy()` would not know its index.
 */

/** A script; its digest is computed when it is first used. */
export interface Script {
  readonly text: string;
  sha?: string;
}

/** Joins the parts of a script. */
export const script = (...parts: string[]): Script => ({
  text: parts.join(""),
});

/** Sets `at`: when a key ends, -1 never, -2 there is none. Before Redis 7 it has to be added up. */
export const endOf = (key: string): string => `
local at = redis.pcall('PEXPIRETIME', ${key})
if type(at) ~= 'number' then
  at = redis.call('PTTL', ${key})
  if at >= 0 then
    local time = redis.call('TIME')
    at = at + time[1] * 1000 + math.floor(time[2] / 1000)
  end
end
`;

/** Whether the key that `at` was found for is over, by the server's clock or by the caller's. */
export const OVER: string = "(at ~= -1 and (at < 0 or at <= tonumber(ARGV[1])))";

/**
 * Drops a session that has ended, as `at` says, by the caller's clock alone: set back later, that
 * clock finds nothing to revive. Where nothing may be written the answer is the same.
 */
export const drop = (key: string): string =>
  `if at and at >= 0 then redis.pcall('DEL', ${key}) end`;

/** Whether a mark is that of a value. Nothing has the empty mark. */
export const marks = (mark: string): string =>
  `(${mark} ~= '' and (value == ${mark} or 'v' .. redis.sha1hex(value) == ${mark}))`;

/** A record as it leaves: `%.0f`, as Lua writes no more than 14 digits by itself. */
export const FOUND: string = "string.format('%.0f:', at) .. value";
export const CONFLICT: string = `{${FOUND}, 'v' .. redis.sha1hex(value)}`;

/**
 * Tells whoever watches, on the channel that is the last argument. In the same step as what it
 * tells of; where that may not be said, or nobody listens, nothing else is different.
 */
export const tell = (...parts: string[]): string =>
  `redis.pcall('PUBLISH', ARGV[#ARGV], cjson.encode({${parts.join(", ")}}))`;

/** Whether a key has not ended yet, by the server's clock and by the caller's. */
export const ALIVE: string = `
local now = tonumber(ARGV[1])
local function ends(key)${endOf("key")}return at
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
  return nil, at
end
`;
