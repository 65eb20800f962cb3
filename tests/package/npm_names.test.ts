/** Whoever reads an example on npm can paste it: it imports what npm calls it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { npmExports } from "../../scripts/entries.ts";
import { withNpmNames } from "../../scripts/npm_names.ts";
import { root, run, tarball } from "./pack.ts";

// npm packs the package: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

test.for([
  ['from "@websession/websession";', 'from "websession/web";'],
  ["from '@websession/websession/stores/deno-kv'", "from 'websession/stores/deno-kv'"],
  ['import("@websession/websession/testing")', 'import("websession/testing")'],
  ["JSR: `@websession/websession`", "JSR: `@websession/websession`"],
])("%s is %s on npm", ([jsr, npm]) => {
  expect(withNpmNames(jsr!)).toBe(npm);
});

test("every example imports what npm exports", () => {
  const exported = new Set(Object.keys(npmExports()).map((path) => `websession${path.slice(1)}`));
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts")).map((file) => join("src", file)).concat("mod.ts");
  let imports = 0;
  for (const file of sources) {
    const text = withNpmNames(readFileSync(join(root, file), "utf8"));
    for (const [, name] of text.matchAll(/^ *\* import .* from "(websession[^"]*)"/gm)) {
      expect(exported, file).toContain(name);
      imports++;
    }
  }
  expect(imports).toBeGreaterThan(40);
});

test("nothing in the tarball imports by JSR's name", async () => {
  const file = await tarball();
  // The tool writes applications for Deno, which import by JSR's.
  const aside = "--exclude=package/dist/cli/*";
  const texts = await run("tar", ["-xzOf", file, aside, "--wildcards", "package/dist/*"]);
  expect(texts).toContain('from "websession/testing"');
  expect(texts).not.toMatch(/["']@websession\/websession/);
});
