/** What this process has done to its sessions lately, call by call. */
import { describe, expect, test } from "vitest";
import { GONE } from "../../src/stores/express/sent.ts";
import { isGone, newestOf, WriteLog } from "../../src/stores/express/write_log.ts";
import { Written } from "../../src/stores/express/written.ts";

const written = (a: number) => new Written(JSON.stringify({ cookie: {}, a }), a, {});
const turn = () => new Promise(setImmediate);

/** A call that is under way until the test says what comes of it. */
function call() {
  let end!: () => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
  promise.catch(() => {});
  return { act: () => promise, end, fail };
}

function world(sendAgain?: () => Promise<void>) {
  const again: unknown[] = [];
  const log = new WriteLog((id, session) => {
    again.push(session === undefined ? `end ${id}` : (session as { a: number }).a);
    return sendAgain?.();
  });
  return { log, again, entry: log.entry("id") };
}

test("an id has one entry for as long as somebody holds it", () => {
  const { log, entry } = world();
  expect(log.entry("id")).toBe(entry);
  expect(log.entry("other")).not.toBe(entry);
  expect([entry.id, log.now]).toEqual(["id", 0]);
  entry.begin("write", {}, "wrapper");
  expect(log.now).toBe(1);
});

describe("write()", () => {
  test("answers at once where the store does, and what was written is the newest", () => {
    const { log, entry } = world();
    const first = written(1);
    const outcome = log.write(entry, first, "commit", () => {});
    expect(outcome).toEqual({ status: "written", version: { entry, mark: entry.mark } });
    expect(newestOf(entry)).toEqual({
      json: first.json,
      expires: 1,
      version: { entry, mark: entry.mark },
    });
    expect([entry.isQuiet, first.model]).toEqual([true, undefined]);
  });

  test.each<["create" | "commit" | "application", string, number]>([
    ["commit", "overtaken", 2],
    ["create", "written", 1],
    ["application", "written", 1],
  ])("that others overtake is so where it is a %s: %s", async (how, status, newest) => {
    const { log, entry, again } = world();
    const slow = call();
    const writing = log.write(entry, written(1), how, slow.act);
    log.write(entry, written(2), "commit", () => {});
    again.length = 0;
    slow.end();
    expect(await writing).toMatchObject({ status });
    await turn();
    expect(newestOf(entry)?.expires).toBe(newest);
    // The two have crossed: the store is told the newest.
    expect(again).toEqual([newest]);
  });

  test("is known as the application's own, or as this wrapper's", () => {
    for (const how of ["create", "commit", "application"] as const) {
      const { log, entry } = world();
      void log.write(entry, written(1), how, call().act);
      expect([how, entry.isPart("write", undefined)]).toEqual([how, how !== "application"]);
    }
  });

  test("to what has ended meanwhile is gone, and the store is told so again", async () => {
    const { log, entry, again } = world();
    const slow = call();
    const writing = log.write(entry, written(1), "commit", slow.act);
    log.destroy(entry, "wrapper", () => {});
    await turn();
    again.length = 0;
    slow.end();
    expect(await writing).toEqual({ status: "gone" });
    expect([again, newestOf(entry), entry.newest]).toEqual([["end id"], undefined, GONE]);
    expect(isGone({ entry, mark: 0 })).toBe(true);
  });

  test.each<[string, () => unknown]>([
    ["throws", () => {
      throw new Error("full");
    }],
    ["rejects", () => Promise.reject(new Error("full"))],
  ])("that %s leaves what was there", async (_how, act) => {
    const { log, entry } = world();
    log.write(entry, written(1), "commit", () => {});
    const attempt = async () => await log.write(entry, written(2), "commit", act as never);
    await expect(attempt()).rejects.toThrow("full");
    expect([newestOf(entry)?.expires, entry.isQuiet]).toEqual([1, true]);
  });
});

