/** Runs the statements of one table, and says what its failures mean. */
import { after, attempt } from "../../maybe_promise.ts";
import type { MaybePromise } from "../../store.ts";
import type {
  Dialect,
  Driver,
  FoundTable,
  Place,
  Result,
  Scalar,
  Statement,
  Values,
} from "./dialect.ts";
import { again } from "./retries.ts";
import { toBeRun, toFoundTable, whatIsMissing } from "./schema.ts";
import { whyUnmade } from "./unmade.ts";

export class Runner {
  readonly dialect: Dialect;
  /** The table's name, in quotes and with its schema. */
  readonly name: string;
  readonly #driver: Driver;
  readonly #place: Place;

  constructor(dialect: Dialect, driver: Driver, place: Place) {
    const { table, schema } = place;
    const name = dialect.quote(table);
    this.dialect = dialect;
    this.name = schema === undefined ? name : `${dialect.quote(schema)}.${name}`;
    this.#driver = (statement, values) => after(driver(statement, values), checked);
    this.#place = place;
  }

  /**
   * Runs a statement; where it fails for what the table lacks, the error says so.
   *
   * @param next What is sent instead once the database undid one: a statement of the same parameters.
   */
  run(statement: Statement, values: Values, next?: () => Statement): MaybePromise<Result> {
    const { dialect } = this;
    const bound = statement.parameters.map((name): Scalar => {
      const value = values[name] ?? null;
      const time = name === "now" || name === "expire";
      return time && typeof value === "number" ? dialect.toTime(value) : value;
    });
    return attempt(() => this.#ask(statement, bound, next), (error) => {
      if (dialect.isMissing(error)) return this.#explain(error);
      throw error;
    });
  }

  /** Makes the table and its indexes, or adds what it lacks: what is there is only looked at. */
  async createSchema(): Promise<void> {
    let found: FoundTable | undefined;
    let rest: string[] = [];
    try {
      found = toFoundTable((await this.#ask(this.#look())).rows);
      for (
        rest = toBeRun(this.dialect, this.#place, found);
        rest.length > 0;
        rest = rest.slice(1)
      ) {
        await this.#make(rest[0]!);
      }
    } catch (error) {
      throw whyUnmade(this.dialect, this.#place, { found, rest }, error) ?? error;
    }
  }

  async #make(text: string): Promise<void> {
    try {
      await this.#ask(once(text, false));
    } catch (error) {
      // Somebody made the same at the same moment.
      if (!this.dialect.isDuplicate(error)) throw error;
    }
  }

  /** Runs a statement, again if the database undid it. */
  #ask(
    statement: Statement,
    bound: Scalar[] = [],
    next = (): Statement => statement,
  ): MaybePromise<Result> {
    const { isTransient } = this.dialect;
    return attempt(() => this.#driver(statement, bound), (error) => {
      if (isTransient(error)) return again(() => this.#driver(next(), bound), isTransient);
      throw error;
    });
  }

  #look(): Statement {
    return once(this.dialect.look(this.#place, this.name), true);
  }

  /** The driver's error, or ours where that says more: what there is of the table decides. */
  #explain(error: unknown): MaybePromise<never> {
    return after(this.#driver(this.#look(), []), ({ rows }) => {
      throw whatIsMissing(this.dialect, this.#place, toFoundTable(rows)) ?? error;
    });
  }
}

/** Every row of ours has one of these. */
const NAMES = ["json", "live", "sid", "at", "kind"] as const;

/** Refuses rows that would pass for such as hold nothing. */
function checked(result: Result): Result {
  const [row] = result.rows;
  if (row === undefined) return result;
  const isNamed = Array.isArray(row) ? row.length === 0 : NAMES.some((name) => name in Object(row));
  if (isNamed) return result;
  throw new TypeError(
    'Option "client" must answer rows as objects, by the names of their columns',
  );
}

/** A statement that no connection need remember. */
function once(text: string, rows: boolean): Statement {
  return { text, parameters: [], rows, once: true };
}
