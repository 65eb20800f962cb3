/** Every snippet of the published pages is run: as the file it says it is, or with what the page takes for granted around it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root, run } from "../package/pack.ts";
import { startDynamodb } from "../servers/dynamodb.ts";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { skipMemcached, startMemcached } from "../servers/memcached.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { type Fence, fencesOf } from "./fences.ts";
import { type Fragment, FRAGMENTS, HELPERS, RUN_BY } from "./fragments.ts";
import { type NewUser, newUser, SECRET } from "./new_user.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const read = (path: string) => readFileSync(join(root, path), "utf8");
const PAGES = ["README.md", "SECURITY.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
  .concat(["docs", "examples", "bench"].flatMap((folder) => {
    return readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`);
  }));

/** A page's blocks; where one shows several modules, each of them, by the first it imports of ours. */
function blocksOf(page: string): Fence[] {
  return fencesOf(read(page)).flatMap((fence) => {
    const parts = fence.code.split(/\n(?=\nimport )/);
    const isList = fence.file === undefined && parts.length > 1;
    if (!isList && !fence.code.includes('"websession/testing"; // for')) return [fence];
    return parts.map((code) => {
      const [, name] = /from "(websession[\w/-]*)"/.exec(code)!;
      return { ...fence, code, key: `${fence.chapter}: ${name}` };
    });
  });
}

const ALL = PAGES.flatMap((page) => blocksOf(page).map((block) => ({ ...block, page })));
const isProgram = ({ language }: Fence) => /^[cm]?[jt]sx?$/.test(language);
const PROGRAMS = ALL.filter(isProgram);

describe("a snippet", () => {
  test.each(PROGRAMS.filter(({ file }) => file !== undefined))(
    "$page: $file is run by the test of its page",
    ({ page, file }) => {
      const runner = read(RUN_BY[page]!);
      // By its name, or by that of the page whose only one it is.
      const only = PROGRAMS.filter((each) => each.page === page && each.file !== undefined);
      const isOnly = only.length === 1 && runner.includes(JSON.stringify(page.split("/").at(-1)));
      expect(isOnly || runner.includes(`"${file}"`) || runner.includes(`"./${file}"`)).toBe(true);
    },
  );

  test.each(PROGRAMS.filter(({ file }) => file === undefined))(
    "$page: $key is run here",
    ({ page, key }) => {
      const isFirst = page === "README.md" && key === "websession";
      // The first one of README is a start, and run as such.
      if (!isFirst) expect(Object.keys(FRAGMENTS[page] ?? {})).toContain(key);
    },
  );

  test.each(ALL.filter(({ language }) => language === "diff"))(
    "$page: what $chapter adds to a file is how we are required",
    ({ code }) => {
      const added = code.split("\n").filter((line) => line.startsWith("+"));
      expect(added).toEqual(['+const session = require("websession");']);
    },
  );

  test.each(ALL.filter(({ language }) => language === "sh"))(
    "$page: $chapter names commands that there are",
    ({ code }) => {
      const { scripts } = JSON.parse(read("package.json"));
      const known = ["cit", "start", "test", ...Object.keys(scripts).map((name) => `run ${name}`)];
      for (const line of code.trim().split("\n")) {
        const [, command] = /^npm (run \S+|\S+)/.exec(line)!;
        expect(known).toContain(command);
      }
    },
  );

  test.each(ALL.filter(({ language }) => language === "console"))(
    "$page: what $chapter shows on a terminal is what the test of its page sees there",
    ({ page }) => expect(read(RUN_BY[page]!)).toContain(page.split("/").at(-1)),
  );

  test("of another language is no program", () => {
    const others = new Set(
      ALL.map(({ language }) => language).filter((language) => {
        return !isProgram({ language } as Fence) && !["sh", "diff", "console"].includes(language);
      }),
    );
    expect([...others].filter((name) => !["", "json", "mermaid", "text"].includes(name))).toEqual(
      [],
    );
  });
});

