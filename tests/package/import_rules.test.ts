/** The guard of the imports can fail, on each kind of violation. */
import { describe, expect, test, vi } from "vitest";
import { importsOf, violations } from "../../scripts/import_rules.ts";
import { run } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const sources = (files: Record<string, string>) => new Map(Object.entries(files));
const check = (file: string, specifier: string) =>
  violations(sources({ [file]: `import type { X } from "${specifier}";` }));
const circle = (...files: string[]) =>
  violations(sources(Object.fromEntries(files.map((file, index) => {
    const next = files[(index + 1) % files.length]!.split("/").at(-1)!;
    return [file, `import type { X } from "./${next}";`];
  }))));

describe("imports", () => {
  test("this repository keeps to the table", async () => {
    expect(await run("node", ["scripts/check_imports.ts"])).toContain("keep to the table");
  });

  test.for([
    ["src/store.ts", "./core/merge.ts", "the top level knows no folder"],
    ["src/clock.ts", "node:timers", "the top level is no Node program"],
    ["src/cookie/signer.ts", "../core/policy.ts", "a cookie knows no session"],
    ["src/cookie/signer.ts", "node:crypto", "cookies are no Node program"],
    ["src/core/session_manager.ts", "../web/request_session.ts", "the core knows no entry"],
    ["src/core/session_manager.ts", "../stores/memory.ts", "the core knows no store"],
    ["src/core/session_manager.ts", "../express/mod.ts", "nor Express"],
    ["src/core/session_manager.ts", "cookie", "the core writes no header"],
    ["src/stores/redis.ts", "node:net", "a store is no Node program"],
    ["src/stores/redis.ts", "redis", "a client is a shape, not a dependency"],
    ["src/stores/redis.ts", "../core/merge.ts", "a store knows the contract alone"],
    ["src/stores/redis.ts", "../cookie/signer.ts", "and no cookie"],
    [
      "src/stores/redis.ts",
      "../web/sealed_transport.ts",
      "what serves sealed sessions is not for it",
    ],
    ["src/stores/cookie/store.ts", "../../web/fetch.ts", "a sealed store knows no entry either"],
    ["src/stores/redis.ts", "./memory.ts", "a store knows no other store"],
    ["src/stores/redis.ts", "./unstorage/key.ts", "nor what is another store's"],
    ["src/stores/sql/store.ts", "../../core/merge.ts", "also in its folder"],
    ["src/testing/kit.ts", "../stores/memory.ts", "the kit knows no store"],
    ["src/testing/kit.ts", "../core/merge.ts", "nor the core"],
    ["src/web/fetch.ts", "../express/mod.ts", "the Web does not know Express"],
    ["src/web/fetch.ts", "../stores/redis.ts", "it brings the memory store alone"],
    ["src/web/fetch.ts", "../stores/memory/sweeper.ts", undefined],
    ["src/web/fetch.ts", "node:http", "the Web is no Node program"],
    ["src/web/fetch.ts", "hono", "a framework stands in its own file"],
    ["src/express/express_adapter.ts", "../web/options.ts", "Express does not know the Web"],
    ["src/express/express_adapter.ts", "express", "Express is a shape, not a dependency"],
    ["src/express/express_adapter.ts", "../stores/redis.ts", "it brings no other store"],
    ["mod.ts", "./src/express/mod.ts", "the Web entry has nothing of Express"],
    ["mod.ts", "./src/cli/run.ts", "nothing loads the tool"],
    ["src/express/mod.ts", "../cli/run.ts", "nor does Express"],
    ["src/stores/redis.ts", "../cli/run.ts", "nor a store"],
    ["src/web/fetch.ts", "commander", "what the tool stands on is for the tool"],
    ["src/express/mod.ts", "@clack/prompts", "nobody else asks anything"],
    ["src/cli/run.ts", "redis", "the tool brings no client"],
    ["src/cli/run.ts", "../testing/mod.ts", "nor the kit"],
    ["src/elsewhere/file.ts", "../store.ts", "a new folder needs a row"],
    ["src/core/policy.ts", "../elsewhere/file.ts", "and is not imported without one"],
    ["src/core/policy.ts", "./merge", "imports name files"],
  ])("%s ⇏ %s: %s", ([file, specifier, why]) => {
    expect(check(file!, specifier!)).toHaveLength(why === undefined ? 0 : 1);
  });

  test.for([
    ["src/core/session_manager.ts", "./policy.ts"],
    ["src/core/session_json.ts", "../cookie/cookie_json.ts"],
    ["src/cookie/set_cookie_header.ts", "cookie"],
    ["src/stores/redis.ts", "./redis/scripts.ts"],
    ["src/stores/cookie/store.ts", "../../web/sealed_transport.ts"],
    ["src/stores/mysql.ts", "./sql/mysql.ts"],
    ["src/stores/redis.ts", "../store.ts"],
    ["src/web/hono.ts", "hono"],
    ["src/web/web_adapter.ts", "../stores/memory.ts"],
    ["src/express/express_adapter.ts", "node:http"],
    ["src/express/express_adapter.ts", "../stores/express/callback_store.ts"],
    ["src/testing/cases/application.ts", "../../web/fetch.ts"],
    ["mod.ts", "./src/web/fetch.ts"],
  ])("%s may import %s", ([file, specifier]) => {
    expect(check(file!, specifier!)).toEqual([]);
  });

  test("a circle of two types is one", () => {
    expect(circle("src/core/merge.ts", "src/core/session_state.ts")).toEqual([
      "a circle of imports: src/core/merge.ts, src/core/session_state.ts",
    ]);
  });

  test("so is a longer one, and a file that imports itself", () => {
    expect(circle("src/web/a.ts", "src/web/b.ts", "src/web/c.ts")).toHaveLength(1);
    expect(circle("src/web/a.ts")).toHaveLength(1);
  });

  test("express/cookie and its adapter: only express-session's own triangle may turn round", () => {
    expect(circle("src/express/cookie.ts", "src/express/express_adapter.ts")).toHaveLength(1);
    expect(circle("src/express/session.ts", "src/express/store.ts", "src/express/types.ts"))
      .toEqual([]);
    expect(circle("src/express/session.ts", "src/express/store.ts", "src/express/options.ts"))
      .toHaveLength(1);
  });

  test("two files that import a third are no circle", () => {
    const found = violations(sources({
      "src/core/a.ts": 'import "./c.ts"; import "./b.ts";',
      "src/core/b.ts": 'import "./c.ts";',
      "src/core/c.ts": "",
    }));
    expect(found).toEqual([]);
  });

  test("examples in comments are no imports; lazy ones, types and re-exports are", () => {
    const text = `/** \`\`\`ts\n * import a from "node:a";\n */\nexport * from "./b.ts";\n` +
      `await import("./c.ts");\ntype D = import("./d.ts").D;\nexport type { E } from "./e.ts";`;
    expect(importsOf(text)).toEqual(["./b.ts", "./c.ts", "./d.ts", "./e.ts"]);
  });
});
