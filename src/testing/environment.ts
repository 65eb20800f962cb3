/** The seed that whoever runs the tests asks for. */
import { freshSeed } from "./random.ts";

const NAME = "WEBSESSION_SEED";

interface Surroundings {
  readonly Deno?: {
    readonly env: { get(name: string): string | undefined };
    readonly permissions: {
      querySync(wanted: { name: "env"; variable: string }): { readonly state: string };
    };
  };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * The seed of `WEBSESSION_SEED`, or one that nobody chose.
 *
 * @throws {TypeError} If the variable is no whole number.
 */
export function seedOfRun(surroundings: object = globalThis): number {
  const text = variable(surroundings as Surroundings);
  if (text === undefined || text === "") return freshSeed();
  if (!/^\d{1,15}$/.test(text)) {
    throw new TypeError(`Variable ${NAME} must be a whole number, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}

function variable({ Deno, process }: Surroundings): string | undefined {
  if (Deno === undefined) return process?.env?.[NAME];
  // Deno would ask the person at the terminal; a seed is not worth that.
  const { state } = Deno.permissions.querySync({ name: "env", variable: NAME });
  return state === "granted" ? Deno.env.get(NAME) : undefined;
}
