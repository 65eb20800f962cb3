/** examples/runtimes, and Hono's example on four runtimes: copied out of the packed tarball, as a new user would. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startWorkerd } from "../servers/workerd.ts";
import { commandOf, counts, type NewUser, newUser, SECRET, serves } from "./new_user.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let user: NewUser;
const HONO = "frameworks/hono.ts";
const OWN = "runtimes";

beforeAll(async () => {
  user = await newUser("hono", "@hono/node-server", "@types/node");
  const examples = join(user.folder, "node_modules/websession/examples");
  for (const name of [OWN, HONO]) {
    cpSync(join(examples, name), join(user.folder, name), { recursive: true });
  }
  await user.compile(`${OWN}/hono_node.ts`, `${OWN}/worker.ts`, HONO);
});
afterAll(() => user?.remove());

test("deno.ts on Deno", async () => serves(user.folder, await commandOf("Deno", `${OWN}/deno.ts`)));

test("bun.ts on Bun", async () => serves(user.folder, await commandOf("Bun", `${OWN}/bun.ts`)));

test.each(["Node 20", "Node 24"] as const)("hono_node.ts on %s", async (runtime) => {
  await serves(user.folder, await commandOf(runtime, `${OWN}/hono_node.ts`), {}, "/logout");
});

test("Hono's on Bun", async () => serves(user.folder, await commandOf("Bun", HONO), {}, "/logout"));

test("Hono's on Deno", async () => {
  const [deno] = await commandOf("Deno", HONO);
  const args = ["serve", "-A", "--no-check", "--port", "PORT", HONO];
  await serves(user.folder, [deno, ...args], {}, "/logout");
});

test.each([["worker.ts", `${OWN}/worker.ts`, undefined], ["Hono's", HONO, "/logout"]])(
  "%s in workerd",
  async (_name, file, logout) => {
    const miniflare = await startWorkerd(join(user.folder, file), {
      bindings: { SECRET },
      ...file !== HONO && { className: "SessionObject" },
    });
    try {
      const { origin } = await miniflare.ready;
      await counts((path, init) => fetch(origin + path, init), logout);
    } finally {
      await miniflare.dispose();
    }
  },
);

test("each of the folder is run here, and has 15 lines at most", () => {
  const files = readdirSync(join(user.folder, OWN));
  expect(files.sort()).toEqual(["bun.ts", "deno.ts", "hono_node.ts", "worker.ts"]);
  for (const file of files) {
    const text = readFileSync(join(user.folder, OWN, file), "utf8");
    const lines = text.split("\n").filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line));
    expect(lines.length, file).toBeLessThanOrEqual(15);
  }
});
