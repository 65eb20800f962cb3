/** What every entry looks like to the engine: a request goes in, an answer comes out. */
import type { EntryName, Program } from "./program.ts";
import { expressEntry } from "./express_entry.ts";
import type { Shape } from "./stores.ts";
import { webEntry } from "./web_entry.ts";
import type { World } from "./world.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

/** What a handler is given. */
export interface Scene {
  /** The session as it is now; `undefined` once it was destroyed under Express. */
  readonly session: Any;
  /** The id of the session in hand, where it has one. */
  readonly id: string | undefined;
  /** Who is logged in; `null`: the entry does not say. */
  readonly subject: string | undefined | null;
  /** One of our own methods, whichever way the entry has it; `undefined`: it has none. */
  own(
    name: "login" | "logout" | "update" | "take" | "flash",
  ): ((...args: Any[]) => Any) | undefined;
  /** The visitor leaves. */
  leave(): void;
}

/** How the handler wants its request to end. */
export type Conclusion =
  | { readonly how: "answer"; readonly status: number }
  | { readonly how: "throwResponse" | "throwRedirect"; readonly status: number }
  | { readonly how: "stream"; readonly rest: (leave: () => void) => Promise<void> };

export type Handler = (scene: Scene) => Promise<Conclusion>;

export interface Answer {
  /** `undefined`: nothing arrived. */
  readonly status: number | undefined;
  readonly setCookies: readonly string[];
  /** What was thrown past the session, or handed to `next()`. */
  readonly errors: readonly unknown[];
}

export interface Asked {
  readonly cookie: string | undefined;
  readonly isPlain: boolean;
  readonly handler: Handler;
}

export interface Admin {
  revoke(id: string): Promise<unknown>;
  /** The store itself is told. */
  expel(id: string): Promise<unknown>;
  /** `undefined`: the entry has no such method. */
  readonly revokeAll: ((subject: string, except?: string) => Promise<unknown>) | undefined;
}

export interface Entry extends Admin {
  request(asked: Asked): Promise<Answer>;
}

/** How long a store may take. */
export const IO_TIMEOUT = 5_000;
export const NAME = "sid";
export const SECRET = "a secret of more than thirty-two bytes";

export function makeEntry(program: Program, shape: Shape, world: World): Entry {
  const isExpress = program.entry === "express";
  return isExpress ? expressEntry(program, shape, world) : webEntry(program, shape, world);
}

export function isWeb(entry: EntryName): boolean {
  return entry !== "express";
}

/** A planned error of a handler: nobody is to blame for it. */
export class Planned extends Error {}

/** A redirect as frameworks throw it: there is no answer in it, and nothing has failed. */
export class PlannedRedirect extends Planned {
  readonly status = 303;
  readonly location = "/";
}

/** Tells a store of express-session's kind that a session has ended. */
export function destroyIn(store: Any, id: string): Promise<unknown> {
  return new Promise((resolve, reject) =>
    store.destroy(id, (error: unknown) => error ? reject(error) : resolve(undefined))
  );
}

/** Nobody waits for ever for a store, nor does one who asks it past the library. */
export function inTime<T>({ clock }: World, asked: T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timeUp = () => reject(Object.assign(new Error("too late"), { code: "STORE_TIMEOUT" }));
    const done = clock.after(IO_TIMEOUT, timeUp);
    Promise.resolve(asked).finally(done).then(resolve, reject);
  });
}

/** The id a cookie value holds. */
export function idOf(cookie: string): string {
  const text = decodeURIComponent(cookie);
  return text.slice(2, text.lastIndexOf("."));
}

/** The value of a Set-Cookie field; "" where it removes the cookie. */
export function valueOf(field: string): string {
  return /^[^=]*=([^;]*)/.exec(field)![1]!;
}
