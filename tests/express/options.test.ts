/** The options of the Express entry: what each is where it is left out, and what is refused in which words. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { resolveOptions } from "../../src/express/options.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchWarnings } from "../web/warned.ts";
import { type Any, ours } from "./support/libraries.ts";
import { deprecationsIn } from "./support/visit.ts";

const must = (option: string, what: string, not = "number") =>
  `Option "${option}" must be ${what}, not a value of type ${not}`;

/** A schema that takes anything. */
const schema = { "~standard": { validate: (value: unknown) => ({ value }) } };

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
    [{ beforeCreate: 7 }, must("beforeCreate", "a function")],
    [{ clearCookie: "x" }, must("clearCookie", "a boolean", "string")],
    [{ warn: "no" }, must("warn", "a boolean", "string")],
    [{ clock: { now: 1 } }, must("clock.now", "a function")],
    [{ clock: Date.now }, 'Option "clock.now" must be a function, not null'],
    ...["idleTimeout", "absoluteTimeout", "rotateAfter", "recheckInterval", "ioTimeout", "maxBytes"]
      .map((option): [Any, string] => [{ [option]: true }, must(option, "a number", "boolean")]),
    [
      { onStoreError: 7 },
      'Option "onStoreError" must be "fail", "anonymous" or a function, not a value of type number',
    ],
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

describe("said of options", () => {
  const saidOf = (options: Any) => {
    const said: unknown[][] = [];
    const { warn } = resolveOptions(
      { ...PLAIN, ...options },
      (reason, about) => void said.push(about === undefined ? [reason] : [reason, about]),
    );
    return [warn, said];
  };

  test.each<[Any, unknown[]]>([
    [{ ttl: 1 }, ["unknown", '"ttl"']],
    [{ ttl: 1, Secret: 2 }, ["unknown", '"ttl", "Secret"']],
    [{ cookie: { samesite: "lax" } }, ["unknown", '"cookie.samesite"']],
    [{ ttl: 1, cookie: { samesite: "lax" } }, ["unknown", '"ttl", "cookie.samesite"']],
    [{ cookie: { maxAge: 3600 } }, ["units", "cookie.maxAge: 3600"]],
    [{ idleTimeout: 86_400 }, ["units", "idleTimeout: 86400"]],
    [{ absoluteTimeout: 86_400 }, ["units", "absoluteTimeout: 86400"]],
    [{ cookie: { sameSite: "none" } }, [
      "cookie",
      'Option "cookie.sameSite" "none" needs "secure"',
    ]],
  ])("%j", (options, said) => {
    expect(saidOf(options)[1]).toEqual([said]);
  });

  test("nothing of any that there is", () => {
    const cookie = {
      ...{ path: "/", domain: "app.test", httpOnly: true, secure: true, sameSite: "none" },
      ...{ priority: "high", partitioned: true, maxAge: 3_600_000, expires: null },
    };
    const all = {
      ...{ secret: "s", cookie, genid: () => "a", name: "a", key: "a", proxy: true, resave: false },
      ...{ rolling: true, saveUninitialized: false, store: memoryStore(), unset: "keep" },
      ...{ compat: "v1", clearCookie: true, idleTimeout: 3_600_000, absoluteTimeout: 7_200_000 },
      ...{ rotateAfter: 3_600_000, recheckInterval: 3_600_000, maxSessions: 3 },
      ...{ beforeCreate: () => true, ioTimeout: 1, onStoreError: "fail", maxBytes: 1, warn: true },
      ...{ clock: { now: () => 0 }, schema, schemaVersion: 1, migrate: (data: unknown) => data },
    };
    expect(saidOf(all)).toEqual([true, []]);
    expect(saidOf({})).toEqual([true, []]);
    expect(saidOf({ cookie: () => ({ maxAge: 1 }) })).toEqual([true, []]);
    expect(saidOf({ cookie: null })).toEqual([true, []]);
  });

  test.each<[Any, boolean]>([[undefined, true], [true, true], [false, false]])(
    "… unless `warn` is false: %s",
    (warn, isSaid) => {
      expect(saidOf({ ttl: 1, warn })).toEqual([isSaid, isSaid ? [["unknown", '"ttl"']] : []]);
    },
  );
});

describe("where nobody takes them, warnings go to the console", () => {
  const { said } = watchWarnings();

  test("once", async () => {
    ours.session({ ...PLAIN, ttl: 1 });
    ours.session({ ...PLAIN, ttl: 1 });
    resolveOptions({ ...PLAIN, cookie: { maxAge: 3600 } });
    expect(await said()).toEqual([
      'session() does nothing with the option "ttl"',
      "cookie.maxAge: 3600 are milliseconds. A day is 86_400_000",
    ]);
  });
});

describe("what follows from options", () => {
  const resolved = (options: Any) => resolveOptions({ ...PLAIN, warn: false, ...options });

  test.each<[string, Any, boolean]>([
    ["nothing", {}, true],
    ["attributes", { cookie: { maxAge: 1 } }, true],
    ["an id of the application's", { genid: () => "a" }, false],
    ["a function of the cookie", { cookie: () => ({}) }, false],
    ["attributes that are none", { cookie: { maxAge: "1" } }, false],
    ["both", { genid: () => "a", cookie: () => ({}) }, false],
  ])(
    "making a session calls nothing of the application's, and cannot fail: %s",
    (_, options, is) => {
      expect(resolved(options).isPlain).toBe(is);
    },
  );

  test.each<[string, Any, boolean]>([
    ["nothing", {}, false],
    ["idleTimeout", { idleTimeout: 1 }, false],
    ["absoluteTimeout", { absoluteTimeout: 1 }, true],
    ["an absoluteTimeout that is none", { absoluteTimeout: Infinity }, false],
    ["rotateAfter", { rotateAfter: 60_000 }, true],
    ["a rotateAfter that is none", { rotateAfter: Infinity }, false],
    ["a schema", { schema }, false],
    ["a version of the data", { schema, schemaVersion: 2 }, true],
    ["both limits", { absoluteTimeout: 1, rotateAfter: 60_000 }, true],
    ["no limits, but a version", { absoluteTimeout: Infinity, schema, schemaVersion: 2 }, true],
  ])("sessions note when they began: %s", (_what, options, notes) => {
    expect(resolved(options).rules.notesBeginning).toBe(notes);
  });

  test.each<[Any, number | undefined]>([
    [{}, undefined],
    [{ schema }, undefined],
    [{ schema, schemaVersion: 0 }, undefined],
    [{ schema, schemaVersion: 3 }, 3],
  ])("the version of their data: %j", (options, version) => {
    expect(resolved(options).rules.dataVersion).toBe(version);
  });

  test("the limits are those that were asked for", () => {
    const limits = { idleTimeout: 1, absoluteTimeout: 2, rotateAfter: 60_000, recheckInterval: 3 };
    expect(resolved(limits).rules).toMatchObject({ ...limits, name: "connect.sid" });
    expect(resolved({ ioTimeout: 4, maxBytes: 5 })).toMatchObject({ ioTimeout: 4, maxBytes: 5 });
    expect(resolved({})).toMatchObject({ ioTimeout: 30_000, maxBytes: Infinity });
  });
});
