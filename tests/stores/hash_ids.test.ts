/** Whoever reads the store finds no id in it, and everything else is as without. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type AnyStore, testStore } from "../../src/testing/mod.ts";
import { cookieOf, request } from "../web/support.ts";

/** The kit knows sessions by their ids: it is told them where the store names keys. */
function named(store: AnyStore): AnyStore {
  const ids = new Map<string, string>();
  const know = async (id: string): Promise<string> => {
    const bytes = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id)),
    );
    ids.set(`h.${Buffer.from(bytes).toString("base64url")}`, id);
    return id;
  };
  const verbs = {} as Record<string, unknown>;
  for (
    const verb of [
      "read",
      "commit",
      "touch",
      "destroy",
      "readAndTouch",
      "length",
      "clear",
      "sweep",
      "destroyAll",
    ]
  ) {
    verbs[verb] = (...args: unknown[]) =>
      (store as never as Record<string, (...args: unknown[]) => unknown>)[verb]!(...args);
  }
  return {
    ...verbs,
    atomic: store.atomic,
    create: async (id: string, record: never) => await store.create(await know(id), record),
    rotate: async (from: string, to: string, record: never, version: never) =>
      await store.rotate(from, await know(to), record, version),
    list: async (subject: string) => (await store.list!(subject)).map((key) => ids.get(key) ?? key),
    async *all() {
      for await (const [key, stored] of store.all!()) yield [ids.get(key) ?? key, stored];
    },
  } as unknown as AnyStore;
}

for (const migrate of [false, true]) {
  testStore({
    name: `hashIds(memory, { migrate: ${migrate} })`,
    create: ({ now }) => ({ store: named(hashIds(memoryStore({ now }), { migrate })) }),
    capabilities: {
      atomic: "one process",
      clock: "injected",
      sliding: true,
      iterate: true,
      sweep: true,
      subject: true,
    },
    test,
  });
}

const JSON_OF = (n: number) => `{"cookie":{"originalMaxAge":null},"n":${n}}`;
const record = (n: number, subject?: string) => ({ json: JSON_OF(n), expires: null, subject });

/** Everything in a memory store, as a thief would read it. */
function dump(store: ReturnType<typeof memoryStore>): string {
  return store.ids().map((key) => `${key} ${store.peek(key)?.json}`).join("\n");
}

describe("S08 the store holds no id", () => {
  test("neither in its keys nor in its values, on the way from first visit to login", async () => {
    const memory = memoryStore();
    const sessions = createSessions({ secret: "s".repeat(32), store: hashIds(memory) });
    const ids: string[] = [];
    let cookie: string | undefined;
    for (const act of ["write", "login", "update"]) {
      const response = await sessions.wrap(async (_, session) => {
        if (act === "write") session["n"] = 1;
        else if (act === "login") await session.login("ada");
        else await session.update((data) => void (data["n"] = 2));
        ids.push(session.id);
        return new Response();
      })(request(cookie));
      cookie = response.headers.has("set-cookie") ? cookieOf(response) : cookie;
      for (const id of ids) expect(dump(memory)).not.toContain(id);
    }
    expect(memory.length()).toBe(1);
    expect(dump(memory)).toContain('"n":2');
  });

  test("what the store names leads no visitor anywhere", async () => {
    const memory = memoryStore();
    const sessions = createSessions({ secret: "s".repeat(32), store: hashIds(memory) });
    await sessions.wrap((_, session) => {
      session["n"] = 1;
      return new Response();
    })(request());
    const thief = createSessions({
      secret: "s".repeat(32),
      store: hashIds(memory),
      genid: () => "x",
    });
    // Signed by the real secret, even: a key is no id.
    const key = memory.ids()[0]!;
    const { webSigner } = await import("../../mod.ts");
    const cookie = `__Host-session=${
      encodeURIComponent(await webSigner(["s".repeat(32)]).sign(key))
    }`;
    let seen: unknown = "not run";
    await thief.wrap((_, session) => {
      seen = session["n"];
      return new Response();
    })(request(cookie));
    expect(seen).toBeUndefined();
  });
});

describe("S09 sessions from before", () => {
  test("are found once more, and moved under their hash", async () => {
    const memory = memoryStore();
    const store = hashIds(memory, { migrate: true });
    memory.create("plain", record(1, "ada"));
    expect((await store.read("plain"))?.json).toBe(JSON_OF(1));
    expect(memory.ids()).toHaveLength(1);
    expect(memory.ids()).not.toContain("plain");
    expect((await store.readAndTouch("plain", 1000))?.json).toBe(JSON_OF(1));
  });

  test("are in the subject's index afterwards, under their keys", async () => {
    const memory = memoryStore();
    const store = hashIds(memory, { migrate: true });
    const json = '{"cookie":{},"$websession":{"subject":"ada"}}';
    memory.create("plain", { json, expires: null, subject: "ada" });
    await store.read("plain");
    const [key] = await store.list("ada");
    expect(key).toMatch(/^h\./);
    await store.destroy(key!);
    expect(await store.read("plain")).toBeUndefined();
  });

  test("end under both names", async () => {
    const memory = memoryStore();
    const store = hashIds(memory, { migrate: true });
    memory.create("plain", record(1));
    await store.destroy("plain");
    expect([memory.length(), await store.read("plain")]).toEqual([0, undefined]);
  });

  test("are not there without the option", async () => {
    const memory = memoryStore();
    memory.create("plain", record(1));
    expect(await hashIds(memory).read("plain")).toBeUndefined();
  });

  test("parallel readers all find one that is being moved", async () => {
    const memory = memoryStore();
    const store = hashIds(memory, { migrate: true });
    memory.create("plain", record(1));
    const found = await Promise.all(Array.from({ length: 20 }, () => store.read("plain")));
    expect(found.map((each) => each?.json)).toEqual(Array(20).fill(JSON_OF(1)));
    expect(memory.length()).toBe(1);
  });
});

test("no store, or an option of another type, is refused at construction", () => {
  expect(() => hashIds({} as never)).toThrow(TypeError);
  expect(() => hashIds(memoryStore(), { migrate: "yes" as never })).toThrow('"migrate"');
});
