/** Challenges, and the values of bound cookies: made for one session and a time. */
import { describe, expect, test } from "vitest";
import { webSigner } from "../../src/cookie/signer.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { Stamps } from "../../src/dbsc/stamps.ts";
import { answered, type DeviceNote, isUsed } from "../../src/dbsc/device_note.ts";
import { DECOY } from "../../src/dbsc/public_key.ts";

const SECRET = "a secret of the tests, 32 bytes+";

describe.each([["webSigner", webSigner], ["nodeSigner", nodeSigner]] as const)(
  "a stamp by %s",
  (_name, makeSigner) => {
    let now = 1_800_000_000_000;
    const stamps = new Stamps(makeSigner([SECRET]), () => now);

    test("is read for the purpose it was made for, and for no other", async () => {
      const text = await stamps.make("refresh\none");
      expect(await stamps.read("refresh\none", text, 1000)).toMatchObject({ madeAt: now });
      expect(await stamps.read("refresh\ntwo", text, 1000)).toBe(undefined);
      expect(await stamps.read("register\none", text, 1000)).toBe(undefined);
      const other = new Stamps(makeSigner([`${SECRET}!`]), () => now);
      expect(await other.read("refresh\none", text, 1000)).toBe(undefined);
    });

    test("ends, by the clock of whoever reads it", async () => {
      const text = await stamps.make("p");
      now += 1000;
      expect(await stamps.read("p", text, 1000)).toBeDefined();
      now += 1;
      expect(await stamps.read("p", text, 1000)).toBe(undefined);
    });

    test("made by a clock that is ahead counts where that is little, and by one set back no longer", async () => {
      const text = await stamps.make("p");
      now -= 5_000;
      expect(await stamps.read("p", text, 60_000)).toBeDefined();
      now -= 1;
      expect(await stamps.read("p", text, 60_000)).toBe(undefined);
      now += 5_001;
    });

    test("is never the same twice, nor in another spelling", async () => {
      const [one, two] = [await stamps.make("p"), await stamps.make("p")];
      expect(one).not.toBe(two);
      expect(one).toMatch(/^[\w.-]+$/);
      for (
        const text of [one + "=", one.toUpperCase(), ` ${one}`, one + "\n", one.slice(1), "..", ""]
      ) {
        expect(await stamps.read("p", text, 1000)).toBe(undefined);
      }
    });

    test("an older secret is still believed, and signs nothing any more", async () => {
      const text = await stamps.make("p");
      const after = new Stamps(makeSigner(["b".repeat(32), SECRET]), () => now);
      expect(await after.read("p", text, 1000)).toBeDefined();
      expect(await stamps.read("p", await after.make("p"), 1000)).toBe(undefined);
    });
  },
);

test("S90 no challenge is answered twice, however many are answered in between", async () => {
  let now = 1_800_000_000_000;
  const stamps = new Stamps(webSigner([SECRET]), () => now);
  let device: DeviceNote = {
    id: "id",
    of: "device",
    login: now,
    key: DECOY,
    since: now,
    seen: now,
    used: [],
    floor: 0,
  };
  const stamp = async () => (await stamps.read("p", await stamps.make("p"), 1_000_000))!;
  const all = [];
  for (let count = 0; count < 40; count++) {
    now += count % 3;
    const one = await stamp();
    all.push(one);
    // The last few are valid at once, in any order.
    if (count % 4 !== 3) continue;
    for (const { name, madeAt } of all.slice(-4).reverse()) {
      expect(isUsed(device, madeAt, name)).toBe(false);
      device = answered(device, name, now);
      for (const each of all) {
        if (each.madeAt < madeAt - 12) expect(isUsed(device, each.madeAt, each.name)).toBe(true);
      }
    }
    for (const { name, madeAt } of all) expect(isUsed(device, madeAt, name)).toBe(true);
  }
  expect(device.used.length).toBe(8);
});
