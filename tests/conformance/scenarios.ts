/** HTTP scenarios every door passes on every runtime: functions of a running server. */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { COOKIE } from "./apps/options.ts";
import { rawGet, Visitor } from "./browser.ts";

/** A running server that serves the conformance app. */
export interface Target {
  /** Its URL, without the last slash. */
  readonly base: string;
  /** What this door can do beyond what all can. */
  readonly powers: readonly Power[];
  /** A URL that answers "upstream" with a Set-Cookie of its own. */
  readonly upstream: string;
}

/**
 * - `fetch`: the door hands on responses of `fetch()`.
 * - `drops`: changes of a failed request are dropped.
 * - `socket`: `/socket` lets a WebSocket take over.
 * - `crumbs`: the runtime joins several Cookie headers by a semicolon. workerd
 *   takes a comma, and a comma may be part of a cookie: to split there would let
 *   any cookie smuggle in one of ours, past the `__Host-` prefix.
 */
export type Power = "fetch" | "drops" | "crumbs" | "socket";

export interface Scenario {
  readonly name: string;
  readonly needs?: Power;
  run(target: Target): Promise<void>;
}

const setCookies = (response: Response) =>
  response.headers.getSetCookie().filter((each) => each.startsWith(`${COOKIE}=`));
const uniqueName = () => crypto.randomUUID();

/** Whoever sends this value has no session. */
async function leadsNowhere(base: string, value: string | undefined): Promise<void> {
  const headers = { cookie: `${COOKIE}=${value}` };
  equal(await new Visitor(base).json("/data", { headers }), {});
}

