/** Shows one mutant to the kit: whoever notices first is told. */
import type { Case, Ground } from "./ground.ts";
import { groundOf } from "./kit_runs.ts";
import { load } from "./modules.ts";

/** Milliseconds after which a case has noticed that something hangs, or is slow. */
const PATIENCE = 6_000;

/** How often each case has noticed a mutant: those that notice most are asked first. */
const noticed = new Map<string, number>();

/** The case that notices, or nothing. */
export async function tryKit(
  names: readonly string[],
  path: string,
  broken: string,
): Promise<string | undefined> {
  for (const name of names) {
    const ground = await groundOf(name);
    let cases: Case[];
    try {
      cases = ground.cases(await load(ground.entry, path, broken) as never);
    } catch (error) {
      // Of the module around it, which somebody is just writing.
      if (error instanceof SyntaxError) throw error;
      return `${ground.name}: ${String(error)}`;
    }
    const death = await firstFailure(ground, cases);
    if (death !== undefined) return death;
  }
  return undefined;
}

/** All cases pass on what is not broken, or there is nothing to find out. */
export async function checkUnbroken(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const ground = await groundOf(name);
    const begun = Date.now();
    const cases = ground.cases(await load(ground.entry) as never);
    const death = await firstFailure(ground, cases);
    if (death !== undefined) throw new Error(`Fails unbroken: ${death}`);
    console.log(
      `${ground.name}: ${cases.length} cases, ${Date.now() - begun} ms`,
    );
  }
}

async function firstFailure(
  ground: Ground,
  cases: readonly Case[],
): Promise<string | undefined> {
  const rank = ({ name }: Case) => noticed.get(name) ?? 0;
  for (const each of [...cases].sort((one, other) => rank(other) - rank(one))) {
    const end = await outcomeOf(each);
    if (end === "hangs") {
      console.log(`${ground.name} begins anew: ${each.name}`);
      await ground.renew();
    }
    if (end === "passes") continue;
    noticed.set(each.name, rank(each) + 1);
    return `${ground.name}: ${each.name.slice(each.name.indexOf(": ") + 2)}${
      end === "hangs" ? " (hangs)" : ""
    }`;
  }
  return undefined;
}

async function outcomeOf({ run }: Case): Promise<"passes" | "fails" | "hangs"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"hangs">((resolve) => {
    timer = setTimeout(resolve, PATIENCE, "hangs");
  });
  const done = run().then(() => "passes" as const, () => "fails" as const);
  const outcome = await Promise.race([done, late]);
  clearTimeout(timer);
  return outcome;
}
