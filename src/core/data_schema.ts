/** What the data of a session must look like: a Standard Schema, a version, and a way up to it. */
import { kindOf, SessionError } from "../errors.ts";
import { isPromise } from "../maybe_promise.ts";
import { callable } from "../option_checks.ts";
import type { Data } from "./session_data.ts";
import { META, notesIn } from "./session_metadata.ts";

/**
 * A schema of any library that speaks Standard Schema, version 1: zod, valibot and arktype
 * do. One that validates asynchronously is refused where it is first asked.
 *
 * @example Without a library
 * ```ts
 * import { createSessions, type StandardSchema } from "@websession/websession";
 *
 * const schema: StandardSchema = {
 *   "~standard": {
 *     version: 1,
 *     validate: (value) => "n" in Object(value) ? { value } : { issues: [{ path: ["n"] }] },
 *   },
 * };
 * createSessions({ secret: "x".repeat(32), schema });
 * ```
 */
export interface StandardSchema {
  /** The schema, as the standard names it. */
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => unknown;
  };
}

type Verdict =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

interface Issue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The options about the data of sessions. */
export interface DataOptions {
  /**
   * What the data must look like, checked when a session is loaded and before it is stored;
   * the handler gets what the schema makes of them. Data that do not fit are nobody's
   * session when they are found (`rejected`, with the reason `schema`), and
   * `SESSION_INVALID` when they are to be stored. A new session must fit from its first
   * write on. @default any data
   */
  schema?: StandardSchema | undefined;
  /** The version of the data, a whole number, noted on each session. @default {0} */
  schemaVersion?: number | undefined;
  /**
   * Brings data of an older version to this one, before they are checked; `version` is
   * what was noted, 0 where nothing was. What it throws is an `error` event, and the
   * session nobody's.
   */
  migrate?: ((data: Record<string, unknown>, version: number) => unknown) | undefined;
}

export class DataSchema {
  readonly version: number;
  readonly #schema: StandardSchema;
  readonly #migrate: NonNullable<DataOptions["migrate"]>;

  constructor(schema: StandardSchema, version: number, migrate: DataOptions["migrate"]) {
    this.#schema = schema;
    this.version = version;
    this.#migrate = migrate ?? ((data) => data);
  }

  /** Data that were found, as the handler is to see them; `undefined`: they do not fit. */
  read(found: Data): Data | undefined {
    const { cookie, [META]: _, ...own } = found;
    const notes = notesIn(found);
    const { dataVersion = 0 } = notes;
    const data = structuredClone(own);
    const migrated = dataVersion < this.version ? this.#migrate(data, dataVersion) : data;
    const verdict = this.#ask(migrated);
    if (verdict.issues !== undefined || !isObject(verdict.value)) return undefined;
    const noted = this.version === 0 ? notes : { ...notes, dataVersion: this.version };
    const isNoted = Object.keys(noted).length > 0;
    return { ...verdict.value, cookie, ...isNoted && { [META]: noted } };
  }

  /** Refuses data that do not fit, as they would be stored. */
  check(content: string): void {
    const { [META]: _, ...data } = JSON.parse(content) as Data;
    const { issues } = this.#ask(data);
    if (issues === undefined) return;
    const [step] = issues[0]?.path ?? [];
    const key = typeof step === "object" ? step.key : step;
    const where = key === undefined ? "The session's data do" : `Session key "${String(key)}" does`;
    throw new SessionError("SESSION_INVALID", `${where} not fit the schema`);
  }

  #ask(value: unknown): Verdict {
    const verdict = this.#schema["~standard"].validate(value) as Verdict | Promise<Verdict>;
    if (!isPromise(verdict)) return verdict;
    verdict.catch(() => {});
    throw new TypeError('Option "schema" must validate at once: this one answers by a promise');
  }
}

/** Checks the options about data. */
export function resolveSchema(
  { schema, schemaVersion, migrate }: DataOptions,
): DataSchema | undefined {
  if (schema === undefined) {
    for (const [name, value] of Object.entries({ schemaVersion, migrate })) {
      if (value !== undefined) throw new TypeError(`Option "${name}" needs the option "schema"`);
    }
    return undefined;
  }
  if (typeof Object(Object(schema)["~standard"]).validate !== "function") {
    throw new TypeError(`Option "schema" must be a Standard Schema, not ${kindOf(schema)}`);
  }
  const version = schemaVersion ?? 0;
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new TypeError(`Option "schemaVersion" must be a whole number, not ${kindOf(version)}`);
  }
  return new DataSchema(schema, version, callable("migrate", migrate));
}

function isObject(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