/** What a slow request is answered that is under way while the visitor makes another one. */
async function during(visitor: Visitor, other: string, slow: string): Promise<Response> {
  const name = uniqueName();
  const answer = visitor.get(`/slow?name=${name}&${slow}`);
  const watcher = new Visitor(visitor.base);
  await watcher.arrived(name);
  await visitor.get(other);
  await watcher.releases(name);
  return await answer;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "an untouched visit sets no cookie",
    async run({ base }) {
      const response = await new Visitor(base).get("/");
      equal([response.status, await response.text()], [200, "hello"]);
      equal(response.headers.getSetCookie(), []);
    },
  },
  {
    name: "a session is found again",
    async run({ base }) {
      const visitor = new Visitor(base);
      for (const views of [1, 2, 3]) equal(await visitor.json("/views"), views);
      equal(await new Visitor(base).json("/views"), 1);
    },
  },
  {
    name: "S18 S27 the cookie is HttpOnly, Lax, signed and set once",
    async run({ base }) {
      const visitor = new Visitor(base);
      const first = await visitor.get("/views");
      equal(setCookies(first).length, 1);
      match(setCookies(first)[0]!, /^sid=s%3A[\w-]{32}\.[\w%]+; Path=\/; HttpOnly;.*SameSite=Lax$/);
      equal(setCookies(await visitor.get("/views")), []);
    },
  },
  {
    name: "S27 other Set-Cookie headers survive",
    async run({ base }) {
      const response = await new Visitor(base).get("/cookies?set.a=1");
      const names = response.headers.getSetCookie().map((each) => each.split("=")[0]);
      equal(names.sort(), ["one", "sid", "two"]);
    },
  },
  {
    name: "a redirect, a 204 and a 304 carry the cookie",
    async run({ base }) {
      for (const [path, status] of [["redirect", 302], ["empty", 204], ["not-modified", 304]]) {
        const visitor = new Visitor(base);
        const response = await visitor.get(`/${path}?set.a=${path}`);
        equal([response.status, await response.text()], [status, ""]);
        equal(await visitor.json("/data"), { a: path });
      }
    },
  },
  {
    name: "HEAD is answered without a body, with the cookie",
    async run({ base }) {
      const visitor = new Visitor(base);
      const response = await visitor.get("/set?set.a=1", { method: "HEAD" });
      equal([response.status, await response.text(), setCookies(response).length], [200, "", 1]);
      equal(await visitor.json("/data"), { a: "1" });
    },
  },
  {
    name: "a stream begins before it ends, and saves as it goes",
    async run({ base }) {
      const visitor = new Visitor(base);
      const name = uniqueName();
      const response = await visitor.get(`/stream?set.a=1&name=${name}`);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      equal((await reader.read()).value, "first ");
      equal(setCookies(response).length, 1);
      await visitor.releases(name);
      equal((await reader.read()).value, "last");
      equal((await reader.read()).done, true);
      equal(await visitor.json("/data"), { a: "1", streamed: "yes" });
    },
  },
  {
    name: "a response of fetch() keeps its own cookies and carries ours",
    needs: "fetch",
    async run({ base, upstream }) {
      const visitor = new Visitor(base);
      const response = await visitor.get(`/proxy?url=${encodeURIComponent(upstream)}`);
      equal([response.status, await response.text()], [200, "upstream"]);
      const names = response.headers.getSetCookie().map((each) => each.split("=")[0]);
      equal(names.sort(), ["sid", "up"]);
      equal(await visitor.json("/data"), { proxied: "yes" });
    },
  },
  {
    name: "a WebSocket sees the session, and what its request changed is stored",
    needs: "socket",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.user=ada");
      equal(await visitor.chat("/socket", "who am I?"), "ada 1");
      equal(await visitor.chat("/socket", "and now?"), "ada 2");
      equal(await visitor.json("/data"), { user: "ada", sockets: 2 });
    },
  },
  {
    name: "S36 S37 caches are told",
    needs: "fetch",
    async run({ base }) {
      const response = await new Visitor(base).get("/views");
      equal(response.headers.get("cache-control"), "no-store");
      match(response.headers.get("vary") ?? "", /cookie/i);
    },
  },
  {
    name: "S39 S42 login moves the session, the old id is dead",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.cart=book");
      const before = await visitor.cookie(COOKIE);
      const response = await visitor.get("/login?user=ada");
      equal([response.status, response.headers.get("location")], [303, "/data"]);
      equal(await visitor.json("/data"), { cart: "book", user: "ada" });
      ok(before !== await visitor.cookie(COOKIE));
      await leadsNowhere(base, before);
    },
  },
  {
    name: "S39 login keeps the keys it is told to",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1&set.b=2");
      await visitor.get("/login?user=ada&keep=b");
      equal(await visitor.json("/data"), { b: "2", user: "ada" });
    },
  },
  {
    name: "regenerate drops the data, or moves them",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      await visitor.get("/regenerate?keep=1&set.b=2");
      equal(await visitor.json("/data"), { a: "1", b: "2" });
      await visitor.get("/regenerate?set.c=3");
      equal(await visitor.json("/data"), { c: "3" });
    },
  },
  {
    name: "S26 S42 logout ends the session and removes the cookie",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const before = await visitor.cookie(COOKIE);
      const response = await visitor.get("/logout");
      equal(setCookies(response).length, 1);
      match(setCookies(response)[0]!, /Max-Age=0/);
      equal(await visitor.cookie(COOKIE), undefined);
      await leadsNowhere(base, before);
    },
  },
  {
    name: "S43 S46 a slow request revives no session that ended",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const before = await visitor.cookie(COOKIE);
      const response = await during(visitor, "/logout", "set.late=1");
      equal([response.status, setCookies(response)], [200, []]);
      await leadsNowhere(base, before);
    },
  },
  {
    name: "S43 its explicit save() says SESSION_GONE",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const response = await during(visitor, "/logout", "set.late=1&save=1");
      equal(await response.json(), "SESSION_GONE");
    },
  },
  {
    name: "S40 a slow request does not undo a login",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const before = await visitor.cookie(COOKIE);
      const response = await during(visitor, "/login?user=ada", "set.late=1");
      equal(setCookies(response), []);
      equal(await visitor.json("/data"), { a: "1", user: "ada" });
      await leadsNowhere(base, before);
    },
  },
  {
    name: "S65 S69 eight parallel writers lose nothing",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.gone=1&set.kept=1");
      const names = Array.from({ length: 8 }, uniqueName);
      const writers = names.map((name, key) =>
        visitor.get(`/slow?name=${name}&${key === 0 ? "drop=gone" : `set.k${key}=${key}`}`)
      );
      const other = new Visitor(base);
      for (const name of names) await other.releases(name);
      await Promise.all(writers);
      const expected = Object.fromEntries(names.map((_, key) => [`k${key}`, String(key)]).slice(1));
      equal(await visitor.json("/data"), { kept: "1", ...expected });
    },
  },
  {
    name: "S67 50 parallel increments are 50",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 10 }, () => visitor.get("/increment")));
      }
      equal((await visitor.json("/data")).n, 50);
    },
  },
  {
    name: "S68 take() has one winner",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.state=once");
      const taken = await Promise.all(
        Array.from({ length: 8 }, () => visitor.json("/take?key=state")),
      );
      equal(taken.filter((each) => each !== null), ["once"]);
    },
  },
  {
    name: "S10 S31 S35 forged, unsigned and tossed cookies are nobody's",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const good = await visitor.cookie(COOKIE);
      const flipped = good!.slice(0, -1) + (good!.endsWith("A") ? "B" : "A");
      const ask = (cookie: string) => new Visitor(base).json("/data", { headers: { cookie } });
      equal(await ask(`${COOKIE}=${flipped}`), {});
      equal(await ask(`${COOKIE}=${decodeURIComponent(good!).slice(2).split(".")[0]}`), {});
      equal(await ask(`${COOKIE}=%E0%A4%A`), {});
      equal(await ask(`${COOKIE}=junk; ${COOKIE}=${good}`), { a: "1" });
    },
  },
  {
    name: "S33 several Cookie headers are one",
    needs: "crumbs",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const ours = `${COOKIE}=${await visitor.cookie(COOKIE)}`;
      for (const cookies of [["x=1", ours, "y=2"], [ours, "x=1"], ["x=1; z=2", `y=2; ${ours}`]]) {
        match(await rawGet(base, "/data", cookies.map((each) => `Cookie: ${each}`)), /\{"a":"1"\}/);
      }
    },
  },
  {
    name: "an error answers 500, and the session lives on",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      const response = await visitor.get("/boom?set.bad=1");
      equal([response.status, await response.text()], [500, "failed"]);
      equal((await visitor.json("/data")).a, "1");
    },
  },
  {
    name: "S82 a failed request changes nothing",
    needs: "drops",
    async run({ base }) {
      const visitor = new Visitor(base);
      await visitor.get("/set?set.a=1");
      await visitor.get("/boom?set.bad=1");
      equal((await visitor.get("/failing?set.bad=1")).status, 503);
      equal(await visitor.json("/data"), { a: "1" });
      equal((await new Visitor(base).get("/failing?set.bad=1")).headers.getSetCookie(), []);
    },
  },
  {
    name: "save() within the handler stores at once",
    async run({ base }) {
      const visitor = new Visitor(base);
      equal(await visitor.json("/save?set.a=1"), "saved");
      equal(await visitor.json("/data"), { a: "1" });
    },
  },
];
