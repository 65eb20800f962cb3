/** The cases of long ids and large texts. */
import type { SessionRecord } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { unlessRefused } from "../unless_refused.ts";

/** Lengths that columns, keys and file names are cut at, and one more of each. */
const KEPT = [32, 33, 64, 65, 100, 127, 128];
/** Longer than any store has to keep. */
const LONGER = [129, 200, 255, 256, 257, 1_025];

/** Two ids of a length that differ in their last character alone. */
function twins(kit: Kit, length: number): [string, string] {
  const id = kit.id(length - 1);
  return [`${id}a`, `${id}b`];
}

/** A record whose text is 64 KiB in UTF-8, to the byte. */
function full(kit: Kit, unit: string, data: object = {}): SessionRecord {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  const text = unit.repeat(Math.floor(65_000 / (bytes(JSON.stringify(unit)) - 2)));
  const { json, expires } = kit.record({ data: { ...data, text, end: "" } });
  const rest = "x".repeat(65_536 - bytes(json));
  return { json: json.replace(/"end":""\}$/, `"end":"${rest}"}`), expires };
}

/** What is long is kept whole. */
export const sizeCases: readonly StoreCase[] = [
  {
    name: "ids that differ at their end alone are different sessions, up to 128 characters",
    async run(kit) {
      for (const length of KEPT) {
        const [id, other] = twins(kit, length);
        const made = await kit.make(kit.record(), id);
        await kit.gone(other, `beside an id of ${length} characters that ends otherwise`);
        const beside = await kit.make(kit.record(), other);
        const next = kit.record();
        await kit.committed(await kit.store.commit(id, next, made.version), id, next);
        await kit.live(other, beside.record, `beside one of ${length} characters that was written`);
        const [to, moved] = [`${id.slice(0, -1)}c`, kit.record()];
        await kit.committed(await kit.store.rotate(other, to, moved, beside.version), to, moved);
        await kit.store.destroy(to);
        await kit.live(id, next, `beside one of ${length} characters that was destroyed`);
      }
    },
  },
  {
    name: "64 KiB of data come back byte for byte",
    async run(kit) {
      for (const unit of ["x", "ü", "世", "😀", "\\\"'"]) {
        const { id, record, version } = await kit.make(full(kit, unit));
        check(record.json.length > 10_000, "the record is too small to prove anything");
        const next = full(kit, unit, { more: 1 });
        const mark = await kit.committed(await kit.store.commit(id, next, version), id, next);
        kit.conflict(await kit.store.commit(id, record, version), next);
        const to = kit.id();
        await kit.committed(await kit.store.rotate(id, to, record, mark), to, record);
        await kit.store.destroy(to);
      }
    },
  },
  {
    name: "a longer id and a larger text are kept whole or refused, never cut",
    async run(kit) {
      for (const length of LONGER) {
        const [id, other] = twins(kit, length);
        const [record, second] = [kit.record(), kit.record()];
        const made = await unlessRefused(() => kit.store.create(id, record));
        if (made === undefined) continue;
        same(made.answer, true, `create() of an id of ${length} characters`);
        await kit.live(id, record, `of an id of ${length} characters`);
        const beside = await unlessRefused(() => kit.store.create(other, second));
        if (beside === undefined) continue;
        same(beside.answer, true, `create() of one of ${length} characters that ends otherwise`);
        await kit.live(other, second, `of one of ${length} characters that ends otherwise`);
        await kit.live(id, record, `of an id of ${length} characters`);
      }
      for (const size of [100_000, 300_000]) {
        const { id, record, version } = await kit.make();
        const large = kit.record({ data: { text: "x".repeat(size) } });
        const wrote = await unlessRefused(() => kit.store.commit(id, large, version));
        if (wrote === undefined) await kit.live(id, record, `after a text of ${size} was refused`);
        else await kit.committed(wrote.answer, id, large);
        const born = kit.id();
        const made = await unlessRefused(() => kit.store.create(born, large));
        if (made === undefined) await kit.gone(born, `after a text of ${size} was refused`);
        else await kit.live(born, large, `of ${size} characters`);
      }
    },
  },
  {
    name: "a longer subject is kept whole or refused, and is nobody else",
    when: ({ subject }) => subject === true,
    async run(kit) {
      const list = async (subject: string) =>
        (await unlessRefused(() => kit.store.list!(subject)))?.answer ?? [];
      for (const length of LONGER) {
        const pair = twins(kit, length);
        const cut = pair[0].slice(0, 128);
        const owned = new Map<string, string[]>();
        for (const subject of [cut, ...pair]) {
          const [id, what] = [kit.id(), `create() for a subject of ${subject.length} characters`];
          const made = await unlessRefused(() => kit.store.create(id, kit.record({ subject })));
          check(made !== undefined || subject !== cut, `${what} is refused`);
          if (made !== undefined) same(made.answer, true, what);
          owned.set(subject, made === undefined ? [] : [id]);
        }
        for (const dropped of owned.keys()) {
          for (const [subject, ids] of owned) {
            const what = `list() of a subject of ${subject.length} characters beside two like it`;
            same(await list(subject), ids, what);
          }
          const answer = (await unlessRefused(() => kit.store.destroyAll!(dropped)))?.answer;
          const what = `destroyAll() of a subject of ${dropped.length} characters`;
          same(answer ?? 0, owned.get(dropped)!.length, what);
          owned.set(dropped, []);
        }
      }
    },
  },
];
