/** What the Lua scripts compose keys with that they find by themselves. */
import { ENDED } from "./lua_index.ts";

/** The three beginnings of keys, from an argument on. */
export const NAMES = (first: number): string =>
  `local sessions, owners, indexes = ARGV[${first}], ARGV[${first + 1}], ARGV[${first + 2}]\n`;

/** Sessions by id; behind `ALIVE` and `NAMES`. */
export const INDEX: string = `
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
  if indexes ~= '' and said and string.sub(said, 1, 1) == 's' then
    redis.call('ZREM', indexes .. string.sub(said, 2), id)
  end
end
local function ended(said, member) return ${ENDED} end
`;
