/** What both entries tell those who run them, and what they never tell. */
import { describe, expect, test } from "vitest";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { type Any, type App, begin, dataOf, ENTRIES, SECRET } from "./entries.ts";

const UNKNOWN = "A".repeat(32);
const EVENTS = [
  "created",
  "destroyed",
  "evicted",
  "rotated",
  "discarded",
  "rejected",
  "blocked",
  "cacheable",
  "error",
];

function signed(id: string, secret = SECRET): string {
  return `sid=${encodeURIComponent(nodeSigner([secret]).sign(id))}`;
}

function handClock(): { now(): number; after(): () => void; pass(ms: number): void } {
  let now = 1_700_000_000_000;
  return { now: () => now, after: () => () => {}, pass: (ms) => void (now += ms) };
}

describe.each(Object.entries(ENTRIES))("%s", (entry, make) => {
  test("S85 each way to be refused has a reason of its own", async () => {
    const clock = handClock();
    const reasons = async (app: App, cookie: string): Promise<string[]> => {
      const heard: string[] = [];
      app.on("rejected", ({ reason }: Any) => heard.push(reason));
      expect(await dataOf(app, cookie)).toEqual({});
      return heard;
    };
    // A memory would have dropped what is over: a database has it until it is swept.
    const over = async (options: Any, ms: number): Promise<string[]> => {
      const app = make({ clock, ...options });
      const { cookie } = await app.ask(undefined, ({ login }) => login("ada"));
      const record = app.store.peek(app.store.ids()[0]!)!;
      Object.assign(app.store, { read: () => record, readAndTouch: () => record });
      clock.pass(ms);
      return await reasons(app, cookie!);
    };
    const broken = make();
    const corrupt = await begin(broken);
    const [id] = broken.store.ids();
    await broken.store.destroy(id!);
    await broken.store.create(id!, { json: "[", expires: null, subject: undefined });
    const shared = make();
    const elsewhere = await begin(shared, { a: 1 });

    expect({
      unsigned: await reasons(make(), `sid=${UNKNOWN}`),
      signature: await reasons(make(), signed(UNKNOWN, "another secret, of 32 bytes too.")),
      unknown: await reasons(make(), signed(UNKNOWN)),
      expired: await over({ cookie: { secure: false, maxAge: 60_000 } }, 60_001),
      idle: await over({ idleTimeout: 30_000 }, 30_001),
      absolute: await over({ absoluteTimeout: 50_000 }, 50_001),
      corrupt: await reasons(broken, corrupt),
    }).toEqual({
      unsigned: ["unsigned"],
      signature: ["signature"],
      unknown: ["unknown"],
      expired: ["expired"],
      idle: ["idle"],
      absolute: ["absolute"],
      corrupt: ["corrupt"],
    });
    // Two good ones: the Web takes neither, Express the first, as express-session does.
    const two = `${elsewhere}; ${await begin(shared, { a: 2 })}`;
    const heard: string[] = [];
    shared.on("rejected", ({ reason }: Any) => heard.push(reason));
    expect(await dataOf(shared, two)).toEqual(entry === "Web" ? {} : { a: 1 });
    expect(heard).toEqual(entry === "Web" ? ["duplicate"] : []);
  });

  test("S85 a cookie that was begun under another name is told as such", async () => {
    const app = make({ absoluteTimeout: 60_000 });
    const cookie = await begin(app);
    const record = app.store.peek(app.store.ids()[0]!)!;
    const other = make({ absoluteTimeout: 60_000, name: "other" });
    Object.assign(other.store, { read: () => record, readAndTouch: () => record });
    const heard: string[] = [];
    other.on("rejected", ({ reason }: Any) => heard.push(reason));
    expect(await dataOf(other, cookie.replace("sid=", "other="))).toEqual({});
    expect(heard).toEqual(["purpose"]);
  });

  test("S83 no event and no error page tells an id, a cookie or data", async () => {
    const clock = handClock();
    const app = make({ clock, maxSessions: 1 });
    const told: unknown[] = [];
    for (const name of EVENTS) app.on(name, (event) => told.push([name, event]));
    const secrets = new Set<string>([SECRET, UNKNOWN]);
    const watch = (cookie: string | undefined) => {
      for (const id of app.store.ids()) secrets.add(id);
      if (cookie !== undefined) secrets.add(decodeURIComponent(cookie).slice(-43));
    };
    const ada = await app.ask(undefined, async ({ session, login }) => {
      session.pin = "a-private-number";
      await login("ada-the-subject");
    });
    watch(ada.cookie);
    secrets.add("a-private-number").add("ada-the-subject");
    clock.pass(1);
    const again = await app.ask(undefined, ({ login }) => login("ada-the-subject"));
    watch(again.cookie);
    await app.ask(signed(UNKNOWN), () => {});
    await app.ask(`sid=${UNKNOWN}`, () => {});
    app.before = (verb) => {
      if (verb === "commit" || verb === "destroy") {
        const [, id] = app.calls.at(-1)!.split(" ");
        const driver = { code: "EDOWN", command: ["SET", id, "a-private-number", again.cookie] };
        throw Object.assign(new Error(`no answer for ${id}`), driver);
      }
    };
    const failed = await app.ask(again.cookie, ({ session }) => void (session.pin = "changed"));
    await app.ask(again.cookie, ({ logout }) => logout());
    told.push(failed.error?.message, failed.error?.stack, JSON.stringify(failed.error));
    const text = told.map((each) => JSON.stringify(each, errors)).join("\n");
    expect(text).toContain("rejected");
    expect(text).toContain("EDOWN");
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

/** What a log makes of an event: errors with all they have. */
function errors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, message: value.message, stack: value.stack, cause: value.cause };
}
