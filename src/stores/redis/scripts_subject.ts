/** The scripts that know of subjects, where one may touch sessions, owners, indexes in one step. */
import { ALIVE, CONFLICT, drop, marks, type Script, script, tell } from "./lua.ts";
import { dropEnded, ENLIST, LONGEST, mark } from "./lua_index.ts";
import { INDEX, NAMES } from "./lua_names.ts";

/**
 * Notes whose session it is. Each entry added has two old ones looked at, so
 * that an index holds few expired ids without anybody sweeping it.
 */
const OWN = `
local function own(key, owner, id, at, index, said)
  if owner == 'n' and not said then return end
  redis.call('SET', key, owner, 'PXAT', at)
  if not index then return end
  if said ~= owner then unlist(said, id) end
  if owner == 'n' then return end
  if said == owner and redis.call('ZSCORE', index, id) then
    local stays = ends(index)
    if stays >= 0 and stays < tonumber(at) then redis.call('PEXPIREAT', index, at) end
    return
  end
  local score = enlist(index, id, at)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', '(inf', 'LIMIT', 0, 2)) do
    if old ~= id then
      if belongs(old, owner) then redis.call('ZADD', index, score, old)
      else redis.call('ZREM', index, old) end
    end
  end
end
`;

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
local said = redis.call('GET', KEYS[2])
if alive(KEYS[1]) and not ended(said, ARGV[5]) then return 0 end
if ARGV[4] ~= 'n' and said == 'x' then return 2 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3], said)
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
local said = redis.call('GET', KEYS[2])
if ended(said, ARGV[5]) then ${dropEnded("KEYS[1]", "KEYS[2]")} return 0 end
if not ${marks("ARGV[9]")} then return ${CONFLICT} end
if ARGV[10] == '0' and said ~= ARGV[4] then return 2 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3], said)
return 1
`,
);

/**
 * KEYS: new session, its owner, index, old session, its owner. ARGV: now, json,
 * end, owner, new id, names, version, old id. Answers 1 rotated, 0 gone, 2 the
 * new id is taken, or a conflict.
 */
const rotate = (told: string): Script =>
  script(
    ...WRITING,
    `
local value, at = live(KEYS[4])
local said = redis.call('GET', KEYS[5])
if not value then
  ${drop("KEYS[4]")}
  return said == 'r' .. ARGV[5] and live(KEYS[1]) and 1 or 0
end
if ended(said, ARGV[10]) then ${dropEnded("KEYS[4]", "KEYS[5]")} return 0 end
if not ${marks("ARGV[9]")} then return ${CONFLICT} end
if alive(KEYS[1]) then return 2 end
unlist(said, ARGV[10])
redis.call('DEL', KEYS[4])
redis.call('SET', KEYS[5], 'r' .. ARGV[5], 'PX', 60000)
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
own(KEYS[2], ARGV[4], ARGV[5], ARGV[3], KEYS[3], redis.call('GET', KEYS[2]))
${told}
return 1
`,
  );

/**
 * Removes a session. KEYS: session, owner. ARGV: now, id, names. Answers whether there
 * was one, and the owner of what was removed.
 */
const remove = (told: string): Script =>
  script(
    ...LOOKING,
    `
local said = redis.call('GET', KEYS[2])
local was = redis.call('DEL', KEYS[1])
if said and said ~= 'x' then redis.call('DEL', KEYS[2]) end
unlist(said, ARGV[2])
${told}
return {was, said or 'n'}
`,
  );

/**
 * One page of an index, from a score on. KEYS: index. ARGV: now, owner, names, score, size.
 * Answers the last score, "=" alone at the end, and ids.
 */
export const LIST: Script = script(
  ...LOOKING,
  `
local page = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[6], '(inf', 'WITHSCORES', 'LIMIT', 0, ARGV[7])
local ids = {}
for at = 1, #page, 2 do
  if belongs(page[at], ARGV[2]) then ids[#ids + 1] = '=' .. page[at]
  else redis.call('ZREM', KEYS[1], page[at]) end
end
return {'=' .. (#page == 2 * ARGV[7] and page[#page] or ''), ids}
`,
);

/**
 * Ends a subject's sessions in one step, and removes a page of them. The first call puts the index
 * aside and leaves a marked one, by which every verb knows that the others have ended.
 * KEYS: index, index put aside. ARGV: now, owner, names, "=" and the id to keep or "", size, "1"
 * in the first call. Answers how many were removed and how many entries are left.
 */
const removeAll = (told: string): Script =>
  script(
    ...LOOKING,
    ENLIST,
    `
local index, aside = KEYS[1], KEYS[2]
local kept = string.sub(ARGV[6], 2)
if ARGV[8] == '1' then
  local stays = ends(index)
  local keeps = false
  if ARGV[6] ~= '' and belongs(kept, ARGV[2]) then
    local said = redis.call('GET', ownerOf(kept))
    keeps = redis.call('ZSCORE', index, kept) or said and not ended(said, kept)
  end
  -- Sent again by the client it is there already, and what is left of it is what is to go.
  redis.pcall('RENAMENX', index, aside)
  if keeps then
    redis.call('ZREM', aside, kept)
    enlist(index, kept, ends(sessions .. kept))
  end
  -- Redis, though full, refuses nothing to a script that has written. Where a server does: one that
  -- may not evict has lost no index, either.
  ${mark("index")}
  local longest = redis.call('TIME')[1] * 1000 + ${LONGEST}
  redis.call('PEXPIREAT', index, string.format('%.0f', math.max(stays, longest)))
  ${told}
end
local page = redis.call('ZPOPMIN', aside, ARGV[7])
local removed, keys = 0, {}
for at = 1, #page, 2 do
  local id = page[at]
  local key, owner = sessions .. id, ownerOf(id)
  local said = redis.call('GET', owner)
  local mine = said == 'x' .. ARGV[2] or alive(key) and (not said or said == ARGV[2])
  -- One that began since, under the same id, is in the new index.
  if mine and not redis.call('ZSCORE', index, id) then
    removed = removed + 1
    keys[#keys + 1] = key
    keys[#keys + 1] = owner
  end
end
if removed > 0 then redis.call('UNLINK', unpack(keys)) end
return {removed, redis.call('ZCARD', aside)}
`,
  );

/** The scripts by which sessions end or move. */
export interface EndingScripts {
  readonly rotate: Script;
  readonly remove: Script;
  readonly removeAll: Script;
}

export const QUIET: EndingScripts = {
  rotate: rotate(""),
  remove: remove(""),
  removeAll: removeAll(""),
};

/** The same, which tell of it on the channel that is their last argument. */
export const TELLING: EndingScripts = {
  rotate: rotate(tell("'moved'", "ARGV[10]", "ARGV[5]")),
  remove: remove(tell("'gone'", "ARGV[2]")),
  removeAll: removeAll(tell("'subject'", "string.sub(ARGV[2], 2)", "ARGV[6]")),
};
