/** Carrying changes over: whole values per top-level key. */
import { describe, expect, test } from "vitest";
import type { Data } from "../../src/core/session_data.ts";
import { apply, diff, keepOnly, merge, withNotes } from "../../src/core/merge.ts";
import { META } from "../../src/core/session_metadata.ts";
import { seeded } from "../../src/testing/random.ts";

const patchOf = (base: Data, mine: Data) => Object.fromEntries(diff(base, mine));

describe("diff", () => {
  test.each<[string, Data, Data, Data]>([
    ["nothing changed: nothing", { a: 1 }, { a: 1 }, {}],
    ["a new key", {}, { a: 1 }, { a: 1 }],
    ["a changed value", { a: 1 }, { a: 2 }, { a: 2 }],
    ["a removed key is undefined", { a: 1, b: 2 }, { b: 2 }, { a: undefined }],
    ["a nested change is the whole value", { a: { b: 1, c: 2 } }, {
      a: { b: 9, c: 2 },
    }, {
      a: { b: 9, c: 2 },
    }],
    ["equal by JSON is equal", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, {}],
    ["the cookie is not data", { cookie: 1 }, { cookie: 2 }, {}],
    ["… nor is one that is taken away", { cookie: 1 }, {}, {}],
    ["our notes are not data", { [META]: 1 }, { [META]: 2 }, {}],
    ["… nor are those that are taken away", { [META]: 1 }, {}, {}],
    ["a value JSON leaves out counts as removed", { a: 1 }, { a: () => 1 }, {
      a: undefined,
    }],
    ["… and as nothing where nothing was", {}, { a: undefined }, {}],
    ["null is a value", { a: 1 }, { a: null }, { a: null }],
    ["inherited names are not data of the base", {}, { toString: "mine" }, {
      toString: "mine",
    }],
  ])("%s", (_rule, base, mine, expected) => {
    expect(patchOf(base, mine)).toStrictEqual(expected);
  });
});

describe("merge", () => {
  const merged = (base: Data, mine: Data, theirs: Data): Data =>
    JSON.parse(
      merge(JSON.stringify(base), JSON.stringify(mine), JSON.stringify(theirs)),
    );

  test.each<[string, Data, Data, Data, Data]>([
    ["S65 different keys all survive", { a: 0 }, { a: 0, mine: 1 }, {
      a: 0,
      theirs: 2,
    }, {
      a: 0,
      mine: 1,
      theirs: 2,
    }],
    ["S66 the same key: mine, the later one", { a: 0 }, { a: 1 }, { a: 2 }, {
      a: 1,
    }],
    [
      "S69 my removal stays while they change another key",
      { a: 1, b: 1 },
      { b: 1 },
      { a: 1, b: 2 },
      { b: 2 },
    ],
    [
      "S69 their removal stays while I change another key",
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { b: 1 },
      { b: 2 },
    ],
    [
      "S69 my change outlives their removal of the same key",
      { a: 1 },
      { a: 2 },
      {},
      { a: 2 },
    ],
    ["S69 my removal outlives their change of the same key", { a: 1 }, {}, {
      a: 2,
    }, {}],
    ["S70 arrays are replaced, never mixed", { a: [1, 2] }, { a: [1, 2, 3] }, {
      a: [9],
    }, {
      a: [1, 2, 3],
    }],
    ["S70 objects are replaced, never mixed", { a: { x: 1 } }, {
      a: { x: 1, mine: 1 },
    }, {
      a: { x: 1, theirs: 1 },
    }, { a: { x: 1, mine: 1 } }],
    ["unchanged by me: theirs", { a: 1 }, { a: 1 }, { a: 2 }, { a: 2 }],
  ])("%s", (_rule, base, mine, theirs, expected) => {
    expect(merged(base, mine, theirs)).toEqual(expected);
  });

  test("S57 a stored __proto__ pollutes nothing, and is carried along", () => {
    const theirs = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}';
    const text = merge("{}", '{"mine":1}', theirs);
    expect(text).toBe(`${theirs.slice(0, -1)},"mine":1}`);
    expect(merge("{}", theirs, '{"mine":1}')).toBe(
      `{"mine":1,${theirs.slice(1)}`,
    );
    expect(({} as Data)["polluted"]).toBeUndefined();
  });

  test("what only one of two has changed is stored byte for byte as that one wrote it", () => {
    const text = '{"b":1.0,"a":2}';
    expect(merge('{"a":2}', text, '{"a":2}')).toBe(text);
    expect(merge('{"a":2}', '{"a":2}', text)).toBe(text);
  });

  test("our notes are merged by note, whatever the data say", () => {
    const note = (notes: object, data: object = {}) => JSON.stringify({ ...data, [META]: notes });
    const text = merge(
      note({}),
      note({ subject: "ada" }),
      note({ authenticatedAt: 5 }, { a: 1 }),
    );
    expect(JSON.parse(text)).toEqual({
      a: 1,
      [META]: { subject: "ada", authenticatedAt: 5 },
    });
    expect(
      merge(note({ subject: "ada" }), "{}", note({ subject: "ada" }, { a: 1 })),
    ).toBe(
      '{"a":1}',
    );
  });

  test("two writers' changes agree with a plain model, 2,000 times", () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seeded(seed);
      const change = (data: Data) => {
        const changed = structuredClone(data);
        for (let count = random.below(4); count > 0; count--) {
          const key = random.pick(["a", "b", "c", "d"]);
          if (random.below(3) === 0) delete changed[key];
          else changed[key] = random.below(5);
        }
        return changed;
      };
      const base = change(change({}));
      const [mine, theirs] = [change(base), change(base)];
      const expected: Data = {};
      for (const key of ["a", "b", "c", "d"]) {
        const winner = mine[key] === base[key] ? theirs : mine;
        if (key in winner) expected[key] = winner[key];
      }
      expect(merged(base, mine, theirs), `seed ${seed}`).toEqual(expected);
    }
  });
});

describe("apply", () => {
  test("sets what a patch sets, removes what it removes, and leaves the rest", () => {
    const data: Data = { a: 1, b: 1, c: 1 };
    apply(diff({ a: 1, b: 1 }, { a: 2 }), data);
    expect(data).toStrictEqual({ a: 2, c: 1 });
  });
});

describe("withNotes", () => {
  test("notes stand behind the data; where there are none nothing does", () => {
    expect(withNotes({ [META]: { subject: "old" }, a: 1 }, { subject: "ada" }))
      .toBe(`{"a":1,"${META}":{"subject":"ada"}}`);
    expect(withNotes({ [META]: { subject: "old" }, a: 1 }, {})).toBe('{"a":1}');
  });
});

describe("keepOnly", () => {
  test.each<[boolean | string[], object]>([
    [true, { a: 1, b: 2 }],
    [false, {}],
    [["a", "nothing"], { a: 1 }],
    [[META, "cookie"], {}],
  ])("%j; cookie and notes are not data", (keep, kept) => {
    const data: Data = { cookie: 0, a: 1, b: 2, [META]: { subject: "ada" } };
    keepOnly(data, keep);
    expect(data).toEqual({ cookie: 0, [META]: { subject: "ada" }, ...kept });
  });
});
