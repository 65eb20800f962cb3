/** Real servers, several processes, HTTP: what was acknowledged stays, what was ended does too. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Fault, FAULTS } from "./faults.ts";
import type { Plant } from "./protocol.ts";
import { type Kind, KINDS, type Site } from "./servers.ts";
import { details } from "./table.ts";
import { trial } from "./trial.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** So much is enough here; `npm run servers` goes on for as long as asked, on every store. */
const UNTIL = { acknowledged: 150, harms: 2 };
/** A store that is wrong is found out in so many runs, most often in the first. */
const TRIALS = 5;

/** What visitors ask for is drawn from it: another one by `WEBSESSION_SEED`. */
const SEED = Number(process.env["WEBSESSION_SEED"] ?? 1);

function fault(name: string): Fault {
  return FAULTS.find((each) => each.name === name)!;
}

/** Names as the table has them: a store, and what happens to it. */
const PLAN: readonly (readonly [kind: string, faults: readonly string[]])[] = [
  ["Redis", ["server killed", "connections cut", "evicting"]],
  ["Postgres, READ COMMITTED", ["server killed"]],
  ["MariaDB, READ COMMITTED", ["server stopped"]],
  ["SQLite file", ["process killed", "process stopped"]],
];

for (const [name, faults] of PLAN) {
  const kind = KINDS.find((each) => each.name === name) as Kind;
  describe.skipIf(kind.isMissing())(
    kind.debianPackage === "" ? name : `${name} (${kind.debianPackage})`,
    () => {
      let site: Site;
      beforeAll(async () => {
        site = await kind.start();
      });
      afterAll(() => site?.stop());

      test.each(faults)(
        "%s: nothing acknowledged is lost, nothing that ended comes back",
        async (name) => {
          const outcome = await trial({ site, fault: fault(name), seed: SEED, until: UNTIL });
          expect(outcome.failures, `seed ${SEED}\n${details(outcome)}`).toEqual([]);
          expect(outcome.acknowledged).toBeGreaterThanOrEqual(UNTIL.acknowledged);
        },
      );
    },
  );
}

const REDIS = KINDS.find(({ name }) => name === "Redis") as Kind;

describe.skipIf(REDIS.isMissing())(
  "a store that breaks a promise is found out (redis-server)",
  () => {
    let site: Site;
    beforeAll(async () => {
      site = await REDIS.start();
    });
    afterAll(() => site?.stop());

    const PLANTS: readonly (readonly [plant: Plant, fault: string, kind: RegExp])[] = [
      ["reads, then writes", "none", /^lost( update)?$/],
      ["revives", "none", /^ended, and back$/],
      ["answers early", "none", /^lost( update)?$/],
      ["forgets one", "none", /^ended, and back$/],
      ["hides failures", "connections cut", /^lost( update)?$/],
    ];
    test.each(PLANTS)("one that %s (%s)", async (plant, name, kind) => {
      for (let at = 0; at < TRIALS; at++) {
        const until = { acknowledged: 300, harms: name === "none" ? 0 : 10 };
        const { failures } = await trial({
          site,
          fault: fault(name),
          seed: SEED + at,
          until,
          plant,
        });
        if (failures.some((failure) => kind.test(failure.kind))) return;
      }
      expect.fail(`nothing was found from seed ${SEED} on`);
    });
  },
);
