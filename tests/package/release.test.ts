/** Nothing is published by accident, and everything short of it can be tried. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { PLACEHOLDER, unnamed } from "../../scripts/placeholders.ts";
import { root, run, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const npm = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const named = {
  author: "A. Author",
  repository: { type: "git", url: "git+https://git.example/a/websession.git" },
  homepage: "https://websession.example/",
  bugs: { url: "https://git.example/a/websession/issues" },
};

test("a manifest that names its home may be published, one with a gap may not", () => {
  expect(unnamed(named)).toEqual([]);
  for (const field of Object.keys(named)) {
    expect(unnamed({ ...named, [field]: undefined })).toHaveLength(1);
    const text = JSON.stringify(named[field as keyof typeof named]);
    const unknown = JSON.parse(text.replace(/[\w.+]*(example|Author)/, PLACEHOLDER));
    expect([field, ...unnamed({ ...named, [field]: unknown })]).toHaveLength(2);
  }
});

test("while this one has placeholders, `npm publish` is refused before anything is built", async () => {
  expect(npm.scripts.prepublishOnly).toBe("node scripts/refuse_placeholders.ts");
  const refused = run("node", ["scripts/refuse_placeholders.ts"]);
  if (unnamed(npm).length === 0) await refused;
  else await expect(refused).rejects.toThrow("publishing is refused");
});

test("everything short of publishing is ready, and a tag of another version is not", async () => {
  const check = async (tag: string) => {
    return await run("node", ["scripts/release_check.ts", "--tag", tag, "--tarball", file]);
  };
  const file = await tarball();
  expect(await check(`v${npm.version}`)).toContain(`Version ${npm.version} can be released`);
  await expect(check("v0.0.1")).rejects.toThrow("the tag is v0.0.1");
});
