/** A manager on a memory store, and the requests that use it. */
import { EventHub } from "../../src/events.ts";
import { systemClock } from "../../src/clock.ts";
import { Cookie } from "../../src/cookie/cookie.ts";
import type { Data } from "../../src/core/session_data.ts";
import { dataText } from "../../src/core/session_json.ts";
import { type ManagerSettings, SessionManager } from "../../src/core/session_manager.ts";
import type { Operand } from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { memoryStore } from "../../src/stores/memory.ts";

export interface Visit extends Operand {
  readonly session: Data;
  save(): Promise<void>;
}

export function makeManager(settings: Partial<ManagerSettings> = {}) {
  const store = memoryStore({ sweepInterval: 0 });
  const events = new EventHub();
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
    ...settings,
  });
  const visitOf = (state: SessionState, session: Data): Visit => ({
    manager,
    state,
    session,
    drawId: () => "drawn",
    setId: (id) => void (session["id"] = id),
    save: async () => await manager.save(state, session, dataText(session)),
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
    /** A visitor without a session. */
    begin(id: string, data: object = {}): Visit {
      const state = new SessionState();
      state.began(id, "{}");
      return visitOf(state, sessionOf(id, data));
    },
    /** One whose session is in the store. */
    async open(id: string): Promise<Visit> {
      const found = (await manager.load(id))!;
      const { cookie: _, ...data } = found.data;
      const session = sessionOf(id, data);
      const state = new SessionState();
      state.loaded(id, session, found, { resave: false, maxAge: null });
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
