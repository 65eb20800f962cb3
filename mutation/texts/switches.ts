/** A module whose texts are chosen when it is loaded: each as it is, or as one of its mutants has it. */
import type { Mutant } from "./operators.ts";

/** A mutant, and the name by which it is switched on. */
export interface Named {
  readonly id: string;
  readonly mutant: Mutant;
}

/** What `../trials.ts` switches on, and wants to know. */
const CHOOSE = `
const __choose = (text, others) => {
  const { activeMutant, currentTestId, mutantCoverage } = globalThis.__stryker__ ?? {};
  const hits = currentTestId === undefined
    ? mutantCoverage?.static
    : mutantCoverage && (mutantCoverage.perTest[currentTestId] ??= {});
  if (hits) for (const id of Object.keys(others)) hits[id] = 1;
  return activeMutant !== undefined && Object.hasOwn(others, activeMutant)
    ? others[activeMutant]()
    : text;
};
`;

/** Things by what they have in common. */
export function groupBy<K, T>(
  things: readonly T[],
  keyOf: (thing: T) => K,
): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    groups.set(key, [...groups.get(key) ?? [], thing]);
  }
  return groups;
}

/** A source with a switch for each of the mutants, which are all of it. */
export function withSwitches(source: string, named: readonly Named[]): string {
  const byPlace = groupBy(named, ({ mutant }) => mutant.literal.at);
  let text = "";
  let from = 0;
  for (const [at, all] of [...byPlace].sort(([one], [other]) => one - other)) {
    const end = at + all[0]!.mutant.literal.text.length + 1;
    const others = all.map(({ id, mutant }) => `"${id}": () => ${mutant.expression}`);
    text += `${source.slice(from, at - 1)}__choose(${source.slice(at - 1, end)}, {${
      others.join(", ")
    }})`;
    from = end;
  }
  // A declaration in front of the imports, which are done first anyway.
  return CHOOSE + text + source.slice(from);
}
