/** A store that lives in another process, for the races of the kit. */
import type { SessionRecord, StoredSession } from "../store.ts";
import type { AnyStore } from "./types.ts";
import { VERBS } from "./intercept.ts";

/**
 * A way for messages to another process, or to a worker, and back. What crosses
 * it is copied as `structuredClone()` copies.
 */
export interface StoreChannel {
  /** Sends a message to the other side. */
  send(message: unknown): void;
  /** Calls `listener` with each message of the other side. */
  // deno-lint-ignore no-explicit-any -- a listener knows what it is sent
  receive(listener: (message: any) => void): void;
}

interface Question {
  readonly number: number;
  readonly verb: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly number: number;
  readonly answer?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

interface Description {
  readonly atomic: boolean;
  readonly verbs: readonly string[];
}

/**
 * Answers for a store to a {@linkcode remoteStore} in another process.
 *
 * @param store The store of this process.
 * @param channel The way to the other one.
 */
export function serveStore(store: AnyStore, channel: StoreChannel): void {
  const verbs = [...VERBS, "all"].filter((verb) =>
    typeof (store as unknown as Record<string, unknown>)[verb] === "function"
  );
  const described: Description = { atomic: store.atomic, verbs };
  channel.receive((message: Question | "describe") => {
    if (message === "describe") channel.send(described);
    else void answerTo(store, message).then((answer) => channel.send(answer));
  });
  // Whoever asked before anybody listened has not been heard.
  channel.send(described);
}

async function answerTo(store: AnyStore, { number, verb, args }: Question): Promise<Answer> {
  try {
    if (verb === "all") {
      const entries: [string, StoredSession][] = [];
      for await (const entry of store.all!()) entries.push(entry);
      return { number, answer: entries };
    }
    const verbs = store as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
    return { number, answer: await verbs[verb]!(...args) };
  } catch (error) {
    const { name = "Error", message = String(error) } = Object(error) as Partial<Error>;
    return { number, error: { name, message } };
  }
}

/**
 * A store of another process, as a `peer` for {@linkcode testStore}: the one way to
 * show that a store with locks or queues in its own process is atomic beyond it.
 * The other side calls {@linkcode serveStore}.
 *
 * Versions cross by copy: they have to be data.
 *
 * @param channel The way to the other process.
 * @returns The store, as soon as the other side answers.
 *
 * @example With a channel to the same process, for the sake of brevity
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { remoteStore, serveStore } from "@websession/websession/testing";
 *
 * const { port1, port2 } = new MessageChannel();
 * const channel = (port: MessagePort) => ({
 *   send: (message: unknown) => port.postMessage(message),
 *   receive(listener: (message: unknown) => void) {
 *     port.onmessage = ({ data }) => listener(data);
 *   },
 * });
 * serveStore(memoryStore(), channel(port1)); // there, as a rule in a worker or a child process
 * const peer = await remoteStore(channel(port2));
 * await peer.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if ((await peer.read("an-id")) === undefined) throw new Error("not stored");
 * port1.close();
 * ```
 */
export function remoteStore(channel: StoreChannel): Promise<AnyStore> {
  const open = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const ask = (verb: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const number = ++asked;
      open.set(number, ({ answer, error }) => {
        if (error === undefined) resolve(answer);
        else reject(Object.assign(new Error(error.message), { name: error.name }));
      });
      channel.send({ number, verb, args: args.map(asData) });
    });
  return new Promise((resolve) => {
    channel.receive((message: Description | Answer) => {
      if ("verbs" in message) return resolve(storeOf(message, ask));
      open.get(message.number)?.(message);
      open.delete(message.number);
    });
    channel.send("describe");
  });
}

/** A record without the live session, and with what it only has on its prototype. */
function asData(arg: unknown): unknown {
  if (typeof arg !== "object" || arg === null || !("json" in arg)) return arg;
  const { json, expires, subject } = arg as SessionRecord;
  return { json, expires, subject };
}

function storeOf(
  { atomic, verbs }: Description,
  ask: (verb: string, args: readonly unknown[]) => Promise<unknown>,
): AnyStore {
  const store: Record<string, unknown> = { atomic };
  for (const verb of verbs) store[verb] = (...args: unknown[]) => ask(verb, args);
  // The live session stays on this side.
  store["touch"] = (id: string, expires: number | null) => ask("touch", [id, expires]);
  if (verbs.includes("all")) {
    store["all"] = async function* () {
      yield* await ask("all", []) as [string, StoredSession][];
    };
  }
  return store as unknown as AnyStore;
}
