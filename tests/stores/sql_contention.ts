/** Writers of one session, in one process and in three, on a real database; a suite that takes the database. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { visitor } from "./sql_visitor.ts";
import type { SessionStore } from "../../src/store.ts";

/** A database to write to. */
export interface Contended {
  readonly store: SessionStore;
  /** What `sql_contention_child.ts` opens the same table by. */
  readonly place: readonly string[];
  end(): Promise<void> | void;
}

const CHILD = join(import.meta.dirname, "sql_contention_child.ts");
const PROCESSES = 3;
const WRITERS = 16;
const TIMES = 8;

/** Registers the tests. */
export function contentionTests(name: string, make: () => Promise<Contended>): void {
  test.each([50, 200])(
    `${name}: a burst of %s parallel update() of one session, nothing lost, nobody refused`,
    async (many) => {
      const { store, end } = await make();
      const visit = visitor(createSessions({ secret: "x".repeat(32), store, ioTimeout: 60_000 }));
      const cookie = await visit.begin();
      let refused = 0;
      await Promise.all(Array.from({ length: many }, async (_, index) => {
        try {
          await visit.add(cookie, `w${index}`);
        } catch (error) {
          refused++;
          console.log(String(error));
        }
      }));
      const { n, keys } = await visit.look(cookie);
      console.log(`${name}, burst of ${many}: ${many - n} lost, ${refused} refused`);
      expect({ n, keys, refused }).toEqual({ n: many, keys: many, refused: 0 });
      await end();
    },
  );

  test(`${name}: ${PROCESSES} processes of ${WRITERS} writers each, nothing lost, nobody refused`, async () => {
    const { store, place, end } = await make();
    const visit = visitor(createSessions({ secret: "x".repeat(32), store, ioTimeout: 60_000 }));
    const cookie = await visit.begin();
    // All begin at once, when the last has opened its connections.
    const started: (() => void)[] = [];
    let waiting = PROCESSES;
    const ready = () => {
      if (--waiting === 0) { for (const start of started) start(); }
    };
    const children = Array.from({ length: PROCESSES }, (_, index) => {
      const args = [CHILD, ...place, cookie, `p${index}`, String(WRITERS), String(TIMES)];
      return new Promise<{ done: number; refused: number; why: string[] }>((resolve, reject) => {
        const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
        let printed = "";
        child.stdout.on("data", (text) => {
          printed += text;
          if (printed === "ready\n") ready();
        });
        started.push(() => child.stdin.end());
        child.once("close", (code) => {
          if (code !== 0) return reject(new Error(`ended with ${code}: ${printed}`));
          resolve(JSON.parse(printed.slice("ready\n".length)));
        });
      });
    });
    const results = await Promise.all(children);
    const done = results.reduce((sum, one) => sum + one.done, 0);
    const refused = results.reduce((sum, one) => sum + one.refused, 0);
    const { n, keys } = await visit.look(cookie);
    console.log(
      `${name}, ${PROCESSES} × ${WRITERS} writers: ${done} acknowledged, ${done - n} lost, ` +
        `${refused} refused ${results.flatMap(({ why }) => why).slice(0, 3)}`,
    );
    const all = PROCESSES * WRITERS * TIMES;
    expect({ n, keys, done, refused })
      .toEqual({ n: all, keys: PROCESSES * WRITERS, done: all, refused: 0 });
    await end();
  });
}
