/** The script that guards the arrows can fail. */
import { describe, expect, test } from "vitest";
import { importsOf, violations } from "../../scripts/arrows.ts";
import { run } from "./pack.ts";

const check = (file: string, specifier: string) =>
  violations(new Map([[file, `import type { X } from "${specifier}";`]]));

describe("the arrows", () => {
  test("this repository keeps to them", async () => {
    expect(await run("node", ["scripts/check_arrows.ts"])).toContain("keep to the arrows");
  });

  test.for([
    ["src/session_manager.ts", "./stores/memory.ts", "the core knows no store"],
    ["src/session_manager.ts", "./adapters/fetch.ts", "the core knows no door"],
    ["src/policy.ts", "./session_manager.ts", "a room does not know the spine"],
    ["src/store.ts", "./errors.ts", "the contract stands alone"],
    ["src/signer.ts", "node:crypto", "the core is no Node program"],
    ["src/stores/redis.ts", "node:net", "a store is no Node program"],
    ["src/stores/redis.ts", "redis", "a client is a shape, not a dependency"],
    ["src/stores/redis.ts", "../session.ts", "a store knows the contract alone"],
    ["src/stores/redis.ts", "./memory.ts", "a store knows no other store"],
    ["src/stores/redis.ts", "./unstorage/key.ts", "nor what is another store's"],
    ["src/stores/sql/store.ts", "../../session.ts", "also in its folder"],
    ["src/testing/kit.ts", "../stores/memory.ts", "the kit knows no store"],
    ["src/adapters/fetch.ts", "./express/mod.ts", "a door knows no other door"],
    ["src/adapters/fetch.ts", "node:http", "the fetch door is no Node program"],
    ["src/adapters/express/door.ts", "express", "Express is a shape, not a dependency"],
    ["src/adapters/express/door.ts", "../../stores/redis.ts", "a door brings no other store"],
    ["src/elsewhere/file.ts", "../store.ts", "a new room needs a rule"],
    ["src/policy.ts", "./merge", "imports name files"],
  ])("%s must not import %s: %s", ([file, specifier]) => {
    expect(check(file!, specifier!)).toHaveLength(1);
  });

  test.for([
    ["src/session_manager.ts", "./policy.ts"],
    ["src/cookie.ts", "cookie"],
    ["src/stores/redis.ts", "./redis/scripts.ts"],
    ["src/stores/mysql.ts", "./sql/mysql.ts"],
    ["src/stores/redis.ts", "../store.ts"],
    ["src/adapters/express/door.ts", "node:http"],
    ["src/adapters/express/door.ts", "../../stores/memory.ts"],
  ])("%s may import %s", ([file, specifier]) => {
    expect(check(file!, specifier!)).toEqual([]);
  });

  test("examples in comments are no imports, lazy ones and re-exports are", () => {
    const text =
      `/** \`\`\`ts\n * import a from "node:a";\n */\nexport * from "./b.ts";\nawait import("./c.ts");`;
    expect(importsOf(text)).toEqual(["./b.ts", "./c.ts"]);
  });
});
