/** The tarball in applications of every runtime we name. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodes, root, type Scratch, scratch, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const consumers = ["drop_in.cjs", "web.cjs", "module.mjs", "signals.mjs"];
let app: Scratch;

beforeAll(async () => {
  app = scratch();
  await app.install(await tarball());
  for (const file of consumers) {
    cpSync(join(root, "tests/package/fixtures/consumers", file), join(app.folder, file));
  }
});
afterAll(() => app?.remove());

describe.for([20, 22, 24, 26])("the tarball on Node %i", (major) => {
  let node: string;
  beforeAll(async () => {
    // 24 is the Node the tests run on.
    node = major === 24 ? process.execPath : (await nodes([20, 22, 26])).get(major)!;
    expect(await app.run(node, "--version")).toMatch(new RegExp(`^v${major}\\.`));
  });

  test.for(consumers)("runs %s", async (file) => {
    expect(await app.run(node, file)).toBe("ok\n");
  });
});

describe("the tarball on other runtimes", () => {
  test.for(consumers)("Bun runs %s", async (file) => {
    expect(await app.run("bun", file)).toBe("ok\n");
  });

  test.for(consumers)("Deno runs %s", async (file) => {
    const args = ["run", "-A", "--quiet", "--no-lock", "--node-modules-dir=manual"];
    expect(await app.run("deno", ...args, file)).toBe("ok\n");
  });
});

test("installing it brings one other package: cookie", async () => {
  const listed = await app.run("npm", "ls", "--all", "--parseable");
  const names = listed.trim().split("\n").map((line) => line.split("node_modules/")[1]);
  expect(names.filter(Boolean).sort()).toEqual(["cookie", "websession"]);
});
