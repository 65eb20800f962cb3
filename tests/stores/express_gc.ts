/** What a callback store's wrapper remembers after garbage collections: run with `--expose-gc`, tells JSON. */
import { fromExpressStore } from "../../src/stores/express.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const collect = (globalThis as Any).gc as () => void;
const COOKIE = { originalMaxAge: null, expires: null };
const record = (user: string) => ({
  json: JSON.stringify({ cookie: COOKIE, user }),
  expires: null,
});

/** Lets everything go that nobody holds. */
async function forget(): Promise<void> {
  for (let times = 0; times < 5; times++) {
    await new Promise(setImmediate);
    collect();
  }
}

/** A store that reads in `touch()`, and writes when it is told to. */
function slowStore(answers: boolean) {
  const texts = new Map<string, string>();
  const writes: (() => void)[] = [];
  const store: Any = {
    get: (id: string, done: Any) => done(null, JSON.parse(texts.get(id) ?? "null")),
    set: (id: string, session: Any, done: Any) => (texts.set(id, JSON.stringify(session)), done()),
    destroy: (id: string, done: Any) => (texts.delete(id), done()),
    touch: answers
      ? (id: string, session: Any, done: Any) => {
        const text = JSON.stringify({ ...JSON.parse(texts.get(id)!), cookie: session.cookie });
        writes.push(() => (texts.set(id, text), done()));
      }
      : (id: string) => {
        const text = texts.get(id)!;
        writes.push(() => texts.set(id, text));
      },
  };
  return { store, texts, writes };
}

async function logoutDuringTouch(answers: boolean): Promise<Any> {
  const { store, texts, writes } = slowStore(answers);
  const wrapper = fromExpressStore(store);
  await wrapper.create("id", record("anna"));
  void wrapper.touch("id", null, { cookie: COOKIE });
  await forget();
  await wrapper.destroy("id");
  await forget();
  for (const write of writes) write();
  await forget();
  const isFound = await wrapper.read("id") !== undefined;
  await forget();
  return { isFound, isStored: texts.has("id") };
}

async function changeDuringTouch(): Promise<Any> {
  const { store, texts, writes } = slowStore(true);
  const wrapper = fromExpressStore(store);
  await wrapper.create("id", record("anna"));
  void wrapper.touch("id", null, { cookie: COOKIE });
  await forget();
  const { version } = (await wrapper.read("id"))!;
  await wrapper.commit("id", record("bob"), version);
  await forget();
  for (const write of writes) write();
  await forget();
  return JSON.parse(texts.get("id")!).user;
}

/** The store outlives its sessions; and a registry that nobody holds tells nothing. */
const alive: unknown[] = [];

/** How many of so many sessions are still held after their requests. */
async function held(count: number, answers: boolean): Promise<number> {
  const { store, writes } = slowStore(answers);
  const wrapper = fromExpressStore(store);
  let left = count;
  const registry = new FinalizationRegistry(() => left--);
  alive.push(registry, store);
  for (let index = 0; index < count; index++) {
    const id = `id-${index}`;
    const session = { cookie: COOKIE, user: "anna" };
    registry.register(session, undefined);
    await wrapper.create(id, { ...record("anna"), session });
    const { version } = (await wrapper.read(id))!;
    void wrapper.touch(id, null, session);
    await wrapper.commit(id, { ...record("anna"), session }, version);
    if (answers) { for (const write of writes.splice(0)) write(); }
  }
  writes.length = 0;
  await forget();
  return left;
}

console.log(JSON.stringify({
  logout: await logoutDuringTouch(true),
  logoutWithoutAnswer: await logoutDuringTouch(false),
  change: await changeDuringTouch(),
  held: await held(5000, true),
  heldWithoutAnswer: await held(5000, false),
}));
