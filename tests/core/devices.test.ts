/** Sessions by handles: each opens nothing, and names one session of one subject. */
import { describe, expect, test } from "vitest";
import type { Signer } from "../../src/cookie/signer.ts";
import { Devices } from "../../src/core/devices.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeManager } from "./manager_support.ts";
import { loggedIn, type Login } from "./subject_support.ts";

/** Signs with a digest of every character that base64 has and base64url has not. */
const signer: Signer = {
  sign: (text) => `s:${text}.${macOf(text)}`,
  unsign(value) {
    const [, id, mac] = /^s:(.*)\.([^.]{43})$/s.exec(value) ?? [];
    return id !== undefined && mac === macOf(id) ? { id, current: true, value } : undefined;
  },
};

function macOf(text: string): string {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)!) % 2 ** 32;
  return `+/-+/${sum.toString(36)}`.replaceAll("-", "/+").padEnd(43, "+/A");
}

const NOW = 5_000;

function world(logins: Record<string, Login>, settings = {}) {
  const { manager, store } = makeManager(
    { clock: { now: () => NOW, after: () => () => {} }, ...settings },
    memoryStore({ sweepInterval: 0, now: () => 0 }),
  );
  for (const [id, login] of Object.entries(logins)) store.create(id, loggedIn(login));
  const devices = new Devices(manager, () => signer);
  return {
    manager,
    store,
    devices,
    handleOf: async (id: string, subject = "ada") => {
      const list = await devices.list(subject, { id, device: undefined });
      return list.find(({ current }) => current)!.handle;
    },
  };
}

describe("list()", () => {
  test("tells of each session what its notes, its cookie and its end say", async () => {
    const { devices } = world({
      a: {
        notes: { createdAt: 1_000, authenticatedAt: 2_000, label: "Phone" },
        cookie: { originalMaxAge: 4_000 },
        expires: 7_500,
      },
    });
    expect(await devices.list("ada", undefined)).toEqual([{
      handle: expect.any(String),
      createdAt: 1_000,
      lastSeenAt: 3_500,
      expiresAt: 7_500,
      label: "Phone",
      current: false,
    }]);
  });

  test("where the cookie names no end, the store's own is told, and says nothing of a visit", async () => {
    const { devices, store } = world({ a: { notes: { createdAt: 1_000 }, cookie: {} } });
    const read = store.read.bind(store);
    store.read = (id) => {
      const stored = read(id);
      return stored && { ...stored, expires: null, keptUntil: 9_000 };
    };
    expect(await devices.list("ada", undefined))
      .toMatchObject([{ lastSeenAt: 1_000, expiresAt: 9_000 }]);
    store.read = (id) => {
      const stored = read(id);
      return stored && { ...stored, expires: null };
    };
    expect(await devices.list("ada", undefined)).toMatchObject([{ expiresAt: null }]);
  });

  test("the one seen last comes first, and last who was never seen", async () => {
    const { devices } = world({
      early: { notes: { createdAt: 1, label: "early" } },
      unknown: { notes: { label: "unknown" } },
      late: { notes: { createdAt: 3, label: "late" } },
      before: { notes: { createdAt: -5, label: "before 1970" } },
      middle: { notes: { createdAt: 2, label: "middle" } },
    });
    const list = await devices.list("ada", undefined);
    expect(list.map(({ label }) => label)).toEqual([
      "late",
      "middle",
      "early",
      "unknown",
      "before 1970",
    ]);
  });

  test("the visitor's own is known by its id, or by what it is under any id", async () => {
    const { devices } = world({
      plain: { notes: { label: "plain" } },
      moved: { notes: { label: "moved", device: "phone" } },
    });
    const own = async (id: string, device?: string) =>
      (await devices.list("ada", { id, device }))
        .filter(({ current }) => current).map(({ label }) => label);
    expect(await own("plain")).toEqual(["plain"]);
    expect(await own("moved", "phone")).toEqual(["moved"]);
    // Another tab has moved it since.
    expect(await own("old id", "phone")).toEqual(["moved"]);
    expect(await own("other", "other")).toEqual([]);
  });

  test("each has a handle of its own, the same each time, that a URL or a form holds as it is", async () => {
    const { devices } = world({ a: {}, b: {}, c: { subject: "äda/?>~" } });
    const handles = async (subject: string) =>
      (await devices.list(subject, undefined)).map(({ handle }) => handle).toSorted();
    const all = [...await handles("ada"), ...await handles("äda/?>~")];
    expect(new Set(all).size).toBe(3);
    expect([...await handles("ada"), ...await handles("äda/?>~")]).toEqual(all);
    for (const handle of all) expect(handle).toMatch(/^[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]+$/);
    for (const handle of all) expect(handle).toContain("-_");
  });

  test("who is nobody is refused, by the call's name", async () => {
    const { devices } = world({});
    await expect(devices.list("", undefined)).rejects.toThrow(/^list\(\) needs a subject/);
  });
});

