/** docs/errors.md names every code there is, and the lock's defaults. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkLock } from "../../src/core/lock_options.ts";
import { root } from "../package/pack.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/errors.md");

test("each code of src/errors.ts is a row of the page, in their order, and no other is", () => {
  const rows = [...page.matchAll(/^\| `([A-Z]+_[A-Z_]+)` \|/gm)].map(([, code]) => code);
  const codes = [...read("src/errors.ts").matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) =>
    code
  );
  expect(codes.length).toBeGreaterThan(10);
  expect(rows).toEqual(codes);
});

test("the defaults of lock() are those that it has", () => {
  const defaults = [...page.matchAll(/^\| `(wait|lease)` \|.*\| `([\d_]+)` \|$/gm)];
  expect(Object.fromEntries(defaults.map(([, name, ms]) => [name, Number(ms!.replace("_", ""))])))
    .toEqual(checkLock(() => {}, {}));
});
