/** The programs of docs/migrating-*.md run as they stand there. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { root } from "../package/pack.ts";
import { writeSnippets } from "../testing/page_snippets.ts";
import { SECRET } from "./support.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

/** Asks twice with what the first answer set, and prints what was said. */
const VISITS = `
import { createServer } from "node:http";
const jar = new Map();
const keep = (response) => {
  for (const each of response.headers.getSetCookie()) {
    const [pair] = each.split(";");
    const at = pair.indexOf("=");
    jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return response.text();
};
const headers = () => ({ cookie: [...jar].map((pair) => pair.join("=")).join("; ") });
export async function byFetch(fetch, ...paths) {
  const said = [];
  for (const path of paths) said.push(await keep(await fetch(new Request("https://app.test" + path, { headers: headers() }))));
  console.log(said.join(", "));
}
export async function byServer(app, ...paths) {
  const server = createServer(app);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await byFetch((request) => fetch("http://127.0.0.1:" + port + new URL(request.url).pathname, { headers: headers() }), ...paths);
  server.close();
  server.closeAllConnections();
}
`;

const PAGES: Record<string, [main: string, said: string]> = {
  "migrating-express-session.md": [
    `import { app } from "./express_session.ts";
     import { noteWho } from "./bridge.ts";
     import { subjectOf } from "${root}/src/express/mod.ts";
     const passport = (req, _res, next) => (req.user = { id: "user-7" }, next());
     app.get("/who", passport, noteWho, (req, res) => void res.send(String(subjectOf(req))));
     await byServer(app, "/", "/", "/who", "/who", "/");`,
    "1 views, 2 views, user-7, user-7, 3 views",
  ],
  "migrating-cookie-session.md": [
    'import { app } from "./cookie_session.ts"; await byServer(app, "/", "/");',
    "1 views, 2 views",
  ],
  "migrating-iron-session.md": [
    `import { count, logout } from "./iron_session.ts";
     const jar = new Map();
     const said = [await count(jar), await count(Promise.resolve(jar))];
     await logout(jar);
     console.log([...said, jar.get("__Host-app")].join(", "));`,
    "1 views, 2 views, ",
  ],
  "migrating-fastify-session.md": [
    'import { fetch } from "./fastify_session.ts"; await byFetch(fetch, "/", "/");',
    "1 views, 2 views",
  ],
  "migrating-lucia.md": [
    'import { fetch } from "./lucia.ts"; await byFetch(fetch, "/", "/login", "/", "/everywhere", "/");',
    "nobody, logged in, user-7, user-7, nobody",
  ],
  "migrating-hono.md": [
    'import { app } from "./hono.ts"; await byFetch(app.fetch, "/", "/");',
    "1, 2",
  ],
};

describe.each(Object.entries(PAGES))("docs/%s", (page, [main, said]) => {
  const snippets = writeSnippets(page);
  afterAll(() => snippets.remove());

  test("its program runs", async () => {
    process.env["SECRET"] = SECRET;
    writeFileSync(join(snippets.folder, "visits.mjs"), VISITS);
    const uses = 'import { byFetch, byServer } from "./visits.mjs"; void byFetch; void byServer;';
    writeFileSync(join(snippets.folder, "main.mjs"), `${uses}\n${main}`);
    expect((await snippets.run("node", "main.mjs")).trim()).toBe(said.trim());
  });
});

test("each page of the folder is among them, and its links lead somewhere", () => {
  const docs = join(root, "docs");
  const pages = readdirSync(docs).filter((name) => name.startsWith("migrating-"));
  expect(pages.sort()).toEqual(Object.keys(PAGES).sort());
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const anchors = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title]) => {
    return title!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-");
  });
  for (const page of pages) {
    const text = readFileSync(join(docs, page), "utf8");
    for (const [, anchor] of text.matchAll(/\]\(\.\.\/README\.md#([\w-]+)\)/g)) {
      expect(anchors, page).toContain(anchor);
    }
    for (const [, file] of text.matchAll(/\]\(\.\.\/([\w/.-]+)\)/g)) {
      expect(() => readFileSync(join(root, file!)), `${page}: ${file}`).not.toThrow();
    }
    expect(readme, "the README's list").toContain(`docs/${page}`);
  }
});