describe("revoke()", () => {
  test("ends the session of the handle, once, and no other", async () => {
    const { devices, store, handleOf, manager } = world({
      a: {},
      b: { notes: { device: "phone" } },
      c: {},
    });
    let ended = 0;
    manager.settings.events.on("destroyed", () => void ended++);
    const handle = await handleOf("b");
    await devices.revoke(handle);
    await devices.revoke(handle);
    expect([store.ids().toSorted(), ended]).toEqual([["a", "c"], 1]);
  });

  test("by a text that only decodes to the handle's subject ends nothing", async () => {
    const { devices, store, handleOf } = world({ a: { subject: "a" } });
    // One byte takes two characters, and of the second four bits are to spare.
    const handle = await handleOf("a", "a");
    expect(handle.slice(-2)).toBe("YQ");
    await devices.revoke(handle.replace(/Q$/, "R"));
    expect(store.ids()).toEqual(["a"]);
    await devices.revoke(handle);
    expect(store.ids()).toEqual([]);
  });

  test("of a session that never was tells nothing of an end", async () => {
    const { devices, manager, store } = world({ a: {} });
    const ended: unknown[] = [];
    manager.settings.events.on("destroyed", (event) => void ended.push(event));
    await devices.revoke("junk");
    expect(ended).toEqual([]);
    await devices.revoke("a");
    await devices.revoke("a");
    expect([store.ids(), ended.length]).toEqual([[], 1]);
  });

  test("where the store does not say whether there was one, its end is told", async () => {
    const { devices, manager, store } = world({ a: {} });
    const destroy = store.destroy.bind(store);
    store.destroy = ((id: string) => void destroy(id)) as never;
    let ended = 0;
    manager.settings.events.on("destroyed", () => void ended++);
    await devices.revoke("a");
    expect(ended).toBe(1);
  });

  test("whoever the subject is", async () => {
    const subject = "äda/?>~ \u{1f511}";
    const { devices, store, handleOf } = world({ a: { subject }, b: { subject } });
    await devices.revoke(await handleOf("a", subject));
    expect(store.ids()).toEqual(["b"]);
  });

  test("by an id as well", async () => {
    const { devices, store } = world({ a: {}, b: {} });
    await devices.revoke("a");
    expect(store.ids()).toEqual(["b"]);
  });

  test("an id that only looks like a handle, with no subject in it, is an id", async () => {
    const looks = "x".repeat(43);
    // One character is no base64; this byte is in no UTF-8.
    const ids = [`${looks}.a`, `${looks}._w`];
    const { devices, store } = world({ [ids[0]!]: {}, [ids[1]!]: {}, a: {} });
    for (const id of ids) await devices.revoke(id);
    expect(store.ids()).toEqual(["a"]);
  });

  test("a handle with something before or behind it names nobody", async () => {
    const { devices, store, handleOf } = world({ a: {} });
    const handle = await handleOf("a");
    for (const name of [`x${handle}`, `${handle}!`, `${handle}.${handle}`]) {
      await devices.revoke(name);
    }
    expect(store.ids()).toEqual(["a"]);
  });

  test("a session that moves between the list and its read is found", async () => {
    const { devices, store, handleOf } = world({ a: { notes: { device: "phone" } }, b: {} });
    const handle = await handleOf("a");
    const { read } = store;
    store.read = (id) => {
      if (id === "a" && store.destroy("a")) {
        store.create("moved", loggedIn({ notes: { device: "phone" } }));
      }
      return read.call(store, id);
    };
    await devices.revoke(handle);
    expect(store.ids()).toEqual(["b"]);
  });

  test("a session that moves whenever it is to be ended is not followed for ever", async () => {
    const { devices, store, handleOf } = world({ id0: { notes: { device: "phone" } } });
    const handle = await handleOf("id0");
    const { destroy } = store;
    let moves = 0;
    store.destroy = (id) => {
      destroy.call(store, id);
      store.create(`id${++moves}`, loggedIn({ notes: { device: "phone" } }));
      return true;
    };
    await devices.revoke(handle);
    expect([moves, store.ids()]).toEqual([10, ["id10"]]);
  });
});

