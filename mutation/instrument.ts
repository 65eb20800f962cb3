/** Every way of breaking some files, in one text each: which one is active is asked at run time. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

interface Position {
  readonly line: number;
  readonly column: number;
}

/** One way of breaking a file. */
export interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement: string;
  /** Lines are counted from 0. */
  readonly location: { readonly start: Position; readonly end: Position };
}

export interface Instrumented {
  readonly mutants: readonly Mutant[];
  /** The text that holds them, by the file's path. */
  readonly texts: ReadonlyMap<string, string>;
}

interface Instrumenter {
  instrument(files: readonly object[], options: object): Promise<{
    readonly files: readonly {
      readonly name: string;
      readonly content: string;
    }[];
    readonly mutants: readonly Mutant[];
  }>;
}

const silent = new Proxy({}, { get: () => () => false });

/** @param files Paths from the repository's root. */
export async function instrument(
  files: readonly string[],
): Promise<Instrumented> {
  const here = createRequire(import.meta.url);
  const { createInstrumenter } = await import(
    here.resolve("@stryker-mutator/instrumenter")
  );
  const { commonTokens } = await import(
    here.resolve("@stryker-mutator/api/plugin")
  );
  const { createInjector } = await import(here.resolve("typed-inject"));
  const options = {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
    mutators: [],
  };
  const instrumenter = createInjector()
    .provideValue(commonTokens.logger, silent)
    .provideValue(commonTokens.getLogger, () => silent)
    .provideValue(commonTokens.options, { mutator: options })
    .injectFunction(createInstrumenter) as Instrumenter;
  const root = fileURLToPath(new URL("../", import.meta.url));
  const sources = files.map((file) => {
    const name = resolve(root, file);
    return { name, content: readFileSync(name, "utf8"), mutate: true };
  });
  const made = await instrumenter.instrument(sources, options);
  return {
    mutants: made.mutants.map((
      { id, fileName, mutatorName, replacement, location },
    ) => (
      { id, fileName, mutatorName, replacement, location }
    )),
    texts: new Map(made.files.map(({ name, content }) => [name, content])),
  };
}
