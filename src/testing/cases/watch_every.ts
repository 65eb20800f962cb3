/** The cases of what a store tells of: every end and move, whosever and however many. */
import type { SessionNotice } from "../../watchable_store.ts";
import type { StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { ends, settled, watched } from "../heard.ts";
import { everyone } from "../together.ts";

const offered: NonNullable<StoreCase["when"]> = ({ watch }) => watch === true;
const ofSubjects: NonNullable<StoreCase["when"]> = ({ watch, subject }) =>
  watch === true && subject === true;

/** So many end at once, and so many are a subject's. */
const AT_ONCE = 20;
const MANY = 260;

const isMove = (id: string) => (notice: SessionNotice) =>
  notice.what === "moved" && notice.id === id;

/** Of which sessions a store tells. */
export const watchEveryCases: readonly StoreCase[] = [
  {
    name: "watch() hears again after who watched before has stopped",
    when: offered,
    async run(kit) {
      for (let times = 0; times < 3; times++) {
        await watched(kit, (heard) => settled(kit, heard));
      }
    },
  },
  {
    name: "watch() tells of a destroy() of whatever session, and of that one alone",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        for (const expires of [kit.start + 3_600_000, null]) {
          for (const subject of ["ada", undefined]) {
            const make = () => kit.make(kit.record({ expires, ...subject && { subject } }));
            const [{ id }, sibling] = [await make(), await make()];
            await kit.peer.destroy(id);
            const end = expires === null ? "without an end" : "with an end";
            await heard.first(ends(id), `destroy() of a session ${end}, of ${subject ?? "nobody"}`);
            await settled(kit, heard);
            const ofOthers = heard.notices.filter(ends(sibling.id, subject));
            same(ofOthers, [], "what was told of another session of the same subject");
          }
        }
      });
    },
  },
  {
    name: "watch() tells of a rotate() of whatever session, and to whatever subject",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const moves = [["ada", "ada"], ["ada", "bob"], ["ada"], [undefined, "ada"], []];
        for (const expires of [kit.start + 3_600_000, null]) {
          for (const [before, after] of moves) {
            const record = (subject?: string) => kit.record({ expires, ...subject && { subject } });
            const [{ id, version }, to] = [await kit.make(record(before)), kit.id()];
            const next = record(after);
            await kit.committed(await kit.peer.rotate(id, to, next, version), to, next);
            const whose = `from ${before ?? "nobody"} to ${after ?? "nobody"}`;
            const end = expires === null ? "without an end" : "with an end";
            const told = await heard.first(isMove(id), `rotate() ${end}, ${whose}`);
            same(told, { what: "moved", id, to }, "what was told of a rotate()");
          }
        }
      });
    },
  },
  {
    name: "watch() tells of every end and move, however many come at once",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const ended = await everyone(AT_ONCE, () => kit.make());
        const moved = await everyone(AT_ONCE, () => kit.make());
        const stores = [kit.store, kit.peer];
        await everyone(AT_ONCE, async (nth) => {
          const { id, version } = moved[nth]!;
          await stores[nth % 2]!.destroy(ended[nth]!.id);
          await stores[nth % 2]!.rotate(id, kit.id(), kit.record(), version);
        });
        await everyone(AT_ONCE, async (nth) => {
          await heard.first(ends(ended[nth]!.id), `one of ${AT_ONCE} destroy() at once`);
          await heard.first(isMove(moved[nth]!.id), `one of ${AT_ONCE} rotate() at once`);
        });
      });
    },
  },
  {
    name: "watch() tells of each destroyAll(), of a subject's every session and once more",
    when: ofSubjects,
    async run(kit) {
      await watched(kit, async (heard) => {
        for (const count of [MANY, 1, 1]) {
          const made = await everyone(count, () => kit.make(kit.record({ subject: "ada" })));
          // What was told of the subject before is no notice of these.
          await settled(kit, heard);
          heard.forget();
          await kit.peer.destroyAll!("ada");
          await everyone(count, (nth) => {
            const { id } = made[nth]!;
            return heard.first(ends(id, "ada"), `a session of destroyAll() of ${count}`);
          });
        }
      });
    },
  },
  {
    name: "watch() tells of no session of a neighbour",
    when: offered,
    async run(kit) {
      const { neighbour } = kit.subject;
      if (neighbour === undefined) return;
      await watched(kit, async (heard) => {
        const [gone, one, from, to] = [kit.id(), kit.id(), kit.id(), kit.id()];
        const record = () => kit.record({ subject: "ada" });
        for (const id of [gone, one, from]) await neighbour.create(id, record());
        const { version } = (await neighbour.read(from))!;
        await neighbour.rotate(from, to, record(), version);
        await neighbour.destroy(gone);
        await neighbour.destroyAll?.("ada");
        await neighbour.announce?.({ what: "gone", id: to });
        await settled(kit, heard);
        same(heard.of(gone, one, from, to, "ada"), [], "what was told of a neighbour's sessions");
        for (const id of [one, to]) await neighbour.destroy(id);
      });
    },
  },
];
