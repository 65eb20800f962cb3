/** What a look from outside found missing, one test each. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { type Any, request, SECRET } from "./support.ts";

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

test("S18 S19 S20 an attribute that is undefined is one left out", async () => {
  const cookie = { secure: undefined, httpOnly: undefined, sameSite: undefined, path: undefined };
  for (const form of [cookie, () => cookie]) {
    const sessions = createSessions<Any>({ secret: SECRET, name: "__Host-a", cookie: form });
    const handler = sessions.wrap((_request, session) => {
      session.n = 1;
      return new Response();
    });
    const [text] = (await handler(request())).headers.getSetCookie();
    expect(text).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  }
});

for (const name of ["httpOnly", "secure", "partitioned"]) {
  test(`cookie.${name} that is no boolean is refused, and not repeated`, () => {
    const make = () => createSessions({ secret: SECRET, cookie: { [name]: "false" } });
    expect(make).toThrow(
      new TypeError(`Option "cookie.${name}" must be a boolean, not a value of type string`),
    );
  });
}