describe("touch()", () => {
  const session = { cookie: { path: "/touched" } };

  test("is known as the application's own, or as this wrapper's", () => {
    for (const by of ["wrapper", "application"] as const) {
      const { log, entry } = world();
      void log.touch(entry, session, by, call().act);
      expect([by, entry.isPart("touch", undefined)]).toEqual([by, by === "wrapper"]);
    }
  });

  test("says whether the session has ended meanwhile", async () => {
    const { log, entry } = world();
    expect(log.touch(entry, session, "wrapper", () => {})).toBe(true);
    const slow = call();
    const touching = log.touch(entry, session, "wrapper", slow.act);
    log.destroy(entry, "wrapper", () => {});
    slow.end();
    expect(await touching).toBe(false);
  });

  test("gives what is told again its cookie, as it was when it was sent", async () => {
    const { log, entry } = world();
    log.write(entry, written(1), "commit", () => {});
    const slow = call();
    const own = structuredClone(session);
    const touching = log.touch(entry, own, "wrapper", slow.act);
    own.cookie.path = "/later";
    slow.end();
    await touching;
    expect(JSON.parse(newestOf(entry)!.json)).toEqual({ ...session, a: 1 });
  });

  test("beside a write, too, where nothing is known yet; alone nothing is kept of it", async () => {
    const { log, entry } = world();
    const slow = call();
    const writing = log.write(entry, written(1), "commit", slow.act);
    log.touch(entry, session, "wrapper", () => {});
    slow.end();
    await writing;
    expect(JSON.parse(newestOf(entry)!.json)).toEqual({ ...session, a: 1 });
    const other = log.entry("other");
    let reads = 0;
    log.touch(other, { cookie: { toJSON: () => reads++ } }, "wrapper", () => {});
    expect([other.newest, reads]).toEqual([undefined, 0]);
  });

  test("of what has no cookie leaves the one that was given before", () => {
    const { log, entry } = world();
    log.write(entry, written(1), "commit", () => {});
    for (const touched of [session, {}, undefined]) {
      log.touch(entry, touched, "wrapper", () => {});
    }
    expect(JSON.parse(newestOf(entry)!.json)).toEqual({ ...session, a: 1 });
  });
});

describe("destroy()", () => {
  test("answers what the store did, and nobody who read it before has it any more", async () => {
    const { log, entry, again } = world();
    log.write(entry, written(1), "commit", () => {});
    const token = { entry, mark: entry.mark };
    expect(isGone(token)).toBe(false);
    const slow = call();
    const ending = log.destroy(entry, "wrapper", async () => (await slow.act(), "answer"));
    expect(isGone(token)).toBe(true);
    slow.end();
    expect(await ending).toBe("answer");
    expect([isGone(token), newestOf(entry), entry.isQuiet, again])
      .toEqual([true, undefined, true, []]);
  });

  test("that fails ends nothing", async () => {
    const { log, entry } = world();
    log.write(entry, written(1), "commit", () => {});
    const slow = call();
    const ending = log.destroy(entry, "application", slow.act) as Promise<unknown>;
    slow.fail(new Error("locked"));
    await expect(ending).rejects.toThrow("locked");
    expect([isGone({ entry, mark: entry.mark }), entry.isEnding]).toEqual([false, false]);
  });
});

