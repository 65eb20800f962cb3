/** What the tool does to sessions, on every kind of store that it opens and by every client. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { idOf, type Kind, kinds, type Place, record } from "./places.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HANDLE = /^[\w-]{12}$/;
const [ANNA, ANNA_PHONE, BEN, GUEST] = ["anna", "phone", "ben", "guest"].map(idOf) as [
  string,
  string,
  string,
  string,
];
const IDS = [ANNA, ANNA_PHONE, BEN, GUEST];

describe.each(kinds)("$name", (kind: Kind) => {
  describe.skipIf(kind.skip)("on a real server", () => {
    let place: Place;
    const run = (...args: string[]) => place.project.run([...args, "--store", place.url]);

    beforeAll(async () => {
      place = await kind.open();
    });
    afterAll(() => place.end());

    const testSchema = kind.hasSchema ? test : () => {};

    testSchema("schema prints what is missing, and changes nothing", async () => {
      const counted = await run("count");
      expect(counted).toMatchObject({ code: 1, out: "" });
      expect(counted.err).toContain("There is no table");
      const printed = await run("schema");
      expect(printed.code).toBe(0);
      expect(printed.out).toMatch(/^CREATE TABLE IF NOT EXISTS .session./);
      expect((await run("schema")).out).toBe(printed.out);
    });

    testSchema(
      "schema --apply makes the table, and again finds it whole",
      async () => {
        const applied = await run("schema", "--apply");
        expect(applied.code).toBe(0);
        expect(applied.err).toMatch(/Ran \d statements? on/);
        const again = await run("schema", "--apply");
        expect(again).toMatchObject({ code: 0, out: "" });
        expect(again.err).toContain("has everything");
      },
    );

    test("count says how many are live, and how many of a subject", async () => {
      await fill(place);
      expect(await run("count")).toMatchObject({ code: 0, out: "4\n" });
      expect(await run("count", "--subject", "anna")).toMatchObject({ code: 0, out: "2\n" });
      expect(await run("count", "--subject", "nobody")).toMatchObject({ code: 0, out: "0\n" });
    });

    test("inspect lists them by handles, with no id in full or in part", async () => {
      const { code, out, err } = await run("inspect");
      expect(code).toBe(0);
      const [head, ...rows] = out.trimEnd().split("\n");
      expect(head).toMatch(/^HANDLE +SUBJECT +BEGAN +ENDS +BYTES +DATA$/);
      expect(rows).toHaveLength(4);
      expect(rows.filter((row) => row.includes("anna"))).toHaveLength(2);
      expect(out).toContain("2026-01-02T03:04:05Z");
      expect(out).toContain("cart, token");
      expect(out).not.toContain("hidden");
      for (const id of IDS) expect(out + err).not.toContain(id.slice(-8));
    });

    test("inspect shows one by its handle, its id, or its cookie, which may be piped in", async () => {
      const [first] = (await run("inspect", "--subject", "ben", "--json")).out.split("\n");
      const { handle } = JSON.parse(first!) as { handle: string };
      expect(handle).toMatch(HANDLE);
      const byHandle = await run("inspect", handle);
      expect(byHandle.code).toBe(0);
      expect(byHandle.out).toMatch(new RegExp(`^handle +${handle}\nsubject +ben\n`));
      const cookie = `s%3A${BEN}.${"A".repeat(43)}`;
      expect((await run("inspect", BEN)).out).toBe(byHandle.out);
      expect((await run("inspect", cookie)).out).toBe(byHandle.out);
      const piped = await place.project.run(["inspect", "-", "--store", place.url], {
        input: `${cookie}\n`,
      });
      expect(piped.out).toBe(byHandle.out);
      expect(byHandle.out).not.toContain("hidden");
      expect((await run("inspect", BEN, "--data")).out).toContain('"token": "hidden-ben"');
    });

    test("inspect of a session that is not there says so by its exit code, without repeating it", async () => {
      const { code, out, err } = await run("inspect", "not-there-0123456789");
      expect({ code, out }).toEqual({ code: 5, out: "" });
      expect(err).not.toContain("0123456789");
    });

    test("revoke asks; with nobody to ask it changes nothing", async () => {
      for (const what of [[BEN], ["--subject", "anna"], ["--all"]]) {
        const { code, err } = await run("revoke", ...what);
        expect(code).toBe(4);
        expect(err).toContain("--yes");
      }
      expect(await place.store.length()).toBe(4);
    });

    test("revoke --subject --except ends the others of a subject", async () => {
      expect(await run("revoke", "--subject", "anna", "--except", ANNA, "--yes"))
        .toMatchObject({ code: 0, out: "1\n" });
      expect(await place.store.list("anna")).toEqual([ANNA]);
      expect(await place.store.read(BEN)).toBeDefined();
    });

    test("revoke ends the one that a handle names", async () => {
      const [line] = (await run("inspect", "--subject", "ben", "--json")).out.split("\n");
      const { handle } = JSON.parse(line!) as { handle: string };
      expect(await run("revoke", handle, "--yes")).toMatchObject({ code: 0, out: "1\n" });
      expect(await place.store.read(BEN)).toBeUndefined();
      expect((await run("revoke", handle, "--yes")).code).toBe(5);
      expect(await place.store.length()).toBe(2);
    });

    test("sweep drops what has expired, or says that the server does", async () => {
      if (!kind.hasSchema) {
        const { code, out, err } = await run("sweep", "--yes");
        expect({ code, out }).toEqual({ code: 0, out: "0\n" });
        expect(err).toContain("by itself");
        return;
      }
      const past = Date.now() - 1000;
      for (const name of ["old", "older", "oldest"]) {
        await place.store.create(idOf(name), record({}, { expires: past }));
      }
      expect((await run("sweep")).code).toBe(4);
      expect(await run("sweep", "--limit", "2", "--yes")).toMatchObject({ code: 0, out: "2\n" });
      expect(await run("sweep", "--yes")).toMatchObject({ code: 0, out: "1\n" });
      expect(await place.store.length()).toBe(2);
    });

    test("revoke --all ends every one, and says how many", async () => {
      expect(await run("revoke", "--all", "--yes")).toMatchObject({ code: 0, out: "2\n" });
      expect(await place.store.length()).toBe(0);
      expect(await run("inspect")).toMatchObject({ code: 0, out: "" });
    });
  });
});

async function fill({ store }: Place): Promise<void> {
  const data = { cart: ["book"], token: "hidden" };
  await store.create(ANNA, record(data, { subject: "anna" }));
  await store.create(ANNA_PHONE, record({}, { subject: "anna" }));
  await store.create(BEN, record({ ...data, token: "hidden-ben" }, { subject: "ben" }));
  await store.create(GUEST, record({ cart: [] }, { expires: null }));
}
