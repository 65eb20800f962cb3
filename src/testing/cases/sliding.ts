/** The cases of a read that extends. */
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { brief } from "./expiry.ts";

const sliding: NonNullable<StoreCase["when"]> = (capabilities) => capabilities.sliding === true;

/** Texts that name an hour, and do not begin with it. */
const otherwise = (end: string): string[] => [
  `{"cookie":{"expires":"${end}","originalMaxAge":${HOUR}},"a":1}`,
  `{"a":1,"cookie":{"originalMaxAge":${HOUR},"expires":"${end}"}}`,
  `{"cookie":{"originalMaxAge":"${HOUR}","expires":"${end}"}}`,
  `{"a":{"cookie":{"originalMaxAge":${HOUR}}},"cookie":{"expires":"${end}"}}`,
  `{"cookie":{"originalMaxAge":${HOUR}},"expires":"${end}"}`,
  `{"cookie":{"originalmaxage":${HOUR},"expires":"${end}"}}`,
  `{ "cookie": { "originalMaxAge": ${HOUR}, "expires": "${end}" } }`,
  `{"cookie":{"originalMaxAge": ${HOUR},"expires":"${end}"}}`,
  `{"cookie":{"originalMaxAge":${HOUR} ,"expires":"${end}"}}`,
  `{"cookie":{"originalMaxAge":${HOUR}.0,"expires":"${end}"}}`,
];

/** Reads and touches, and answers what came of it with the time around it. */
async function slide(kit: Kit, id: string, maxAge: number) {
  const before = await kit.now();
  const stored = await kit.store.readAndTouch?.(id, maxAge);
  check(stored !== undefined, `readAndTouch(${maxAge}) of a live session is undefined`);
  return { stored, before, after: await kit.now() };
}

/** Asserts that a session's lifetime begins again, in the answer and in the store. */
async function begins(kit: Kit, id: string, json: string, maxAge: number): Promise<void> {
  const { stored, before, after } = await slide(kit, id, maxAge);
  same(stored.json, json, "json that readAndTouch() answers");
  const end = stored.expires ?? 0;
  check(
    end >= before + maxAge - kit.resolution && end <= after + maxAge + kit.resolution,
    `expires after readAndTouch(${maxAge}): expected ${before + maxAge}, got ${stored.expires}`,
  );
  kit.ends((await kit.store.read(id))?.expires ?? null, end);
}

/** The promise of `readAndTouch()`, where a store has it. */
export const slidingCases: readonly StoreCase[] = [
  {
    name: "readAndTouch() reads, moves the end by maxAge from now and keeps the version valid",
    when: sliding,
    async run(kit) {
      const lifetime = 2 * HOUR;
      const { id, record, version } = await kit.make(kit.record({ lifetime }));
      await kit.pass(kit.exact ? 5_000 : 5);
      await begins(kit, id, record.json, lifetime);
      const [first, second] = [kit.record(), kit.record()];
      await kit.committed(await kit.store.commit(id, first, version), id, first);
      const again = await kit.store.readAndTouch?.(id, HOUR);
      await kit.committed(await kit.store.commit(id, second, again?.version), id, second);
    },
  },
  {
    name: "readAndTouch() leaves the end of a session alone whose own lifetime is another one",
    when: sliding,
    async run(kit) {
      // Shorter, longer, none, and those whose digits begin alike.
      for (
        const lifetime of [
          60_000,
          30 * 24 * HOUR,
          null,
          HOUR / 10,
          HOUR * 10,
          HOUR + 0.5,
          HOUR + 1,
          HOUR - 500,
        ]
      ) {
        const record = kit.record({ lifetime, expires: kit.start + 3 * HOUR });
        const { id, version } = await kit.make(record);
        for (const through of [kit.store, kit.peer]) {
          const stored = await through.readAndTouch?.(id, HOUR);
          check(stored !== undefined, `readAndTouch() of a session of ${lifetime} ms is undefined`);
          same(stored.json, record.json, "json that readAndTouch() answers");
          kit.ends(stored.expires, record.expires);
        }
        await kit.live(id, record, "after readAndTouch() with another lifetime");
        const next = kit.record();
        await kit.committed(await kit.store.commit(id, next, version), id, next);
      }
    },
  },
  {
    name: "readAndTouch() leaves the end of a text alone that begins in another way",
    when: sliding,
    async run(kit) {
      const expires = kit.start + 3 * HOUR;
      for (const text of otherwise(new Date(expires).toISOString())) {
        const record = { json: text, expires };
        const { id, version } = await kit.make(record);
        const { stored } = await slide(kit, id, HOUR);
        same(stored.json, text, "json that readAndTouch() answers");
        kit.ends(stored.expires, expires, `expires after readAndTouch() of ${text}`);
        await kit.live(id, record, "after readAndTouch()");
        const next = kit.record();
        await kit.committed(await kit.store.commit(id, next, version), id, next);
      }
    },
  },
  {
    name: "readAndTouch() goes by the lifetime in the cookie, and by that of the last write",
    when: sliding,
    async run(kit) {
      const data = { originalMaxAge: HOUR, note: '{"cookie":{"originalMaxAge":3600000,"' };
      const expires = kit.start + 3 * HOUR;
      const { id, record, version } = await kit.make(
        kit.record({ lifetime: 60_000, expires, data }),
      );
      kit.ends((await slide(kit, id, HOUR)).stored.expires, expires);
      await begins(kit, id, record.json, 60_000);
      const next = kit.record({ data });
      const mark = await kit.committed(await kit.store.commit(id, next, version), id, next);
      kit.ends((await slide(kit, id, 60_000)).stored.expires, next.expires);
      await begins(kit, id, next.json, HOUR);
      const [to, moved] = [kit.id(), kit.record({ lifetime: null, expires: null, data })];
      await kit.committed(await kit.store.rotate(id, to, moved, mark), to, moved);
      kit.ends((await slide(kit, to, HOUR)).stored.expires, null);
    },
  },
  {
    name: "readAndTouch() never creates and never revives",
    when: sliding,
    async run(kit) {
      const destroyed = await kit.make();
      await kit.store.destroy(destroyed.id);
      const expired = await brief(kit);
      await expired.reach(0);
      for (const id of [kit.id(), destroyed.id, expired.id]) {
        same(await kit.store.readAndTouch?.(id, HOUR), undefined, "readAndTouch()");
        await kit.gone(id, "after readAndTouch() of a missing id");
      }
    },
  },
];
