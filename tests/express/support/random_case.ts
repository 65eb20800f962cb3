/** Draws a case. */
import { type Random, seeded } from "../../../src/testing/random.ts";
import { COMMON_KEYS, TAKEN_KEYS } from "./common_keys.ts";
import type { Any } from "./libraries.ts";
import { type Tolerated, tolerates } from "./differences.ts";
import type { Case, RequestSpec } from "./run_case.ts";
import type { Step } from "./script.ts";
import { STORE_KINDS } from "./stores.ts";

export function randomCase(seed: number): Case {
  const random = seeded(seed);
  const chance = (percent: number) => random.below(100) < percent;
  const app = random.pick(["express4", "express5", "http"] as const);
  const store = random.pick(STORE_KINDS);
  const cookie = randomCookie(random, chance);
  const isAuto = cookie["secure"] === "auto" || cookie["sameSite"] === "auto";
  const auto = isAuto && tolerates("auto");
  const options: Record<string, Any> = {
    secret: random.pick(["text", "text", "many", "bytes"]),
    resave: chance(50),
    saveUninitialized: chance(50),
    rolling: chance(35),
  };
  if (chance(25)) options["unset"] = random.pick(["destroy", "keep"]);
  if (chance(20)) {
    options[random.pick(["name", "key"])] = random.pick(["sid", "my.sid", "x-session"]);
  }
  if (chance(30)) options["proxy"] = chance(60);
  if (chance(85)) options["cookie"] = cookie;
  // Where "auto" remembers the first scheme, it may not change.
  const protos = [undefined, "https", "http", "https, http", "HTTPS ,http", ""];
  const proto = random.pick(protos);
  const requests: RequestSpec[] = [];
  for (let left = 1 + random.below(5); left > 0; left--) {
    requests.push({
      ...randomRequest(random, chance, cookie["path"] ?? "/", auto),
      proto: auto ? proto : random.pick(protos),
    });
  }
  return {
    seed,
    app,
    store,
    foreign: !store.includes("memory") && chance(30),
    twice: chance(10),
    trustProxy: chance(40),
    cookieFunction: !auto && chance(25),
    options,
    requests,
  };
}

function randomCookie(random: Random, chance: (percent: number) => boolean): Record<string, Any> {
  const cookie: Record<string, Any> = {};
  if (chance(60)) cookie["maxAge"] = random.pick([1000, 60_000, 3_600_000, null]);
  else if (chance(15)) cookie["expires"] = new Date(Date.UTC(2020, 0, 1, 12));
  if (chance(20)) cookie["path"] = random.pick(["/", "/app", "/app/"]);
  if (chance(15)) cookie["httpOnly"] = chance(50);
  if (chance(15)) cookie["domain"] = "example.com";
  if (chance(30)) cookie["secure"] = random.pick([true, false, "auto", "auto"]);
  if (chance(30)) cookie["sameSite"] = random.pick([true, false, "lax", "strict", "none", "auto"]);
  if (chance(10)) cookie["partitioned"] = true;
  if (chance(10)) cookie["priority"] = random.pick(["low", "medium", "high"]);
  return cookie;
}

function randomRequest(
  random: Random,
  chance: (percent: number) => boolean,
  path: string,
  auto: boolean,
): RequestSpec {
  const cookie = chance(70) ? "jar" : random.pick([
    "none",
    "none",
    "older",
    "among",
    "quoted",
    "tampered",
    "truncated",
    "unsigned",
    "unknown",
    "old-key",
    "wrong-key",
    "empty-id",
    "garbage",
  ]);
  const base = path === "/" ? "/" : path;
  return {
    method: chance(12) ? "HEAD" : random.pick(["GET", "GET", "POST"]),
    path: chance(85) ? base : random.pick(["/", "/other?x=1", "/app/deep?y=2", "/APP"]),
    cookie,
    later: random.pick([0, 1, 500, 5000, 100_000]),
    steps: randomSteps(random, chance, auto),
  };
}

/** Names that a session has by itself, and what becomes of those that are assigned to. */
const EXCEPTIONS = new Map<string, Tolerated>([
  ["cookie", "overwritten"],
  ["touch", "overwritten"],
  ["resetMaxAge", "overwritten"],
  ["__proto__", "overwritten"],
  ["save", "own-methods"],
  ["reload", "own-methods"],
  ["$websession", "notes"],
]);

