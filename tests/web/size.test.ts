/** What a bundle pays for the Hono middleware and the core below it. */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test, vi } from "vitest";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = join(import.meta.dirname, "../..");

async function measure(entry: string): Promise<{ bytes: number; parts: [string, number][] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    // What is loaded beside the first request (diagnosis.ts) holds up none.
    plugins: [{
      name: "lazy",
      setup: (build) => {
        build.onResolve({ filter: /^\.{1,2}\// }, ({ kind, path }) => {
          return kind === "dynamic-import" ? { path, external: true } : undefined;
        });
      },
    }],
  });
  const [output] = Object.values(metafile.outputs);
  const parts = Object.entries(output!.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file, { bytesInOutput }]): [string, number] => [file, bytesInOutput])
    .sort(([, a], [, b]) => b - a);
  return { bytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).length, parts };
}

test("the Hono middleware with the core stays small, and says where its bytes are", async () => {
  const hono = await measure("src/web/hono.ts");
  const web = await measure("mod.ts");
  const minified = hono.parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  const kb = (bytes: number) => (bytes / 1000).toFixed(1);
  process.stdout.write(
    `\n./hono with the core, minified and gzipped: ${kb(hono.bytes)} kB (. alone ${
      kb(web.bytes)
    } kB)\n` +
      `minified ${kb(minified)} kB, of which\n` +
      hono.parts.slice(0, 10).map(([file, bytes]) => `  ${kb(bytes).padStart(5)} ${file}\n`).join(
        "",
      ),
  );
  expect(hono.bytes).toBeLessThan(34_720);
  // Types only: the framework is the application's.
  expect(hono.parts.filter(([file]) => file.includes("node_modules/hono"))).toEqual([]);
  // Who binds no devices, or seals no sessions, pays nothing for those who do.
  expect(hono.parts.filter(([file]) => /dbsc|device_adapter|sealed/.test(file))).toEqual([]);
  // The store that is there without being asked for has no options to check.
  expect(hono.parts.filter(([file]) => /stores.*options|option_checks/.test(file)))
    .toEqual([["src/option_checks.ts", expect.any(Number)]]);
});

test("the entries for the edge bring no store, and are smaller by it", async () => {
  const hono = await measure("src/web/edge_hono.ts");
  const web = await measure("src/web/edge.ts");
  process.stdout.write(
    `\n./edge/hono, minified and gzipped: ${hono.bytes} bytes (./edge alone ${web.bytes})\n`,
  );
  expect(hono.bytes).toBeLessThan(32_970);
  for (const { parts } of [hono, web]) {
    expect(parts.filter(([file]) => file.includes("stores/"))).toEqual([]);
  }
});
