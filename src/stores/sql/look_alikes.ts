/** Refuses what is no client, but has methods of the same names. */

/** What it is, by methods that together only it has; and what to pass instead. */
export type LookAlike = readonly [what: string, methods: readonly string[], instead: string];

const DRIVER = "the pool or the connection of the driver below it";

/** Query builders and mappers: they have a driver below them. */
const BUILDERS: readonly LookAlike[] = [
  ["Knex", ["raw", "batchInsert"], DRIVER],
  ["Sequelize", ["define", "authenticate"], DRIVER],
  ["TypeORM", ["createQueryRunner", "getRepository"], DRIVER],
  ["Prisma", ["$queryRawUnsafe"], DRIVER],
  ["Kysely", ["selectFrom", "executeQuery"], DRIVER],
  ["Drizzle", ["select", "insert", "update", "delete"], DRIVER],
];

/** Throws a TypeError that says what to pass, if the client is one of these or a builder. */
export function refuseLookAlikes(client: unknown, others: readonly LookAlike[]): void {
  for (const [what, methods, instead] of [...BUILDERS, ...others]) {
    if (!methods.every((name) => has(client, name))) continue;
    throw new TypeError(`Option "client" must be ${instead}, not ${what}`);
  }
}

/** Whether something has a method, without asking what has none. */
export function has(client: unknown, name: string): boolean {
  return typeof (Object(client) as Record<string, unknown>)[name] === "function";
}
