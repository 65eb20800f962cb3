/** Challenges, and the values of bound cookies: made for one session and a time. */
import { describe, expect, test } from "vitest";
import { webSigner } from "../../src/cookie/signer.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { type Stamp, Stamps } from "../../src/dbsc/stamps.ts";
import { answered, type DeviceNote, isUsed } from "../../src/dbsc/device_note.ts";
import { DECOYS } from "../../src/dbsc/public_key.ts";

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

const START = 1_800_000_000_000;
const NEW: DeviceNote = {
  id: "id",
  of: "device",
  login: START,
  key: DECOYS.ES256,
  since: START,
  seen: START,
  used: [],
  floor: 0,
};

test("S90 no challenge is answered twice, however many are answered in between", async () => {
  let now = START;
  const stamps = new Stamps(webSigner([SECRET]), () => now);
  let device = NEW;
  const stamp = async () => (await stamps.read("p", await stamps.make("p"), 1_000_000))!;
  const all = [];
  for (let count = 0; count < 40; count++) {
    now += count % 3;
    const one = await stamp();
    all.push(one);
    // The last few are valid at once, in any order.
    if (count % 4 !== 3) continue;
    for (const each of all.slice(-4).reverse()) {
      expect(isUsed(device, each, now)).toBe(false);
      device = answered(device, each, now);
      for (const other of all) {
        if (other.madeAt < each.madeAt - 12) expect(isUsed(device, other, now)).toBe(true);
      }
    }
    for (const each of all) expect(isUsed(device, each, now)).toBe(true);
  }
  expect(device.used.length).toBe(8);
});

test("S90 a clock that is set back locks no device out, and each challenge is answered once all the same", () => {
  let now = START;
  let device = NEW;
  let drawn = 0;
  const stampAt = (madeAt: number): Stamp => ({
    madeAt,
    name: `${madeAt.toString(36)}.${drawn++}`,
  });
  const answer = (stamp: Stamp) => {
    expect(isUsed(device, stamp, now)).toBe(false);
    device = answered(device, stamp, now);
    expect(isUsed(device, stamp, now)).toBe(true);
  };
  const before: Stamp[] = [];
  for (let count = 0; count < 20; count++) {
    before.push(stampAt(now));
    answer(before.at(-1)!);
    now += 60_000;
  }
  now -= 20 * 60_000;
  const since: Stamp[] = [];
  for (let count = 0; count < 40; count++) {
    since.push(stampAt(now));
    answer(since.at(-1)!);
    for (const each of since) expect(isUsed(device, each, now)).toBe(true);
    for (const each of before.slice(-8)) expect(isUsed(device, each, now)).toBe(true);
    expect(device.used.length).toBeLessThanOrEqual(16);
    now += 30_000;
  }
  // Where its time has come again, all is as it was.
  for (const each of before) expect(isUsed(device, each, now)).toBe(true);
  for (let count = 0; count < 10; count++) answer(stampAt(now += 1000));
  expect(device.used.length).toBe(8);
});
