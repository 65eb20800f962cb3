/** The cases of what a record is: those of the core are no plain objects. */
import type { CommitResult, SessionRecord } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";

/** A record as the core hands it over: its text is written when it is asked for. */
class LazyRecord implements SessionRecord {
  readonly expires: number | null;
  readonly subject: string | undefined;
  /** Whose it is: nothing that a store has to know. */
  readonly owner = { isLive: true };
  readonly #json: string;

  constructor({ json, expires, subject }: SessionRecord) {
    this.expires = expires;
    this.subject = subject;
    this.#json = json;
  }

  get json(): string {
    return this.#json;
  }
}

/** What a store is told that has copied the record. */
const HINT = "`json` may be a getter, as in the records of an application: read `record.json`. " +
  "A copy ({ ...record }, structuredClone(), JSON.stringify()) of the record has no text";

interface Write {
  readonly verb: "create" | "commit" | "rotate";
  /** Writes, and answers the id that has the record then. */
  run(kit: Kit, record: SessionRecord): Promise<string>;
}

const WRITES: readonly Write[] = [
  {
    verb: "create",
    async run(kit, record) {
      const id = kit.id();
      same(await kit.store.create(id, record), true, "create(), a new id,");
      return id;
    },
  },
  {
    verb: "commit",
    async run(kit, record) {
      const { id, version } = await kit.make();
      isCommitted(await kit.store.commit(id, record, version), "commit()");
      return id;
    },
  },
  {
    verb: "rotate",
    async run(kit, record) {
      const [{ id, version }, to] = [await kit.make(), kit.id()];
      isCommitted(await kit.store.rotate(id, to, record, version), "rotate()");
      return to;
    },
  },
];

function isCommitted({ status }: CommitResult, what: string): void {
  same(status, "committed", `status of ${what}`);
}

/** A record is asked for its text, and nothing else of it is kept. */
export const recordCases: readonly StoreCase[] = WRITES.map(({ verb, run }): StoreCase => ({
  name: `${verb}() stores a record whose json is a getter, and nothing beside what a record has`,
  async run(kit) {
    const record = new LazyRecord(kit.record());
    const id = await run(kit, record).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`${verb}() of a record whose json is a getter: ${text}. ${HINT}`);
    });
    const stored = await kit.live(id, record, `after ${verb}(): ${HINT}.`);
    check(
      !("owner" in stored),
      `read() answers what ${verb}() found beside json, expires and ` +
        "subject: nothing else of a record is to be stored",
    );
  },
}));
