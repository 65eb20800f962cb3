/** What listeners of the middleware hear. */
import { expect, test } from "vitest";
import { idle, makeApp, useDriver, write } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

test("S83 a middleware whose secret is on the request has handles too, of this process", async () => {
  const app = makeApp({
    library: ours,
    options: { secret: undefined },
    before: (req, _res, next) => {
      req.secret = "keyboard cat";
      next();
    },
  });
  const handles: Promise<string>[] = [];
  app.middleware.on("created", (event: Any) => handles.push(event.session()));
  app.middleware.on("rejected", (event: Any) => handles.push(event.session()));
  const { cookie } = await app.play(write);
  for (const id of Object.keys(app.watched.content())) {
    await new Promise((done) => app.watched.store.destroy(id, done));
  }
  await app.play(idle, cookie);
  const [first, second] = await Promise.all(handles);
  expect(first).toMatch(/^[\w-]{16}$/);
  expect(second).toBe(first);
});