describe("revokeAll()", () => {
  const phone = { notes: { device: "phone" } };

  test("ends them all where nobody is to be spared", async () => {
    const { devices, store } = world({ a: {}, b: phone, c: { subject: "bob" } });
    expect(await devices.revokeAll("ada", undefined)).toBe(2);
    expect(store.ids()).toEqual(["c"]);
  });

  test("tells of each end, by no handle", async () => {
    const { devices, manager } = world({ a: {}, b: phone, c: {}, d: { subject: "bob" } });
    const ended: unknown[] = [];
    manager.settings.events.on("destroyed", (event) => void ended.push(event.session()));
    expect(await devices.revokeAll("ada", "c")).toBe(2);
    expect(await Promise.all(ended)).toEqual([undefined, undefined]);
    expect(await devices.revokeAll("nobody", undefined)).toBe(0);
    expect(ended).toHaveLength(2);
  });

  test.each<[string, unknown]>([
    ["its id", "b"],
    ["its session", { id: "b", device: undefined }],
    ["its session, which others have moved", { id: "old id", device: "phone" }],
  ])("spares the one that is named by %s", async (_how, except) => {
    const { devices, store } = world({ a: {}, b: phone, c: {} });
    expect(await devices.revokeAll("ada", except as never)).toBe(2);
    expect(store.ids()).toEqual(["b"]);
  });

  test("spares the one that is named by its handle", async () => {
    const { devices, store, handleOf } = world({ a: {}, b: phone, c: {} });
    expect(await devices.revokeAll("ada", await handleOf("b"))).toBe(2);
    expect(store.ids()).toEqual(["b"]);
  });

  test("a session or a handle that is gone by now spares nobody", async () => {
    for (const isHandle of [true, false]) {
      const { devices, store, handleOf } = world({ a: {}, b: phone });
      const handle = await handleOf("b");
      store.destroy("b");
      const except = isHandle ? handle : { id: "b", device: "phone" };
      expect(await devices.revokeAll("ada", except)).toBe(1);
      expect(store.ids()).toEqual([]);
    }
  });

  test.each<[unknown, string]>([
    [null, "null"],
    ["", "an empty one"],
    [7, "a value of type number"],
  ])("except: %j is refused, and nobody is logged out", async (except, kind) => {
    const { devices, store } = world({ a: {} });
    await expect(devices.revokeAll("ada", except as never)).rejects.toThrow(
      `revokeAll() needs a session: a string that list() gave, not ${kind}`,
    );
    expect(store.ids()).toEqual(["a"]);
  });

  test("who is nobody is refused, by the call's name, however the spared one is named", async () => {
    const { devices, handleOf } = world({ a: {} });
    for (const except of [undefined, "a", await handleOf("a"), { id: "a", device: undefined }]) {
      await expect(devices.revokeAll("", except)).rejects.toThrow(/^revokeAll\(\) needs a subject/);
    }
  });
});
