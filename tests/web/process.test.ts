/** What only a process of its own can show; it runs under the Node that runs TypeScript. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const run = promisify(execFile);

test("S77 a silent store is an error after ioTimeout, also where nothing else keeps the process", async () => {
  const { stdout } = await run(process.execPath, [
    "--input-type=module",
    "--eval",
    `
      import { createSessions } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url))};
      const verbs = ["create", "read", "commit", "touch", "rotate", "destroy"];
      const store = Object.fromEntries(verbs.map((verb) => [verb, () => new Promise(() => {})]));
      const sessions = createSessions({ secret: "x".repeat(32), store, ioTimeout: 20 });
      const handler = sessions.wrap((_request, session) => {
        session.a = 1;
        return new Response();
      });
      console.log(await handler(new Request("https://app.test/")).catch(({ code }) => code));
    `,
  ]);
  expect(stdout.trim()).toBe("STORE_TIMEOUT");
});
