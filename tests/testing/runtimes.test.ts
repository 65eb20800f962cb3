import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { describe, expect, test, vi } from "vitest";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe("the kit runs, all of it, in", () => {
  test.for([["node"], ["deno", "run"], ["bun"]])("%s", ([command, ...args]) => {
    const options = { timeout: 240_000, encoding: "utf8" } as const;
    const child = spawnSync(command!, [...args, here("kit_script.ts")], options);
    expect(child.stderr).toBe("");
    expect(child.stdout).toBe("113 passed\n");
  });

  test("workerd", async () => {
    const { outputFiles } = await build({
      entryPoints: [here("kit_worker.ts")],
      bundle: true,
      format: "esm",
      write: false,
    });
    const script = outputFiles[0]!.text;
    const worker = new Miniflare(
      convertV4MiniflareOptions({
        host: "127.0.0.1",
        cf: false,
        modules: true,
        script,
        compatibilityDate: "2026-01-01",
      }),
    );
    try {
      expect(await (await worker.dispatchFetch("http://localhost/")).text()).toBe("113 passed");
    } finally {
      await worker.dispose();
    }
  });
});
