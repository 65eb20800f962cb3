/** What the Hono middleware takes, and the types of what it sets. */
import type { Context, Env } from "hono";
import type { Sessions } from "./make_sessions.ts";
import type { SealedSessionOptions, SessionOptions } from "./options.ts";
import type { Session, SessionShape } from "./session.ts";

/** Options of the middleware: those of every Web entry, and the variable's name. */
export interface HonoSessionOptions<Key extends string = "session"> extends SessionOptions {
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/** The same where the browser has the whole session, sealed. */
export interface HonoSealedSessionOptions<Key extends string = "session">
  extends SealedSessionOptions {
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/**
 * In place of options: sessions made by `createSessions()`, for an app that
 * also listens to their events, or logs a subject out everywhere.
 */
export interface HonoSharedSessions<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> {
  /** What `createSessions()` made. */
  sessions: Sessions<Data>;
  /** The context variable that holds the session: `c.var.session`. @default {"session"} */
  key?: Key | undefined;
}

/** The context variables the middleware sets, for Hono's `Variables`. */
export type SessionVariables<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> = { [Name in Key]: Session<Data> };

/** The environment the middleware brings: `new Hono<SessionEnv<{ views: number }>>()`. */
export interface SessionEnv<
  Data extends SessionShape = Record<string, unknown>,
  Key extends string = "session",
> extends Env {
  /** The session's variable. */
  Variables: SessionVariables<Data, Key>;
}

/** The options, or what gives them at the first request: a Worker's bindings are only known then. */
export type OptionsOrFunction<Options> =
  | Options
  // A Worker's bindings have a type of their own.
  // deno-lint-ignore no-explicit-any
  | ((c: Context<any>) => Options);
