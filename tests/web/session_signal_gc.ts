/** What is kept for signals after garbage collections: run with `--expose-gc`, tells JSON. */
import { createSessions } from "../../mod.ts";
import { liveSessionsOf } from "../../src/core/live_sessions.ts";
import { memoryStore } from "../../src/stores/memory.ts";

// deno-lint-ignore no-explicit-any
type Any = any;
const collect = (globalThis as Any).gc as () => void;

/** Lets everything go that nobody holds. */
async function forget(): Promise<void> {
  for (let times = 0; times < 10; times++) {
    await new Promise(setImmediate);
    collect();
  }
}

const store = memoryStore({ sweepInterval: 0 });
// What is looked after for warnings would be held for a while.
const sessions = createSessions<Any>({
  secret: "a secret of the tests, 32 bytes+",
  store,
  warn: false,
});
const kept = () => liveSessionsOf(store)?.size ?? 0;
const request = (cookie?: string) =>
  new Request("https://app.test/", cookie === undefined ? {} : { headers: { cookie } });
const login = async () => {
  const response = await sessions.wrap(async (_request, session) => {
    await session.login("ada");
    return new Response();
  })(request());
  return response.headers.getSetCookie()[0]!.split(";")[0]!;
};

const cookie = await login();
const told: Any = { heard: [] };

/** A listener that nobody else holds, on a stream that goes on. */
async function stream(): Promise<ReadableStreamDefaultReader> {
  const response = await sessions.wrap((_request, { signal }) => {
    signal.addEventListener("abort", () => told.heard.push("stream"));
    return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  })(request(cookie));
  return response.body!.getReader();
}
let reader: ReadableStreamDefaultReader | undefined = await stream();
await forget();
told.during = kept();
await reader.cancel();
// As a server drops what it has sent.
reader = undefined;
await forget();
told.afterwards = kept();

/** Whoever has the signal when its response has ended is told all the same. */
let own: AbortSignal | undefined;
const read = await sessions.wrap((_request, { signal }) => {
  own = signal;
  return new Response("text");
})(request(cookie));
await read.text();
await forget();
told.held = kept();
own!.addEventListener("abort", () => told.heard.push("held"));
await sessions.revokeAll("ada");
told.ended = kept();

/** A WebSocket took over: of that nothing is seen, and only a listener is left. */
const again = await login();
await (async () => {
  const upgraded = (_request: Request, { signal }: Any): undefined => {
    signal.addEventListener("abort", () => told.heard.push("open"));
    return undefined;
  };
  await sessions.wrap<[], undefined>(upgraded)(request(again));
})();
await forget();
await sessions.revokeAll("ada");
told.left = kept();
console.log(JSON.stringify(told));
