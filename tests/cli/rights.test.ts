/** The tool needs no more rights on a server than the store does, and says what it could not look at. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { record } from "./places.ts";
import { Project, root } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipRedis).each(["redis", "ioredis"])(
  "a Redis user of docs/stores.md, by %s",
  (client) => {
    let server: RedisServer;
    let project: Project;
    let store: string[];
    beforeAll(async () => {
      server = await startRedis();
      const page = readFileSync(join(root, "docs", "stores.md"), "utf8");
      const line = /^ACL SETUSER shop .*$/m.exec(page)![0].replace(">…", ">pw");
      expect(server.cli(...line.split(" "))).toContain("OK");
      project = new Project(client);
      store = ["--store", `redis://shop:pw@127.0.0.1:${server.port}#shop:`];
    });
    afterAll(async () => {
      project.remove();
      await server.stop();
    });

    const run = async (...args: string[]) => {
      const { code, out, err } = await project.run([...args, ...store]);
      return { code, out: out.trim(), err };
    };

    test("counts, shows, copies, revokes and sweeps", async () => {
      const { json } = record({ cart: 1 }, { subject: "anna" });
      for (const id of ["one-session-of-a-shop", "another-session-of-it"]) {
        server.cli("SET", `shop:${id}`, json, "EX", "3600");
      }
      expect(await run("count")).toEqual({ code: 0, out: "2", err: "" });
      const shown = await run("inspect");
      expect(shown).toMatchObject({ code: 0, err: "2 sessions\n" });
      const handle = shown.out.split("\n")[1]!.split(" ")[0]!;
      expect(await run("inspect", handle)).toMatchObject({ code: 0, err: "" });
      const copied = await project.run(
        ["copy", "--yes", "--from", store[1]!, "--to", `redis://127.0.0.1:${server.port}#there:`],
      );
      expect(copied.code).toBe(0);
      expect(await run("revoke", "--yes", handle)).toMatchObject({ code: 0, out: "1" });
      expect(await run("sweep", "--yes")).toMatchObject({ code: 0, out: "0" });
      expect(await run("revoke", "--all", "--yes")).toMatchObject({ code: 0, out: "1" });
    });

    test("is told what the doctor could not look at, and with the rights to ask is told nothing", async () => {
      const { code, out, err } = await run("doctor");
      expect({ code, out }).toEqual({ code: 0, out: "" });
      expect(err).toContain("INFO is not for this user: eviction, disk, version");
      expect(err).toContain("CONFIG GET is not for this user: save was not looked at");
      expect(err).not.toContain("pw");
      server.cli("ACL", "SETUSER", "shop", "+info", "+config|get");
      const asked = await run("doctor");
      expect(asked.err).not.toContain("not looked at");
      expect(asked.out).toContain("warning no-persistence");
    });
  },
);

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("MariaDB", () => {
  test("takes the statement that the doctor names against an isolation level, and is well then", async () => {
    const server = await startMariadb(["--transaction-isolation=SERIALIZABLE"]);
    const project = new Project("mysql2");
    const run = (...args: string[]) => project.run([...args, "--store", server.url]);
    await run("schema", "--apply");
    const { out } = await run("doctor", "--json");
    const { code, remedy } = JSON.parse(out) as { code: string; remedy: string };
    expect(code).toBe("isolation");
    const connection = await createConnection(server.url);
    await connection.query(remedy);
    await connection.end();
    expect(await run("doctor")).toMatchObject({ code: 0, out: "" });
    project.remove();
    await server.stop();
  });
});
