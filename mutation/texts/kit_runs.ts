/** Where each module's mutants meet the kit: servers that stay up from mutant to mutant. */
import type { Ground } from "./ground.ts";
import type { Language } from "./literals.ts";
import { redisGround } from "./redis_grounds.ts";
import { mariadbGround, postgresGround, sqliteGround } from "./sql_grounds.ts";

/** Before Redis 7 there is no PEXPIRETIME. */
const OLD = ["--rename-command", "PEXPIRETIME", ""];

const GROUNDS: Readonly<Record<string, () => Promise<Ground>>> = {
  redis: () => redisGround("one server"),
  cluster: () => redisGround("as in a cluster"),
  rest: () => redisGround("as over REST"),
  "old redis": () => redisGround("one server", ...OLD),
  sqlite: sqliteGround,
  postgres: postgresGround,
  mariadb: mariadbGround,
};

/** Where the mutants of a module are tried, one ground after the other. */
export function groundsFor(
  file: string,
  language: Language,
): readonly string[] {
  if (/cross_slot/.test(file)) return ["cluster"];
  if (language === "lua") {
    if (/scripts\.ts/.test(file)) return ["redis", "rest"];
    if (/scripts_subject/.test(file)) return ["redis", "cluster"];
    return ["redis", ...(/\/lua\.ts/.test(file) ? ["old redis"] : [])];
  }
  if (/postgres/.test(file)) return ["postgres"];
  if (/mysql/.test(file)) return ["mariadb"];
  return /sqlite/.test(file) ? ["sqlite"] : ["sqlite", "postgres", "mariadb"];
}

const opened = new Map<string, Promise<Ground>>();

export function groundOf(name: string): Promise<Ground> {
  let ground = opened.get(name);
  if (ground === undefined) opened.set(name, ground = GROUNDS[name]!());
  return ground;
}

export async function stopAll(): Promise<void> {
  for (const ground of opened.values()) await (await ground).stop();
}
