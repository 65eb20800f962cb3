/** An entry with its store, and a gate in front of that: what the promises are asked of. */
import { toExpressStore } from "../../src/express/mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";
import { intercept } from "../../src/testing/intercept.ts";
import { Gate } from "../races/gate.ts";
import type { Any, Entry, EntryOptions, MakeEntry } from "./entries.ts";
import { expressEntry } from "./express_entry.ts";
import { type HandTime, remote } from "./hand_time.ts";
import { webEntry } from "./web_entry.ts";

export interface World {
  readonly entry: Entry;
  /** Holds the calls of `entry` and of nobody else, or lets them fail. */
  readonly gate: Gate;
  /** Where the records are, if the store is a native one. */
  readonly memory: MemorySessionStore;
  /** The same sessions in another process. */
  elsewhere(options?: Partial<EntryOptions>): Entry;
  /** Everything stored, by id. */
  records(): Map<string, Any>;
}

export interface WorldOptions extends Partial<EntryOptions> {
  /** How far the store is away, on whose time. */
  readonly distance?: { readonly time: HandTime; readonly ms: number };
}

export interface MakeWorld {
  (options?: WorldOptions): World;
  /** Another process can have the same sessions: the store compares and swaps. */
  readonly isShared: boolean;
}

/** Pauses between retries cost no time, and nothing times out. */
const QUICK = {
  now: () => Date.now(),
  after(ms: number, act: () => void) {
    if (ms > 1000) return () => {};
    const pause = setImmediate(act);
    return () => clearImmediate(pause);
  },
};

function nativeWorld(make: MakeEntry): MakeWorld {
  const world = ({ distance, ...options }: WorldOptions = {}): World => {
    const gate = new Gate();
    const clock = options.clock ?? distance?.time ?? QUICK;
    const memory = memoryStore({ sweepInterval: 0, now: () => clock.now() });
    const seen = (): SessionStore =>
      distance === undefined
        ? remote(intercept(memory, async (_call, proceed) => await proceed()))
        : distance.time.distant(memory, distance.ms);
    return {
      gate,
      memory,
      entry: make({ store: gate.native(seen()), ...options, clock }),
      elsewhere: (others) => make({ store: seen(), ...options, clock, ...others }),
      records: () => parsed(memory.ids().map((id) => [id, memory.peek(id)!.json])),
    };
  };
  return Object.assign(world, { isShared: true });
}

function callbackWorld(): MakeWorld {
  const world = ({ distance, ...options }: WorldOptions = {}): World => {
    const gate = new Gate();
    if (distance !== undefined) {
      gate.everyStop = () => distance.time.sleep(distance.ms / 2);
    }
    const { store, texts } = gate.callbackStore();
    const clock = options.clock ?? distance?.time ?? QUICK;
    return {
      gate,
      // It has none: whoever asks for it is no test for this store.
      memory: undefined as never,
      entry: expressEntry({ store, ...options, clock }),
      elsewhere() {
        throw new Error("a callback store cannot keep two processes apart");
      },
      records: () => parsed(texts),
    };
  };
  return Object.assign(world, { isShared: false });
}

function parsed(texts: Iterable<[string, string]>): Map<string, Any> {
  return new Map(Array.from(texts, ([id, text]) => [id, JSON.parse(text)]));
}

export const WEB: Record<string, MakeWorld> = {
  "on a native store": nativeWorld(webEntry),
};

export const EXPRESS: Record<string, MakeWorld> = {
  "on a native store": nativeWorld((options) =>
    expressEntry({ ...options, store: toExpressStore(options.store) as never })
  ),
  "on a callback store": callbackWorld(),
};
