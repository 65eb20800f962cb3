/** The options of the Express entry: what each is where it is left out, and what is refused in which words. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { resolveOptions } from "../../src/express/options.ts";
import { type Any, ours } from "./support/libraries.ts";
import { deprecationsIn } from "./support/visit.ts";

const PLAIN = { secret: "s", resave: false, saveUninitialized: false };

describe("refused, with a TypeError that says what it must be", () => {
  test.each<[Any, string]>([
    ["text", "Session options must be an object, not a value of type string"],
    [7, "Session options must be an object, not a value of type number"],
    [() => {}, "Session options must be an object, not a value of type function"],
    [{ genid: "text" }, "genid option must be a function"],
    [{ compat: "v3" }, 'compat option must be "v1" or "v2"'],
    [{ compat: null }, 'compat option must be "v1" or "v2"'],
    [{ unset: "remove" }, 'unset option must be "destroy" or "keep"'],
    [{ name: 7 }, "name option must be a string, not a value of type number"],
    [{ key: ["a"] }, "name option must be a string, not an array"],
  ])("%j", (given, message) => {
    const options = typeof given === "object" ? { ...PLAIN, ...given } : given;
    expect(() => ours.session(options)).toThrow(new TypeError(message));
  });
});

describe("read", () => {
  const resolved = async (options: Any) => {
    let found: Any;
    const notes = await deprecationsIn(() => {
      found = resolveOptions({ ...PLAIN, warn: false, ...options });
    });
    return { ...found, notes } as Any;
  };
  const note = (option: string) => [`undefined ${option} option; provide ${option} option`];

  const SWITCHES: [given: Any, value: boolean, isSaid: boolean][] = [
    [undefined, true, true],
    [true, true, false],
    [false, false, false],
    [null, false, false],
    [0, false, false],
    [1, true, false],
  ];
  const both = ["resave", "saveUninitialized"].flatMap((option) => {
    return SWITCHES.map((row) => [option, ...row] as const);
  });

  test.each(both)(
    "v1: %s: %s is %s; said to be provided: %s",
    async (option, given, value, said) => {
      const { notes, ...options } = await resolved({ [option]: given });
      expect(options[option]).toBe(value);
      expect(notes).toEqual(said ? note(option) : []);
    },
  );

  test.each<[string, Any, boolean]>([
    ["resave", undefined, false],
    ["resave", true, true],
    ["resave", false, false],
    ["resave", null, false],
    ["saveUninitialized", undefined, true],
    ["saveUninitialized", true, true],
    ["saveUninitialized", false, false],
    ["saveUninitialized", null, false],
  ])("v2: %s: %s is %s, and nothing is said", async (option, given, value) => {
    const { notes, ...options } = await resolved({ compat: "v2", [option]: given });
    expect([options[option], notes]).toEqual([value, []]);
  });

  test.each<[Any, boolean]>([
    [undefined, false],
    ["", false],
    ["keep", false],
    ["destroy", true],
  ])("unset: %j", async (unset, destroys) => {
    expect((await resolved({ unset })).unsetDestroys).toBe(destroys);
  });

  test.each<[Any, string]>([
    [{}, "connect.sid"],
    [{ name: "" }, "connect.sid"],
    [{ key: "k" }, "k"],
    [{ name: "n", key: "k" }, "n"],
  ])("the name of the cookie: %j", async (options, name) => {
    expect((await resolved(options)).name).toBe(name);
  });

  test("nothing at all is every default", async () => {
    for (const options of [undefined, null]) {
      const notes = await deprecationsIn(() => {
        const { name, resave, rolling, saveUninitialized } = resolveOptions(options, () => {});
        expect([name, resave, rolling, saveUninitialized]).toEqual([
          ...["connect.sid", true, false, true],
        ]);
      });
      expect(notes).toEqual([
        ...[...note("resave"), ...note("saveUninitialized"), "req.secret; provide secret option"],
      ]);
    }
  });
});

describe("in a process that hides the global `crypto`, as Jest 27 does", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("ids are drawn from Node's own", async () => {
    vi.resetModules();
    const { resolveOptions } = await import("../../src/express/options.ts");
    vi.stubGlobal("crypto", undefined);
    const { genid } = resolveOptions({ ...PLAIN, warn: false });
    expect(genid({} as Any)).toMatch(/^[\w-]{32}$/);
  });
});