describe("what calls that crossed may have undone", () => {
  /** A touch that was under way while something was stored. */
  async function crossed(sendAgain?: () => Promise<void>) {
    const made = world(sendAgain);
    const slow = call();
    const touching = made.log.touch(made.entry, undefined, "wrapper", slow.act) as Promise<boolean>;
    touching.catch(() => {});
    made.log.write(made.entry, written(1), "commit", () => {});
    await turn();
    return { ...made, slow, touching };
  }

  test("is told again, as often as there is reason to, and whoever made it waits for that", async () => {
    const sent = call();
    const { slow, touching, again, entry } = await crossed(sent.act);
    let isOver = false;
    void touching.then(() => isOver = true);
    expect(again).toEqual([]);
    slow.end();
    await turn();
    expect([again, isOver, entry.isQuiet]).toEqual([[1], false, false]);
    sent.end();
    expect(await touching).toBe(true);
    expect([again, entry.isQuiet, entry.mending]).toEqual([[1], true, undefined]);
  });

  test("… while it is told nobody else waits: it is told once more, for whoever came meanwhile", async () => {
    const sent = call();
    const { slow, again, entry, log } = await crossed(sent.act);
    slow.end();
    await turn();
    entry.isUnsettled = true;
    expect(log.mend(entry)).toBeUndefined();
    expect(entry.mending?.isOnceMore).toBe(true);
    expect(again).toEqual([1]);
    sent.end();
    await turn();
    expect(entry.isQuiet).toBe(true);
  });

  test("that it has ended is told each time, while it is told already", async () => {
    const sent = call();
    const { log, entry, again } = world(sent.act);
    const slow = [call(), call()];
    const touching = slow.map(({ act }) => log.touch(entry, undefined, "wrapper", act));
    const ending = log.destroy(entry, "wrapper", () => {});
    await turn();
    expect(again).toEqual(["end id"]);
    for (const { end } of slow) {
      end();
      await turn();
    }
    expect(again).toEqual(["end id", "end id", "end id"]);
    sent.end();
    await Promise.all([...touching, ending]);
    await turn();
    expect([entry.isQuiet, entry.newest]).toEqual([true, GONE]);
  });

  test("something else is told where that is the newest by then", async () => {
    const sent = call();
    const { slow, touching, log, entry, again } = await crossed(sent.act);
    slow.end();
    await turn();
    void log.write(entry, written(2), "create", () => {});
    sent.end();
    await touching;
    await turn();
    expect([again.at(-1), newestOf(entry)?.expires, entry.isQuiet]).toEqual([2, 2, true]);
  });

  test("… at once, and again where what was told before answers late", async () => {
    const sent = [call(), call(), call()];
    const turns = sent.values();
    const { slow, log, entry, again } = await crossed(() => turns.next().value!.act());
    slow.end();
    await turn();
    void log.write(entry, written(2), "create", () => {});
    expect(again).toEqual([1, 2]);
    // The store has the first again, or not: who is being told meanwhile is told once more.
    sent[0]!.end();
    await turn();
    expect([again, entry.isQuiet]).toEqual([[1, 2], false]);
    sent[1]!.end();
    await turn();
    expect([again, entry.isQuiet]).toEqual([[1, 2, 2], false]);
    sent[2]!.end();
    await turn();
    expect([again, entry.isQuiet]).toEqual([[1, 2, 2], true]);
  });

  test("that it has ended crosses nobody who ends it as well", async () => {
    const sent = call();
    const { log, entry, again } = world(sent.act);
    const [touch, end] = [call(), call()];
    const touching = log.touch(entry, undefined, "wrapper", touch.act);
    const ending = log.destroy(entry, "wrapper", end.act);
    for (const each of [touch, end]) {
      each.end();
      await turn();
    }
    expect(again).toEqual(["end id"]);
    log.destroy(entry, "application", () => {});
    sent.end();
    await Promise.all([touching, ending]);
    await turn();
    expect([again, entry.isQuiet]).toEqual([["end id"], true]);
  });

  test("that it has ended ends nothing that is begun anew while that is told", async () => {
    const sent = [call(), call(), call()];
    const turns = sent.values();
    const { log, entry, again } = world(() => turns.next().value!.act());
    const touch = call();
    const touching = log.touch(entry, undefined, "wrapper", touch.act);
    const ending = log.destroy(entry, "wrapper", () => {});
    sent[0]!.end();
    await ending;
    touch.end();
    await turn();
    expect(again).toEqual(["end id", "end id"]);
    const begun = log.write(entry, written(2), "create", () => {});
    for (const { end } of sent) end();
    expect(await begun).toMatchObject({ status: "written" });
    await touching;
    await turn();
    expect([again.at(-1), newestOf(entry)?.expires, entry.isQuiet]).toEqual([2, 2, true]);
  });

  test("a failure is for whoever waits for it, and the next one tries again", async () => {
    let fails = 1;
    const { slow, touching, again, entry, log } = await crossed(() =>
      fails-- > 0 ? Promise.reject(new Error("full")) : Promise.resolve()
    );
    slow.end();
    await expect(touching).rejects.toThrow("full");
    await turn();
    expect([again, entry.isQuiet, entry.mending]).toEqual([[1], false, undefined]);
    await log.mend(entry);
    expect([again, entry.isQuiet]).toEqual([[1, 1], true]);
  });

  test("is not told where nothing has crossed, or nobody has ended since", () => {
    const { log, entry, again } = world();
    expect(log.mend(entry)).toBeUndefined();
    log.write(entry, written(1), "commit", () => {});
    expect(log.mendIfPossible(entry)).toBeUndefined();
    void log.touch(entry, undefined, "wrapper", call().act);
    expect([log.mend(entry), again]).toEqual([undefined, []]);
  });
});
