/** A manager on a memory store, and the requests that use it. */
import { EventHub } from "../../src/events.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { Cookie } from "../../src/cookie/cookie.ts";
import { lifetimeOf, setLifetime } from "../../src/cookie/lifetime.ts";
import type { Data } from "../../src/core/session_data.ts";
import { type ManagerSettings, SessionManager } from "../../src/core/session_manager.ts";
import { NO_LIMITS } from "../../src/core/lifecycle.ts";
import { META } from "../../src/core/session_metadata.ts";
import type { Operand } from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { snapshotOf } from "../../src/core/snapshot.ts";
import type { UpdateFunction } from "../../src/core/update.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { intercept } from "../../src/testing/intercept.ts";

export interface Visit extends Operand {
  readonly session: Data;
  save(): Promise<void>;
  update<T>(change: UpdateFunction<T>): Promise<T>;
}

/** A clock on which every pause is over at once, and no time passes. */
export const noPause: Clock = {
  now: () => 0,
  after(_ms, act) {
    queueMicrotask(act);
    return () => {};
  },
};

/** A clock the test moves by hand; nothing is waited for. */
export function handClock(start = 1_000_000) {
  let time = start;
  const waiting: { readonly at: number; readonly act: () => void }[] = [];
  return {
    now: () => time,
    after(ms: number, act: () => void) {
      const timer = { at: time + ms, act };
      waiting.push(timer);
      return () => {
        const index = waiting.indexOf(timer);
        if (index >= 0) waiting.splice(index, 1);
      };
    },
    /** Lets time pass, and what was waiting for it happen. */
    pass(ms: number) {
      time += ms;
      for (const timer of waiting.filter(({ at }) => at <= time)) {
        waiting.splice(waiting.indexOf(timer), 1);
        timer.act();
      }
    },
    get waiting() {
      return waiting.length;
    },
  };
}

/** The same store as another process has it: its writers queue by themselves. */
export function otherProcess<S extends SessionStore>(store: S): S {
  return intercept(store, (_call, proceed) => proceed());
}

export function makeManager(
  settings: Partial<ManagerSettings> = {},
  memory = memoryStore({ sweepInterval: 0 }),
) {
  const store = memory;
  const failures: unknown[] = [];
  const events = new EventHub((error) => failures.push(error));
  const heard: string[] = [];
  for (const name of ["created", "destroyed", "rotated", "discarded"] as const) {
    events.on(name, () => heard.push(name));
  }
  const manager = new SessionManager({
    store,
    events,
    maxBytes: 1000,
    touchKeepsCookie: false,
    clock: systemClock,
    ioTimeout: 0,
    rules: NO_LIMITS,
    ...settings,
  });
  const visitOf = (state: SessionState, session: Data): Visit => ({
    manager,
    state,
    session,
    drawId: () => "drawn",
    setId: (id) => void (session["id"] = id),
    save: async () => await manager.save(state, session, snapshotOf(state, session)),
    update: async (change) => await manager.update(state, session, change),
  });
  /** A session object: its id is no data. */
  const sessionOf = (id: string, data: object): Data =>
    Object.defineProperty({ cookie: new Cookie(), ...data }, "id", {
      value: id,
      writable: true,
    });
  return {
    manager,
    store,
    heard,
    failures,
    /** A visitor without a session. */
    begin(id: string, data: object = {}): Visit {
      const state = new SessionState();
      state.began(id, "{}");
      return visitOf(state, sessionOf(id, data));
    },
    /** One whose session is in the store. */
    async open(id: string): Promise<Visit> {
      const found = (await manager.load(id))!;
      const { cookie, ...data } = found.data;
      const { [META]: _, ...visible } = data;
      const session = sessionOf(id, visible);
      setLifetime(session["cookie"] as Cookie, lifetimeOf(cookie));
      const state = new SessionState();
      state.hide(data);
      state.loaded(id, session, found, false);
      return visitOf(state, session);
    },
    /** The data that are stored under an id. */
    stored(id: string): Data | undefined {
      const json = store.read(id)?.json;
      if (json === undefined) return undefined;
      const { cookie: _, ...data } = JSON.parse(json) as Data;
      return data;
    },
  };
}