function assigned(key: string, value: Any): Step {
  const exception = EXCEPTIONS.get(key);
  return exception !== undefined && tolerates(exception) ? ["guard", key] : ["write", key, value];
}

function randomSteps(
  random: Random,
  chance: (percent: number) => boolean,
  auto: boolean,
): Step[] {
  const steps: Step[] = [["peek"]];
  // Few names, that they meet again; and any that applications use.
  const key = () => chance(75) ? random.pick(["a", "b", "c"]) : random.pick(COMMON_KEYS);
  const value = () => random.pick([1, 2, "text", null, true, [1, 2], { deep: { er: 1 } }, "ü€😀"]);
  const draw: (() => Step)[] = [
    () => ["write", key(), value()],
    () => ["write", key(), value()],
    () => ["write", key(), value()],
    () => ["nested", key(), value()],
    () => ["remove", key()],
    () => ["guard", chance(40) ? random.pick(TAKEN_KEYS) : key()],
    () => assigned(random.pick(TAKEN_KEYS), value()),
    () => ["body", { [key()]: value(), [key()]: value() }],
    () => ["touch"],
    () => ["save"],
    () => ["saveAnyway"],
    () => ["saveTwice"],
    () => ["regenerate"],
    () => ["destroy"],
    () => ["destroyAnyway"],
    () => ["destroyAndWrite"],
    () => ["reload"],
    () => ["unset"],
    () => ["drop"],
    () => ["maxAge", random.pick([1000, 60_000, 7_200_000, null])],
    () => ["expires", random.pick([1000, 90_000, null, false])],
    () => [
      "attribute",
      ...random.pick<Any[]>([
        // Where an attribute is "auto", ours decides it anew at each request.
        ...(auto ? [] : [["secure", true], ["secure", false], ["sameSite", "strict"]]),
        ["httpOnly", false],
        ["path", "/elsewhere"],
        ["domain", "example.org"],
        ["priority", "high"],
      ]),
    ],
    () => ["id", random.pick([undefined, "chosen", "chosen"])],
    () => ["ownCookie", random.pick(["own=1", ["own=1", "other=2; Path=/"]])],
    () => ["header", "X-Step", "1"],
    () => ["header", "Content-Type", "text/plain"],
    () => ["status", random.pick([201, 204, 304, 404, 500])],
    () => ["part", random.pick(["part ", "pärt "])],
    () => ["flush"],
    () => ["pause"],
    () => ["peek"],
  ];
  for (let left = random.below(5); left > 0; left--) steps.push(random.pick(draw)());
  // Last: what is over is not stored again.
  if (chance(6) && tolerates("ended-sessions")) {
    steps.push(random.pick<Step>([["maxAge", 0], ["expires", -1000]]));
  }
  const base64 = Buffer.from("büffer\0end").toString("base64");
  const endings: Step[] = [
    ["end"],
    ["end", null],
    ["end", ""],
    ["end", "hello"],
    ["end", "héllo wörld"],
    ["end", "68656c6c6f", "hex"],
    ["end", "hé", "latin1"],
    ["end", { base64 }],
    ["endWithLength", "exactly this"],
    ["endWithLength", "é"],
    ["endWithLength", "x"],
    ["writeHead", [200], "plain"],
    ["writeHead", [201, "Made"], "made"],
    ["writeHead", [200, { "X-Given": "1", "Set-Cookie": "given=1" }], "object"],
    ["writeHead", [200, "Fine", { "Set-Cookie": ["given=1", "more=2"] }], "reason"],
    ["writeHead", [200, ["X-Given", "1", "Set-Cookie", "given=1"]], "flat"],
    ["writeHead", [200, { "Content-Length": 5 }], "exact"],
    ["writeHead", [204], undefined],
    ["endTwice", "once"],
    ["partAndEnd", "first ", "last"],
    ["partAndEnd", "first ", undefined],
    ["send", "sent"],
    ["json"],
    ["json"],
    ["json"],
    ["redirect", "/next"],
    ["throw"],
    ["next"],
  ];
  steps.push(chance(40) ? ["json"] : random.pick(endings));
  return steps;
}
