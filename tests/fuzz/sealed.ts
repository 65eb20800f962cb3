/** Tokens of the cookie store, and records of an encrypted one: nothing opens that was not sealed. */
import fc from "fast-check";
import { cookieStore } from "../../src/stores/cookie.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property } from "./property.ts";

const NOW = 1_700_000_000_000;
const now = () => NOW;
const [OURS, OLDER, THEIRS] = ["ours", "older", "theirs"].map((who) => who.padEnd(32, "."));
const RECORDS = ["{}", '{"user":"ada"}', `{"text":"${"x".repeat(5_000)}"}`].map((data) =>
  data === "{}" ? '{"cookie":{}}' : `{"cookie":{},${data.slice(1)}`
);

const store = cookieStore({ secret: [OURS!, OLDER!], now });
/** Every token that may open, under its name, with what is in it. */
const sealed = new Map<string, string>();
const tokens: string[] = [];
for (const [secret, name] of [[OURS, "sid"], [OLDER, "sid"], [OURS, "other"], [THEIRS, "sid"]]) {
  const sealing = cookieStore({ secret: secret!, now });
  for (const json of RECORDS) {
    const token = (await sealing.seal(name!, { json, expires: null, subject: undefined }))!;
    tokens.push(token);
    if (secret !== THEIRS) sealed.set(`${name}=${token}`, json);
  }
}
/** Cookies of a session that takes several of them. */
const PARTS = tokens.flatMap((token) => store.split("sid", token));

const keys = [{ id: "new", key: new Uint8Array(32).fill(1) }, {
  id: "old",
  key: new Uint8Array(32).fill(2),
}];
const behind = memoryStore({ sweepInterval: 0, now });
const encrypted = encrypt(behind, { keys });
const texts: string[] = [];
for (const [index, json] of RECORDS.entries()) {
  for (const [name, ring] of [["new", keys], ["old", [keys[1]!]]] as const) {
    const id = `${name}-${index}`;
    await encrypt(behind, { keys: ring }).create(id, { json, expires: null, subject: undefined });
    texts.push(behind.peek(id)!.json);
  }
}

export const SEALED: readonly Property[] = [
  property(
    "sealed tokens: what opens was sealed, under this name and by a secret of ours",
    1_500,
    fc.tuple(
      fc.oneof(mutated(tokens), fc.string({ unit: "binary" })),
      fc.constantFrom("sid", "other", ""),
    ),
    async ([token, name]) => {
      const found = await store.find(name, [[name, token]]);
      const expected = sealed.get(`${name}=${token}`);
      if (found?.json !== expected) broken("another session", name, token, found?.json, expected);
    },
  ),
  property(
    "sealed tokens: parts in any number and order are one of the sessions, or none",
    600,
    fc.array(
      fc.tuple(
        fc.constantFrom(...PARTS.map(([name]) => name), "sid.9", "sid.", "sid.00"),
        fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...PARTS.map(([, part]) => part)) }, {
          weight: 1,
          arbitrary: mutated(PARTS.map(([, part]) => part)),
        }),
      ),
      { maxLength: 8 },
    ),
    async (cookies) => {
      const found = await store.find("sid", cookies);
      if (found !== undefined && !RECORDS.includes(found.json)) {
        broken("another session", found.json);
      }
      store.leftovers("sid", cookies, cookies.slice(0, 1));
    },
  ),
  property(
    "encrypted records: what was changed or moved is no session, and no error",
    1_500,
    fc.tuple(mutated(texts), fc.constantFrom("new-0", "new-1", "old-2", "elsewhere")),
    async ([text, id]) => {
      await behind.destroy(id);
      await behind.create(id, { json: text, expires: null, subject: undefined });
      const { json } = (await encrypted.read(id))!;
      if (json === "") return;
      const index = Number(id.split("-")[1]);
      if (json !== RECORDS[index]) broken("another session", id, text, json);
    },
  ),
];
