/** What looks for troubles: where sessions in memory are said to be none of production. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { NO_LIMITS } from "../../src/core/lifecycle.ts";
import { EventHub } from "../../src/events.ts";
import { diagnosisOf } from "../../src/web/diagnosis.ts";
import { watchWarnings } from "./warned.ts";

const { said } = watchWarnings();
afterEach(() => vi.unstubAllGlobals());

const looks = (isInMemory = true) =>
  diagnosisOf(NO_LIMITS, isInMemory, new EventHub(() => {}), true);
const inMemory = expect.stringMatching(/^sessions are kept in the memory of this process/);
const production = { env: { NODE_ENV: "production" } };

/** A runtime by what it puts on the global object. */
function runtime(globals: Record<string, unknown>) {
  for (const name of ["process", "navigator", "Deno"]) vi.stubGlobal(name, globals[name]);
}
/** What Deno lets a program read. */
const deno = (state: string) => ({
  permissions: {
    querySync: ({ name, variable }: Record<string, string>) => ({
      state: name === "env" && variable === "NODE_ENV" ? state : "of something else",
    }),
  },
});

describe("sessions in memory", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a process that says so", { process: production }],
    ["Deno, where it may be asked", { process: production, Deno: deno("granted") }],
    ["Workers, wherever they run", { navigator: { userAgent: "Cloudflare-Workers" } }],
  ])("are warned of in production: %s", async (_where, globals) => {
    runtime(globals);
    looks();
    vi.unstubAllGlobals();
    expect(await said()).toEqual([inMemory]);
  });

  test.each<[string, Record<string, unknown>]>([
    ["a process that says something else", { process: { env: { NODE_ENV: "test" } } }],
    ["a process that says nothing", { process: { env: {} } }],
    ["a runtime without an environment", { process: {} }],
    ["a runtime without a process", {}],
    ["a browser's worker", { navigator: { userAgent: "Mozilla/5.0" } }],
    ["a navigator that tells nothing", { navigator: {} }],
    ["Deno, which would have to ask", { process: production, Deno: deno("prompt") }],
    ["a runtime that refuses to tell", {
      get process(): unknown {
        return {
          get env(): unknown {
            throw new Error("denied");
          },
        };
      },
    }],
  ])("are not where it is none, as far as is known: %s", async (_where, globals) => {
    runtime(globals);
    looks();
    vi.unstubAllGlobals();
    expect(await said()).toEqual([]);
  });

  test("are not where there are none", async () => {
    runtime({ process: production });
    looks(false);
    vi.unstubAllGlobals();
    expect(await said()).toEqual([]);
  });
});
