/** Memory stores that are as far away as a database in another house. */
import expressSession, { type SessionData } from "express-session";
import { setTimeout as wait } from "node:timers/promises";
import { memoryStore } from "../../src/stores/memory.ts";
import type { SessionRecord, SessionStore } from "../../src/store.ts";

/** Half the way there and half the way back: what the store does happens in between. */
async function far<T>(
  milliseconds: number,
  act: () => T | Promise<T>,
): Promise<T> {
  await wait(milliseconds / 2);
  const answer = await act();
  await wait(milliseconds / 2);
  return answer;
}

/** As it is when it leaves: a client writes its command at once. */
function written({ json, expires, subject }: SessionRecord): SessionRecord {
  return { json, expires, subject };
}

/** Ours, with each verb `milliseconds` away. */
export function slowStore(milliseconds: number): SessionStore {
  const store = memoryStore();
  return {
    atomic: store.atomic,
    create(id, record) {
      const sent = written(record);
      return far(milliseconds, () => store.create(id, sent));
    },
    read: (id) => far(milliseconds, () => store.read(id)),
    commit(id, record, version) {
      const sent = written(record);
      return far(milliseconds, () => store.commit(id, sent, version));
    },
    touch: (id, expires) => far(milliseconds, () => store.touch(id, expires)),
    rotate(from, to, record, version) {
      const sent = written(record);
      return far(milliseconds, () => store.rotate(from, to, sent, version));
    },
    destroy: (id) => far(milliseconds, () => store.destroy(id)),
  };
}

type Callback = (error?: unknown, session?: SessionData | null) => void;

/** express-session's own, with each method `milliseconds` away. */
export class SlowExpressStore extends expressSession.Store {
  readonly #store = new expressSession.MemoryStore();
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    super();
    this.#milliseconds = milliseconds;
  }

  override get(id: string, done: Callback): void {
    this.#ask((answer) => this.#store.get(id, answer), done);
  }

  override set(id: string, session: SessionData, done?: Callback): void {
    const sent = jsonOf(session);
    this.#ask((answer) => this.#store.set(id, sent, answer), done);
  }

  override touch(id: string, session: SessionData, done?: Callback): void {
    const sent = jsonOf(session);
    this.#ask((answer) => this.#store.touch!(id, sent, () => answer()), done);
  }

  override destroy(id: string, done?: Callback): void {
    this.#ask((answer) => this.#store.destroy(id, answer), done);
  }

  #ask(act: (answer: Callback) => void, done: Callback = () => {}): void {
    const asked = far(
      this.#milliseconds,
      () => new Promise<Parameters<Callback>>((resolve) => act((...answer) => resolve(answer))),
    );
    void asked.then((answer) => done(...answer));
  }
}

/** What JSON keeps of a session: the store's own `set()` would write it no other way. */
function jsonOf(session: SessionData): SessionData {
  return JSON.parse(JSON.stringify(session)) as SessionData;
}
