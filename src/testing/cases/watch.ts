/** The cases of a store that tells of sessions that end. */
import type { SessionNotice } from "../../watchable_store.ts";
import type { StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { ends, Heard, settled, watched } from "../heard.ts";
import { unlessRefused } from "../unless_refused.ts";

const offered: NonNullable<StoreCase["when"]> = ({ watch }) => watch === true;

/** What a store tells of. */
export const watchCases: readonly StoreCase[] = [
  {
    name: "watch() tells of a destroy(), whichever process it is of, when the session is gone",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        for (const store of [kit.store, kit.peer]) {
          const { id } = await kit.make();
          await store.destroy(id);
          await heard.first(ends(id), "a destroy()");
          await kit.gone(id, "when its end was told of");
        }
      });
    },
  },
  {
    name: "watch() tells of a rotate() with both ids, and only if it took place",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const { id, version } = await kit.make(kit.record({ subject: "ada" }));
        const [to, record] = [kit.id(), kit.record({ subject: "ada" })];
        await kit.peer.commit(id, kit.record({ subject: "ada" }), version);
        const late = await kit.peer.rotate(id, to, record, version);
        same(late.status, "conflict", "rotate() with a mark of before");
        const newest = (await kit.store.read(id))?.version;
        await kit.committed(await kit.peer.rotate(id, to, record, newest), to, record);
        const moved = await heard.first(
          (notice) => notice.what === "moved" && notice.id === id,
          "a rotate()",
        );
        same(moved, { what: "moved", id, to }, "what was told of a rotate()");
        await settled(kit, heard);
        const moves = heard.notices.filter(({ what }) => what === "moved");
        same(moves.length, 1, "notices of one rotate() that took place and one that did not");
        check(!heard.notices.some(ends(id)), "the old id of a rotate() is told to be gone as well");
      });
    },
  },
  {
    name: "watch() knows hostile ids by their name",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        for (
          const id of [
            "__proto__",
            "a:b",
            "{x}",
            "}{",
            '"',
            "é",
            "a%b",
            "😀",
            "Ab",
            "aB",
            "x".repeat(128),
          ]
        ) {
          await kit.store.create(id, kit.record());
          await kit.peer.destroy(id);
          await heard.first(ends(id), `destroy(${JSON.stringify(id)})`);
          const { id: from, version } = await kit.make();
          await kit.peer.rotate(from, id, kit.record(), version);
          const isMove = (notice: SessionNotice) => notice.what === "moved" && notice.id === from;
          const moved = await heard.first(isMove, `rotate() to ${JSON.stringify(id)}`);
          same(moved, { what: "moved", id: from, to: id }, "what was told of a rotate()");
          await kit.peer.destroy(id);
        }
      });
    },
  },
  {
    name: "watch() tells of destroyAll(), and not of whom it spares",
    when: ({ watch, subject }) => watch === true && subject === true,
    async run(kit) {
      await watched(kit, async (heard) => {
        const make = (subject: string) => kit.make(kit.record({ subject }));
        const [one, kept, other] = [await make("ada"), await make("ada"), await make("bob")];
        await kit.peer.destroyAll!("ada", kept.id);
        await heard.first(ends(one.id, "ada"), "destroyAll()");
        await settled(kit, heard);
        check(!heard.notices.some(ends(kept.id, "ada")), "the session that is spared is told of");
        check(!heard.notices.some(ends(other.id, "bob")), "another subject's is told of");
        await kit.peer.destroyAll!("ada");
        await heard.first(ends(kept.id, "ada"), "destroyAll() without an exception");
      });
    },
  },
  {
    name: "watch() tells of no change, visit or new session",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const { id, version } = await kit.make(kit.record({ subject: "ada" }));
        await kit.peer.touch(id, kit.start + 1_800_000);
        await kit.peer.commit(id, kit.record(), version);
        await kit.peer.read(id);
        await kit.peer.readAndTouch?.(id, 3_600_000);
        await kit.peer.create(id, kit.record());
        await kit.peer.commit(id, kit.record(), version);
        await unlessRefused(() => kit.peer.rotate(kit.id(), id, kit.record(), version));
        await settled(kit, heard);
        const told = heard.notices.filter((notice) => "id" in notice && notice.id === id);
        same(told, [], "what was told of a session that lives");
      });
    },
  },
  {
    name: "announce() is heard by whoever watches",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const [id, to] = [kit.id(), kit.id()];
        await kit.peer.announce!({ what: "moved", id, to });
        const told = await heard.first(({ what }) => what === "moved", "announce()");
        same(told, { what: "moved", id, to }, "what was announced");
      });
    },
  },
  {
    name: "who has stopped hears no more, and others do",
    when: offered,
    async run(kit) {
      const stopped = new Heard(kit.patience);
      const stop = await kit.store.watch!(stopped.hear);
      await watched(kit, async (heard) => {
        await settled(kit, stopped);
        await stop();
        const before = stopped.notices.length;
        await settled(kit, heard);
        same(stopped.notices.length, before, "notices of which one hears who has stopped");
      });
      await stop();
    },
  },
];
