/** Whoever reads the store reads nothing, whoever writes to it forges nothing. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { testStore } from "../../src/testing/mod.ts";
import { cookieOf, request } from "../web/support.ts";

const KEY = { id: "first", key: new Uint8Array(32).fill(7) };
const NEXT = { id: "next", key: new Uint8Array(32).fill(9) };

testStore({
  name: "encrypt(memory)",
  create: ({ now }) => ({ store: encrypt(memoryStore({ now }), { keys: [KEY] }) }),
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

const TEXT = '{"cookie":{"originalMaxAge":1000},"iban":"DE00 1234"}';
const record = (json = TEXT) => ({ json, expires: null });

describe("S64 encrypted at rest", () => {
  test("the store has no data in the clear, and the lifetime where it looks for it", async () => {
    const memory = memoryStore();
    const store = encrypt(memory, { keys: [KEY] });
    await store.create("id", record());
    const { json } = memory.read("id")!;
    expect(json).toMatch(/^\{"cookie":\{"originalMaxAge":1000\},"\$sealed":"v1\.first\./);
    expect(json).not.toContain("1234");
    expect((await store.read("id"))?.json).toBe(TEXT);
  });

  test("two records of the same data have nothing in common", async () => {
    const memory = memoryStore();
    const store = encrypt(memory, { keys: [KEY] });
    await store.create("a", record());
    await store.create("b", record());
    expect(memory.read("a")!.json).not.toBe(memory.read("b")!.json);
  });

  test("a record with any of its characters changed opens as nothing", async () => {
    const memory = memoryStore();
    const store = encrypt(memory, { keys: [KEY] });
    await store.create("id", record());
    const { json } = memory.read("id")!;
    const from = json.indexOf("v1.");
    for (let at = from; at < json.length - 2; at++) {
      const char = json[at] === "A" ? "B" : "A";
      const forged = json.slice(0, at) + char + json.slice(at + 1);
      memory.commit("id", record(forged), memory.read("id")!.version);
      const opened = (await store.read("id"))!.json;
      // The last character of base64 has bits that say nothing.
      if (opened !== "") expect([at, opened]).toEqual([json.length - 3, TEXT]);
    }
  });

  test("a record copied under another id opens as nothing", async () => {
    const memory = memoryStore();
    const store = encrypt(memory, { keys: [KEY] });
    await store.create("victim", record());
    memory.create("thief", record(memory.read("victim")!.json));
    expect((await store.read("thief"))!.json).toBe("");
  });

  test("its visitor is anonymous, and listeners hear that it is corrupt", async () => {
    const memory = memoryStore();
    const sessions = createSessions({
      secret: "s".repeat(32),
      store: encrypt(memory, { keys: [KEY] }),
    });
    const first = await sessions.wrap((_, session) => {
      session["n"] = 1;
      return new Response();
    })(request());
    const [id] = memory.ids();
    memory.commit(
      id!,
      record('{"cookie":{},"$sealed":"v1.first.AAAA"}'),
      memory.read(id!)!.version,
    );
    const heard: string[] = [];
    sessions.on("rejected", ({ reason }) => void heard.push(reason));
    let n: unknown = "not run";
    const response = await sessions.wrap((_, session) => {
      n = session["n"];
      return new Response();
    })(request(cookieOf(first)));
    expect([n, response.status, heard]).toEqual([undefined, 200, ["corrupt"]]);
  });
});

describe("keys", () => {
  test("a new one seals what is stored next, the old one still opens", async () => {
    const memory = memoryStore();
    await encrypt(memory, { keys: [KEY] }).create("id", record());
    const store = encrypt(memory, { keys: [NEXT, KEY] });
    const found = (await store.read("id"))!;
    expect(found.json).toBe(TEXT);
    await store.commit("id", record(), found.version);
    expect(memory.read("id")!.json).toContain("v1.next.");
    expect((await encrypt(memory, { keys: [KEY] }).read("id"))!.json).toBe("");
  });

  test("base64 and base64url are taken for bytes", async () => {
    const memory = memoryStore();
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    await encrypt(memory, { keys: [{ id: "k", key: bytes }] }).create("id", record());
    for (const encoding of ["base64", "base64url"] as const) {
      const key = Buffer.from(bytes).toString(encoding);
      const store = encrypt(memory, { keys: [{ id: "k", key }] });
      expect((await store.read("id"))!.json).toBe(TEXT);
    }
  });

  test.each([
    [undefined, '"keys"'],
    [[], '"keys"'],
    [[{ id: "a.b", key: new Uint8Array(32) }], '"keys[0].id"'],
    [[KEY, KEY], '"keys[1].id"'],
    [[{ id: "k", key: new Uint8Array(16) }], '"keys[0].key"'],
    [[{ id: "k", key: "no base64 at all!" }], '"keys[0].key"'],
  ])("%j is refused at construction, without repeating a key", (keys, option) => {
    const attempt = () => encrypt(memoryStore(), { keys: keys as never });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(option);
    expect(attempt).not.toThrow("no base64");
  });

  test("a key is told how one is made, and what hex is not", () => {
    const attempt = (key: string) => () => encrypt(memoryStore(), { keys: [{ id: "k", key }] });
    const needed = 'Option "keys[0].key" must be 32 bytes, or base64 of them as of ' +
      "`openssl rand -base64 32`, not ";
    for (const key of ["0aF9".repeat(16), "0".repeat(64)]) {
      expect(attempt(key)).toThrow(new TypeError(`${needed}hex`));
    }
    expect(attempt("0aF9".repeat(8))).toThrow(new TypeError(`${needed}24 bytes`));
    expect(attempt("xyz_".repeat(16))).toThrow(new TypeError(`${needed}48 bytes`));
  });
});

describe("sessions from before", () => {
  test("are read with the option, and sealed when they are stored", async () => {
    const memory = memoryStore();
    memory.create("id", record());
    const store = encrypt(memory, { keys: [KEY], migrate: true });
    const found = (await store.read("id"))!;
    expect(found.json).toBe(TEXT);
    await store.commit("id", record(), found.version);
    expect(memory.read("id")!.json).toContain("$sealed");
  });

  test("are none without it: nobody slips a record in unsealed", async () => {
    const memory = memoryStore();
    memory.create("id", record());
    expect((await encrypt(memory, { keys: [KEY] }).read("id"))!.json).toBe("");
  });
});

test("behind hashIds(), neither id nor data are in the store", async () => {
  const memory = memoryStore();
  const store = encrypt(hashIds(memory), { keys: [KEY] });
  await store.create("an-id", record());
  expect(memory.ids()[0]).toMatch(/^h\./);
  expect((await store.read("an-id"))?.json).toBe(TEXT);
});
