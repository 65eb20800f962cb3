/** The promises, kept by the Web entry. */
import { describe, expect, test } from "vitest";
import { describeCalls } from "../promises/calls.ts";
import { describeContention } from "../promises/contention.ts";
import { describeKept } from "../promises/kept.ts";
import { describeLifetimes } from "../promises/lifetimes.ts";
import { describeLimits } from "../promises/limits.ts";
import { describeStoreFailures } from "../promises/store_failures.ts";
import { describeTransactions } from "../promises/transactions.ts";
import { begin, dataOf, type Scene, visit } from "../promises/entries.ts";
import { WEB } from "../promises/worlds.ts";

describe.each(Object.entries(WEB))("%s", (_store, make) => {
  describeCalls(make);
  describeContention(make);
  describeKept(make);
  describeLifetimes(make);
  describeLimits(make);
  describeStoreFailures(make);
  describeTransactions(make);
});

describe("what is done to a session that was destroyed in this request is said to be discarded", () => {
  test.each<[string, (scene: Scene) => unknown]>([
    ["an assignment", ({ session }) => void (session.late = 1)],
    ["flash()", ({ flash }) => flash("info", "late")],
    ["save()", ({ session }) => void session.save()],
    ["update()", ({ update }) => void update((data) => void (data.late = 1))],
    ["take()", ({ take }) => void take("a")],
  ])("%s", async (_what, act) => {
    const { entry, records } = WEB["on a native store"]!();
    const cookie = await begin(entry, { a: 1 });
    const heard: string[] = [];
    entry.on("discarded", ({ reason }) => heard.push(reason));
    await visit(entry, cookie, async (scene) => {
      await scene.session.destroy();
      await act(scene);
    });
    expect(heard).toEqual(["destroyed"]);
    expect([...records().keys()]).toEqual([]);
    expect(await dataOf(entry, cookie)).toBeUndefined();
  });
});
