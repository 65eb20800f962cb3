/** Bursts of requests that write to one session, each request on its own in real workerd. */
import { afterAll, expect, test, vi } from "vitest";
import { DATABASES, startWorkerd } from "../servers/workerd.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const miniflare = await startWorkerd(
  new URL("./cloudflare/app_worker.ts", import.meta.url).pathname,
  { className: "SessionObject", ...DATABASES },
);
afterAll(() => miniflare.dispose());
await miniflare.dispatchFetch("https://app.test/schema");

for (const store of ["durable objects", "d1"]) {
  for (const where of ["shared", "its own"]) {
    test.each([50, 200])(
      `${store}, a store that is ${where} for each request: a burst of %s update() of one session, nothing lost, nobody refused`,
      async (many) => {
        const ask = async (path: string, cookie = "", more = "") => {
          const query = `store=${store}${where === "shared" ? "&shared" : ""}${more}`;
          const headers = { cookie };
          return await miniflare.dispatchFetch(`https://app.test/${path}?${query}`, { headers });
        };
        const cookie = (await ask("begin")).headers.get("set-cookie")!.split(";")[0]!;
        const begun = performance.now();
        const answers = await Promise.all(Array.from({ length: many }, async (_, index) => {
          const answer = await ask("add", cookie, `&key=k${index}`);
          return [answer.status, answer.status === 200 ? "" : (await answer.text()).slice(0, 200)];
        }));
        const took = Math.round(performance.now() - begun);
        const refused = answers.filter(([status]) => status !== 200);
        const { n, ...keys } = await (await ask("look", cookie)).json() as { n: number };
        console.log(
          `${store} (${where}), burst of ${many}: ${many - n} lost, ${refused.length} refused, ` +
            `${took} ms ${[...new Set(refused.map(String))].slice(0, 2)}`,
        );
        const counted = Object.keys(keys).filter((key) => /^k\d/.test(key)).length;
        expect({ n, counted, refused }).toEqual({ n: many, counted: many, refused: [] });
      },
    );
  }
}