test("no fragment has outlived its page", () => {
  const keys = PROGRAMS.map(({ page, key }) => `${page}: ${key}`);
  for (const [page, fragments] of Object.entries(FRAGMENTS)) {
    for (const key of Object.keys(fragments)) expect(keys).toContain(`${page}: ${key}`);
  }
});

describe("the fragments, in an empty folder, from the packed tarball,", () => {
  const fragments = PROGRAMS.flatMap((block, index) => {
    const fragment: Fragment | undefined = FRAGMENTS[block.page]?.[block.key];
    const name = fragment?.file ?? `fragment_${index}.ts`;
    return fragment === undefined ? [] : [{ ...block, ...fragment, name }];
  });
  let user: NewUser;

  beforeAll(async () => {
    user = await newUser(
      ...["@aws-sdk/client-dynamodb", "express", "hono"],
      ...["memcache-client", "mysql2", "pg", "redis", "socket.io", "unstorage", "zod"],
      ...["@types/express", "@types/node", "@types/pg"],
    );
    for (const [name, text] of Object.entries(HELPERS)) user.write(name, text);
    for (const { name, before = "", code, after } of fragments) {
      user.write(
        name,
        `${before}\n${code}\n${after}\nexport {};\n`.replaceAll("PAGE", `./${name}`),
      );
    }
  });
  afterAll(() => user?.remove());

  test("have the right types", async () => {
    await user.compile(...Object.keys(HELPERS), ...fragments.map(({ name }) => name));
  });

  /** Runs one, and answers what it printed. */
  async function said(name: string, env: Record<string, string> = {}): Promise<string[]> {
    const all = { SECRET, NODE_NO_WARNINGS: "1", ...env };
    return (await run("node", [name], user.folder, all)).split("\n").slice(0, -1);
  }

  test.each(fragments.filter(({ server, file }) => server === undefined && file === undefined))(
    "$page: $key",
    async ({ name, says }) => expect(await said(name)).toEqual(says),
  );

  const SERVERS = {
    Redis: [skipRedis, async () => {
      const redis = await startRedis();
      return { env: { REDIS: `redis://127.0.0.1:${redis.port}` }, stop: () => redis.stop() };
    }],
    Postgres: [skipWithout(postgresBinary, "postgresql"), async () => {
      const postgres = await startPostgres();
      const { hostname, port, username, pathname } = new URL(postgres.url);
      const env = {
        ...{ PGHOST: hostname, PGPORT: port },
        ...{ PGUSER: username, PGDATABASE: pathname.slice(1) },
      };
      return { env, stop: () => postgres.stop() };
    }],
    MariaDB: [skipWithout(mariadbBinary, "mariadb-server"), async () => {
      const mariadb = await startMariadb();
      return { env: { MARIADB: mariadb.url }, stop: () => mariadb.stop() };
    }],
    memcached: [skipMemcached, async () => {
      const memcached = await startMemcached();
      return { env: { MEMCACHED: `127.0.0.1:${memcached.port}` }, stop: () => memcached.stop() };
    }],
    DynamoDB: [false, async () => {
      const dynamodb = await startDynamodb();
      const env = {
        AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamodb.port}`,
        ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      };
      return { env, stop: () => dynamodb.stop() };
    }],
  } as const;

  for (const [kind, [isSkipped, start]] of Object.entries(SERVERS)) {
    test.skipIf(isSkipped)(`README.md's store on ${kind}`, async () => {
      const { name, says } = fragments.find(({ server }) => server === kind)!;
      const { env, stop } = await start();
      try {
        expect(await said(name, env)).toEqual(says);
      } finally {
        await stop();
      }
    });
  }

  test("and the line that replaces express-session's", async () => {
    const { code } = ALL.find(({ language }) => language === "diff")!;
    const [, added] = /^\+(.*)$/m.exec(code)!;
    writeFileSync(join(user.folder, "one_line.cjs"), `${added}\nconsole.log(typeof session);\n`);
    expect(await said("one_line.cjs")).toEqual(["function"]);
  });
});
