/** The cases of going through the sessions: what is left half-way, changed or cut off meanwhile. */
import type { StoredSession } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { inOutage } from "../later.ts";
import { everyone, together } from "../together.ts";

const offered: NonNullable<StoreCase["when"]> = ({ iterate }) => iterate === true;

/** More than fits a page of most stores'. */
const MANY = 300;
async function made(kit: Kit, count: number): Promise<string[]> {
  return (await everyone(count, async () => {
    const id = kit.id();
    same(await kit.store.create(id, kit.record()), true, "create()");
    return id;
  })).sort();
}

async function idsOf(store: Kit["store"]): Promise<string[]> {
  const ids: string[] = [];
  for await (const [id] of store.all!()) ids.push(id);
  return ids.sort();
}

/** Walks. */
export const walkCases: readonly StoreCase[] = [
  {
    name: "all() that is left half-way holds nothing up, and two at once yield all, each of them",
    when: offered,
    async run(kit) {
      const ids = await made(kit, MANY);
      for (const most of [1, 2, MANY / 2]) {
        let seen = 0;
        for await (const [id] of kit.store.all!()) {
          check(ids.includes(id), "all() yields an id that was never stored");
          if (++seen === most) break;
        }
        same(await idsOf(kit.store), ids, `ids of all() after one that was left at ${most}`);
      }
      // One that is left without a word as well.
      const left = kit.store.all!()[Symbol.asyncIterator]();
      await left.next();
      const both = await together([() => idsOf(kit.store), () => idsOf(kit.store)]);
      for (const found of both) same(found, ids, "ids of one of two all() at once");
      // And turn by turn.
      const walks = [kit.store, kit.peer].map((store) => store.all!()[Symbol.asyncIterator]());
      const found: string[][] = [[], []];
      for (let isOver = false; !isOver;) {
        isOver = true;
        for (const [at, walk] of walks.entries()) {
          const step = await walk.next();
          if (step.done) continue;
          isOver = false;
          found[at]!.push(step.value[0]);
        }
      }
      for (const each of found) same(each.sort(), ids, "ids of one of two all() in turns");
      await left.return?.();
    },
  },
  {
    name: "all() yields every session that stays, also where each is destroyed as it is yielded",
    when: offered,
    async run(kit) {
      const ids = await made(kit, MANY);
      const seen: string[] = [];
      for await (const [id] of kit.store.all!()) {
        seen.push(id);
        await kit.store.destroy(id);
      }
      same(seen.sort(), ids, "ids of all()");
      same(await kit.store.length!(), 0, "length()");
    },
  },
  {
    name: "what all() has yielded stays what it was, whatever is yielded next",
    when: offered,
    async run(kit) {
      await made(kit, 20);
      const pairs: [string, StoredSession][] = [];
      const copies: [string, string, number | null][] = [];
      for await (const pair of kit.store.all!()) {
        pairs.push(pair);
        copies.push([pair[0], pair[1].json, pair[1].expires]);
      }
      const now = pairs.map(([id, { json, expires }]) => [id, json, expires]);
      same(now, copies, "what all() has yielded, at its end");
      for (const [id, { json, version }] of pairs) {
        same((await kit.store.read(id))?.json, json, `json that all() yielded for ${id}`);
        const next = kit.record();
        await kit.committed(await kit.store.commit(id, next, version), id, next);
      }
    },
  },
  {
    name: "all() that an outage interrupts is an error, and never an end before all are yielded",
    when: ({ iterate, outage }) => iterate === true && outage === true,
    async run(kit) {
      const ids = await made(kit, MANY);
      const walk = kit.store.all!()[Symbol.asyncIterator]();
      const first = await walk.next();
      check(!first.done, "all() yields nothing");
      const seen = [first.value[0]];
      const restore = await kit.subject.outage!();
      const rest = (async () => {
        for (let step = await walk.next(); !step.done; step = await walk.next()) {
          seen.push(step.value[0]);
        }
        return "over" as const;
      })();
      try {
        const ended = await inOutage(rest.catch(() => "rejected" as const));
        // What it had at hand before the outage it may yield in it, to the last.
        if (ended === "over") same(seen.sort(), ids, "ids of all() that ended in an outage");
      } finally {
        await restore();
      }
    },
  },
];
