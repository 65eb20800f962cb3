/** One seeded round of concurrent verbs, checked against the sequential model. */
import type { CommitResult, StoredSession, Version } from "../../store.ts";
import type { Kit } from "../kit.ts";
import type { Operation, State } from "../history.ts";
import type { AnyStore } from "../types.ts";
import { check } from "../assert.ts";
import { describe, explains } from "../history.ts";
import { HOUR } from "../kit.ts";
import { everyone, together } from "../together.ts";

type Plan = Omit<Operation, "worker" | "called" | "answered" | "answer">;

/** Longer than a round takes: a server may count real time beside the injected one. */
const SOON = 10_000;

/** What a worker believes about an id. */
interface Known {
  readonly json: string;
  readonly version: Version;
}

/** Runs round number `round` and throws when no sequential order explains it. */
export async function interleave(kit: Kit, round: number): Promise<void> {
  const { random, store, peer } = kit;
  const now = await kit.now();
  const ids = [kit.id(), kit.id(), kit.id()];
  const before = new Map<string, { json: string; expires: number }>();
  const known = new Map<string, Known>();
  await together(ids.map((id) => async () => {
    // Most ids start alive; some are absent, and some have just expired.
    const kind = random.below(5);
    if (kind === 0) return;
    const expires = kind === 1 && kit.exact ? now + SOON : now + HOUR;
    const record = kit.record({ expires });
    check(await store.create(id, record), "create() of a new id answered false");
    const stored = await store.read(id);
    check(stored !== undefined, "read() of a new session is undefined");
    known.set(id, { json: record.json, version: stored.version });
    if (expires === now + HOUR) before.set(id, { json: record.json, expires });
  }));
  if (kit.exact) await kit.pass(SOON);

  let turn = 0;
  let ends = 0;
  const operations: Operation[] = [];
  const everyId = [...ids];
  const worker = async (number: number): Promise<void> => {
    const through = number % 2 === 0 ? store : peer;
    const mine = new Map(known);
    const reach = [...ids];
    for (let steps = 1 + random.below(3); steps > 0; steps--) {
      await random.pause(6);
      const id = random.pick(reach);
      const base = random.below(20) === 0 ? undefined : mine.get(id);
      const expires = now + 2 * HOUR + ++ends * 60_000;
      const { json } = kit.record({ expires, lifetime: expires - now });
      const { plan, call } = choose(kit, through, id, base, json, expires, now);
      const called = ++turn;
      const answer = await call();
      operations.push({ ...plan, worker: number, called, answered: ++turn, answer });
      if (plan.to !== undefined) {
        reach.push(plan.to);
        everyId.push(plan.to);
      }
      learn(mine, plan, answer);
    }
  };
  await everyone(3 + random.below(2), worker);

  const after = new Map<string, { json: string; expires: number }>();
  await together(everyId.map((id) => async () => {
    const stored = await store.read(id);
    if (stored) after.set(id, { json: stored.json, expires: stored.expires ?? 0 });
  }));
  check(
    explains(before as State, operations, after as State),
    `No sequential order explains round ${round}:\n${describe(before, operations, after)}\n`,
  );
  await together(everyId.map((id) => async () => await store.destroy(id)));
}

function choose(
  kit: Kit,
  store: AnyStore,
  id: string,
  base: Known | undefined,
  json: string,
  expires: number,
  now: number,
): { plan: Plan; call: () => Promise<unknown> } {
  const record = { json, expires };
  switch (kit.random.below(kit.capabilities.sliding ? 15 : 13)) {
    case 0:
    case 1:
      return {
        plan: { verb: "create", id, json, expires },
        call: async () => await store.create(id, record),
      };
    case 2:
    case 3:
      return { plan: { verb: "read", id }, call: async () => await store.read(id) };
    case 4:
    case 5:
      return { plan: { verb: "destroy", id }, call: async () => await store.destroy(id) };
    case 6:
    case 7:
      return {
        plan: { verb: "touch", id, expires },
        call: async () => await store.touch(id, expires),
      };
    case 8:
    case 9: {
      const to = kit.id();
      return {
        plan: { verb: "rotate", id, to, json, expires, base: base?.json },
        call: async () => await store.rotate(id, to, record, base?.version),
      };
    }
    case 13:
    case 14: {
      // Most often the lifetime of what the worker knows, which others may have replaced.
      const maxAge = kit.random.below(4) === 0 ? HOUR : lifetimeOf(base) ?? expires - now;
      return {
        plan: { verb: "readAndTouch", id, maxAge, expires: now + maxAge },
        call: async () => await store.readAndTouch!(id, maxAge),
      };
    }
    default:
      return {
        plan: { verb: "commit", id, json, expires, base: base?.json },
        call: async () => await store.commit(id, record, base?.version),
      };
  }
}

function lifetimeOf(known: Known | undefined): number | undefined {
  if (known === undefined) return undefined;
  return (JSON.parse(known.json) as { cookie: { originalMaxAge: number } }).cookie.originalMaxAge;
}

/** Keeps the marks that an answer taught its caller. */
function learn(mine: Map<string, Known>, plan: Plan, answer: unknown): void {
  const stored = (found: StoredSession | undefined) => {
    if (found) mine.set(plan.id, { json: found.json, version: found.version });
  };
  if (plan.verb === "read" || plan.verb === "readAndTouch") {
    return stored(answer as StoredSession | undefined);
  }
  if (plan.verb !== "commit" && plan.verb !== "rotate") return;
  const result = answer as CommitResult;
  if (result.status === "conflict") stored(result.current);
  if (result.status !== "committed" || result.version === undefined) return;
  mine.set(plan.to ?? plan.id, { json: plan.json!, version: result.version });
}
