/** `npm i express-session@npm:websession`, as a user will type it. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root, run, scratch, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** A registry that has us, and sends whoever asks for another package to the usual one. */
async function registry(file: string, usual: string): Promise<Server> {
  const bytes = readFileSync(file);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const server = createServer((request, response) => {
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { url = "/" } = request;
    if (url === `/${basename(file)}`) return void response.end(bytes);
    if (url !== `/${name}`) {
      return void response.writeHead(302, { location: new URL(url.slice(1), usual).href }).end();
    }
    const dist = { tarball: `${here}/${basename(file)}`, integrity };
    const packument = {
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(packument));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("the alias", () => {
  let server: Server;
  let flags: string[];

  beforeAll(async () => {
    const file = await tarball();
    const usual = (await run("npm", ["config", "get", "registry"])).trim();
    server = await registry(file, usual.endsWith("/") ? usual : `${usual}/`);
    flags = ["--registry", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`];
  });
  afterAll(() => server?.close());

  test("gives what asks for express-session ours", async () => {
    const app = scratch();
    await app.install("express-session@npm:websession", ...flags);
    const program = `const session = require("express-session");
      console.log(session.name, Object.keys(session).includes("fromExpressStore"));`;
    expect(await app.run("node", "-e", program)).toContain("true");
    app.remove();
  });

  test("gives what asks for express-session's own files the very classes", async () => {
    const app = scratch();
    await app.install("express-session@npm:websession", ...flags);
    const program = `const session = require("express-session");
      const files = { cookie: "Cookie", store: "Store", memory: "MemoryStore", session: "Session" };
      console.log(Object.entries(files).flatMap(([file, name]) => ["", ".js"].map((ending) => {
        return require("express-session/session/" + file + ending) === session[name];
      })).join());`;
    expect(await app.run("node", "-e", program)).toBe(`${Array(8).fill(true).join()}\n`);
    app.remove();
  });

  test("satisfies the peer ranges of stores, with no second express-session", async () => {
    const stores = [
      ...["connect-redis@9.0.0", "redis@5.12.1", "connect-mongo@6.0.0", "mongodb@6"],
      ...["connect-sqlite3@0.9.18", "connect-typeorm@2.0.0", "typeorm@0.3.31"],
    ];
    const app = scratch();
    await app.install("express-session@npm:websession", ...stores, "--package-lock-only", ...flags);
    const { packages } = JSON.parse(readFileSync(join(app.folder, "package-lock.json"), "utf8"));
    const found = Object.keys(packages).filter((path) =>
      path.endsWith("node_modules/express-session")
    );
    expect(found).toEqual(["node_modules/express-session"]);
    expect(packages["node_modules/express-session"]).toMatchObject({
      name: "websession",
      version: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
    });
    app.remove();
  });
});
