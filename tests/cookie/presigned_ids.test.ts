/** Ids signed ahead of need: right signatures, no more of them than were asked for, none for onlookers. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { generateSessionId } from "../../src/core/session_id.ts";
import { PresignedIds } from "../../src/cookie/presigned_ids.ts";
import { type Signer, webSigner } from "../../src/cookie/signer.ts";

const SECRET = "a secret of at least thirty-two bytes";

/** A real signer whose answers wait for a gate, and are counted. */
function gated(): { signer: Signer; asked: string[]; open(): Promise<void>; fails: boolean } {
  const real = webSigner([SECRET]);
  let waiting: (() => void)[] = [];
  const gate = {
    asked: [] as string[],
    fails: false,
    signer: {
      async sign(id: string) {
        gate.asked.push(id);
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (gate.fails) throw new Error("no crypto today");
        return await real.sign(id);
      },
      unsign: (value: string) => real.unsign(value),
    },
    async open() {
      const open = waiting;
      waiting = [];
      for (const resolve of open) resolve();
      // Longer than any signature takes: the batch is in by then, or the test fails.
      for (const id of gate.asked) await real.sign(id);
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
  return gate;
}

describe("PresignedIds", () => {
  test("each id is drawn once, and its value proves it", async () => {
    const ids = new PresignedIds(webSigner([SECRET]), generateSessionId);
    const stranger = webSigner([SECRET]);
    const seen = new Set<string>();
    for (let count = 0; count < 200; count++) {
      const id = ids.draw();
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      expect((await stranger.unsign(await ids.sign(id)))?.id).toBe(id);
    }
  });

  test("a value that is there is handed over at once", async () => {
    const ids = new PresignedIds(webSigner([SECRET]), generateSessionId);
    let atOnce = 0;
    for (let count = 0; count < 300; count++) {
      const value = ids.sign(ids.draw());
      if (typeof value === "string") atOnce++;
      else await value;
    }
    expect(atOnce).toBeGreaterThan(200);
  });

  test("whoever looks at ids and never asks for a signature costs none", () => {
    const gate = gated();
    const ids = new PresignedIds(gate.signer, generateSessionId);
    for (let count = 0; count < 100; count++) ids.draw();
    expect(gate.asked).toEqual([]);
  });

  test("the first signature is the only one; then at most two for each that was asked for", async () => {
    const gate = gated();
    const ids = new PresignedIds(gate.signer, generateSessionId);
    let wanted = 0;
    for (let count = 0; count < 60; count++) {
      const value = ids.sign(ids.draw());
      wanted++;
      if (count === 0) expect(gate.asked).toHaveLength(1);
      await gate.open();
      await value;
      expect(gate.asked.length).toBeLessThanOrEqual(wanted + 2 * wanted);
    }
  });

  test("no batch begins while another is being signed, and none is larger than 32", async () => {
    const gate = gated();
    const ids = new PresignedIds(gate.signer, generateSessionId);
    const values = [];
    for (let count = 0; count < 100; count++) values.push(ids.sign(`id-${count}`));
    expect(gate.asked).toHaveLength(100);
    for (let count = 0; count < 50; count++) ids.draw();
    expect(gate.asked).toHaveLength(132);
    await gate.open();
    await Promise.all(values);
  });

  test("a batch that fails is forgotten; who asks for a signature is told", async () => {
    const gate = gated();
    gate.fails = true;
    const ids = new PresignedIds(gate.signer, generateSessionId);
    const first = ids.sign(ids.draw()) as Promise<string>;
    const told = expect(first).rejects.toThrow("no crypto today");
    ids.draw();
    await gate.open();
    await told;
    gate.fails = false;
    const later = ids.sign(ids.draw());
    await gate.open();
    expect(await later).toMatch(/^s:/);
  });
});

describe("the Web entries", () => {
  const login = async (sessions: ReturnType<typeof createSessions>): Promise<string> => {
    const handler = sessions.wrap(async (_request, session) => {
      await session.login("u-1");
      return new Response("ok");
    });
    const response = await handler(new Request("https://example.com/"));
    return response.headers.getSetCookie()[0]!.split(";")[0]!;
  };

  test("many logins in a row have ids of their own, and each finds its session", async () => {
    const sessions = createSessions({ secret: SECRET });
    const who = sessions.wrap((_request, session) => new Response(session.subject ?? "nobody"));
    const cookies = new Set<string>();
    for (let count = 0; count < 100; count++) cookies.add(await login(sessions));
    expect(cookies.size).toBe(100);
    for (const cookie of cookies) {
      const response = await who(new Request("https://example.com/", { headers: { cookie } }));
      expect(await response.text()).toBe("u-1");
    }
  });

  test("an application's own genid is asked for every session, with its request", async () => {
    const asked: string[] = [];
    const sessions = createSessions({
      secret: SECRET,
      genid: (request) => {
        asked.push(request.url);
        return `mine-${asked.length}`;
      },
    });
    for (let count = 1; count <= 20; count++) {
      expect(await login(sessions)).toContain(`mine-${count}.`);
    }
    expect(asked).toHaveLength(20);
  });
});
