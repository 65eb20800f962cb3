/** The cases of what a store tells too early, too much, or by another name. */
import type { StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { inTime } from "../in_time.ts";
import { ends, Heard, settled, watched } from "../heard.ts";
import { unlessRefused } from "../unless_refused.ts";

const offered: NonNullable<StoreCase["when"]> = ({ watch }) => watch === true;

const HOSTILE = ["__proto__", "a:b", '"', "é", "😀", "Ab", "aB", "a%b", "x".repeat(128)];

/** When a store tells, and what it leaves out. */
export const watchEdgeCases: readonly StoreCase[] = [
  {
    name:
      "watch() tells of nothing before it is so: whoever reads as soon as he hears finds nothing",
    when: offered,
    async run(kit) {
      const found: Promise<[id: string, isThere: boolean]>[] = [];
      const heard = new Heard(kit.patience);
      let of: string[] = [];
      const stop = await kit.store.watch!((notice) => {
        // One that is asked at once, by the connection that heard and by another.
        for (const store of [kit.store, kit.peer]) {
          for (const id of of) {
            found.push(
              Promise.resolve(store.read(id)).then((stored) => [id, stored !== undefined]),
            );
          }
        }
        heard.hear(notice);
      });
      try {
        const make = () => kit.make(kit.record({ subject: "ada" }));
        const ways: Record<string, (id: string, version: unknown) => unknown> = {
          "destroy()": (id) => kit.peer.destroy(id),
          "rotate()": (id, version) => kit.peer.rotate(id, kit.id(), kit.record(), version),
        };
        if (kit.store.destroyAll) ways["destroyAll()"] = () => kit.peer.destroyAll!("ada");
        for (const [verb, end] of Object.entries(ways)) {
          const { id, version } = await make();
          of = [id];
          await end(id, version);
          await heard.first(
            (notice) => ends(id, "ada")(notice) || notice.what === "moved" && notice.id === id,
            verb,
          );
          of = [];
          for (const [name, isThere] of await Promise.all(found.splice(0))) {
            same(isThere, false, `is ${name} there when its ${verb} is told of,`);
          }
        }
      } finally {
        await stop();
      }
    },
  },
  {
    name: "watch() knows hostile subjects by their name, and whom they spare",
    when: ({ watch, subject }) => watch === true && subject === true,
    async run(kit) {
      await watched(kit, async (heard) => {
        for (const subject of HOSTILE) {
          const make = async (id: string) => {
            return (await unlessRefused(() => kit.make(kit.record({ subject }), id)))?.answer;
          };
          const [one, kept] = [await make(kit.id()), await make(`${subject}-kept`.slice(-128))];
          if (one === undefined || kept === undefined) continue;
          await kit.peer.destroyAll!(subject, kept.id);
          const told = await heard.first(
            ends(one.id, subject),
            `destroyAll() of ${JSON.stringify(subject)}`,
          );
          if (told.what === "subject") {
            same(told, { what: "subject", subject, except: kept.id }, "what destroyAll() told");
          }
          check(
            !heard.notices.some(ends(kept.id, subject)),
            "the session that is spared is told of",
          );
          await kit.peer.destroyAll!(subject);
          await heard.first(ends(kept.id, subject), "destroyAll() without an exception");
        }
      });
    },
  },
  {
    name: "watch() tells nothing of a rotate() that finds nothing, and no end of what moved",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const { id, version } = await kit.make();
        await kit.peer.destroy(id);
        const [to, never] = [kit.id(), kit.id()];
        const late = await kit.peer.rotate(id, to, kit.record(), version);
        same(late, { status: "gone" }, "rotate() of a session that was destroyed");
        same(
          await kit.peer.rotate(never, to, kit.record(), version),
          { status: "gone" },
          "rotate() of an id that never was",
        );
        const moving = await kit.make();
        const there = kit.id();
        await kit.peer.rotate(moving.id, there, kit.record(), moving.version);
        await settled(kit, heard);
        same(heard.of(to, never), [], "what was told of a rotate() that found nothing");
        const moved = { what: "moved", id: moving.id, to: there };
        same(heard.of(moving.id, there), [moved], "what was told of a rotate() that took place");
      });
    },
  },
  {
    name: "watch() tells nothing of clear(), sweep() and ends that come with time",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        const { end, done: over } = await inTime(
          kit,
          200,
          (end) => kit.make(kit.record({ expires: end, subject: "ada" })),
        );
        await kit.pass(end - await kit.now() + kit.resolution + 1);
        await kit.gone(over.id, "after its end");
        await kit.store.sweep?.();
        const live = await kit.make(kit.record({ subject: "ada" }));
        await kit.peer.clear?.();
        await settled(kit, heard);
        same(heard.of(over.id, live.id, "ada"), [], "what was told");
      });
    },
  },
  {
    name: "announce() says whatever a store can tell of",
    when: offered,
    async run(kit) {
      const [id, except] = [kit.id(), kit.id()];
      await watched(kit, async (heard) => {
        await kit.peer.announce!({ what: "gone", id });
        const told = await heard.first(({ what }) => what === "gone", "an announced end");
        same(told, { what: "gone", id }, "what was announced");
        await kit.peer.announce!({ what: "missed" });
        await heard.first(({ what }) => what === "missed", "announced losses");
        if (kit.store.destroyAll === undefined) return;
        for (const notice of [{ subject: "ada" }, { subject: "bob", except }]) {
          await kit.peer.announce!({ what: "subject", ...notice });
          const heardOf = await heard.first(
            (told) => told.what === "subject" && told.subject === notice.subject,
            "the announced end of a subject",
          );
          same(heardOf, { what: "subject", ...notice }, "what was announced");
        }
      });
    },
  },
];
