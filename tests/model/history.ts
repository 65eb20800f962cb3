/** What happened while a program ran, as far as the model can judge it. */
import type { Broken } from "./gate.ts";
import type { Attributes } from "./handler.ts";
import { below } from "./lineage.ts";
import type { Deed, FormerId, Session, Span } from "./model.ts";
import type { Program } from "./program.ts";
import type { Kept } from "./stores.ts";

/** What a request saw of a session: values as JSON, by key. */
export interface Read extends Span {
  readonly what: string;
  readonly session: Session;
  readonly values: ReadonlyMap<string, string>;
  /** Its own unsaved values are on top of these keys. */
  readonly own: ReadonlySet<string>;
  /** Only some of the keys were looked at. */
  readonly isPart?: boolean;
  /** `null`: nobody looked. */
  readonly subject: string | undefined | null;
  readonly life?: number | null | undefined;
  /** Those of its cookie. */
  readonly attributes?: Attributes;
}

/** A request came with a session's cookie. */
export interface Opening extends Span {
  readonly what: string;
  readonly session: Session;
  readonly isLoaded: boolean;
  readonly now: number;
  /** It came by an id that had been replaced. */
  readonly former?: FormerId | undefined;
}

/** A cookie that was sent. */
export interface Sent extends Span {
  readonly what: string;
  readonly session: Session;
  readonly id: string;
  readonly isStored: boolean;
  /** It left before the store was asked. */
  readonly isEarly: boolean;
  readonly field: string;
  readonly attributes: string;
  readonly began: number;
  readonly now: number;
  readonly by: number;
}

/** A call that was refused. */
export interface Refusal extends Span {
  readonly what: string;
  readonly session: Session;
  readonly error: unknown;
  readonly by: number;
  /** The session whose cookie the request brought. */
  readonly known?: Session | undefined;
  /** The request had ended its session itself, or tried to. */
  readonly isOver?: boolean;
}

/** A call that failed, and that nobody awaited. */
export interface Unheard {
  readonly what: string;
  readonly by: number;
  readonly code: string | undefined;
}

export interface RevokedAll extends Deed {
  readonly subject: string;
  /** The session that was to go on. */
  readonly spared: Session | undefined;
}

export class History {
  readonly sessions: Session[] = [];
  /** Every session there ever was, those included whose id nobody saw. */
  readonly everySession = new Set<Session>();
  readonly reads: Read[] = [];
  readonly openings: Opening[] = [];
  readonly sent: Sent[] = [];
  readonly refusals: Refusal[] = [];
  readonly revoked: RevokedAll[] = [];
  readonly unheard: Unheard[] = [];
  /** Requests whose answer said that all went well, and could have said otherwise. */
  readonly wentWell = new Set<number>();
  readonly taken: { readonly token: string; readonly by: number }[] = [];
  /** Tokens of what was refused: they must not be seen anywhere, ever. */
  readonly refused = new Set<string>();
  /** What needs no model to be wrong. */
  readonly failures: string[] = [];
  broken: readonly Broken[] = [];
  /** What the store holds when all is quiet, after each wave. */
  readonly states: { readonly at: number; readonly now: number; records: Map<string, Kept> }[] = [];
  /** How often what was done, whether it was asked for or came by chance. */
  readonly counts = new Map<string, number>();
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  /**
   * Whether a store that cannot compare and swap owes an answer: what it holds is then its own
   * affair, as long as nobody sees it.
   */
  isOwed({ id }: Session): boolean {
    const { store } = this.program;
    if (store === "atomic" || store === "sliding") return false;
    return this.broken.some(({ how, deed, ids }) =>
      deed !== "read" && (how === "hang" || how === "mute") && ids.includes(id!)
    );
  }

  /** A copy of a session under an id that nobody was told: the store refused to take it back. */
  isForsaken(id: string): boolean {
    const wasTried = this.broken.some(({ deed, ids }) => deed === "destroy" && ids.includes(id));
    return wasTried && this.byId(id) === undefined;
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** The model's session of an id that was seen. */
  byId(id: string): Session | undefined {
    return this.sessions.find((session) => hasId(session, id));
  }

  /** A store call that went wrong within these steps, for one of these sessions or where it moved. */
  brokenIn({ from, to }: Span, sessions: readonly (Session | undefined)[]): Broken[] {
    const ids = sessions.flatMap((session) => session === undefined ? [] : idsAround(session));
    return this.broken.filter((call) =>
      call.from <= to && call.until >= from &&
      (call.ids.length === 0 ||
        call.ids.some((id) => ids.includes(id) || this.byId(id) === undefined))
    );
  }
}

function idsAround(session: Session): (string | undefined)[] {
  const { link, children } = session;
  return [...idsOf(session), ...idsOf(link?.parent), ...children.flatMap(idsBelow)];
}

function idsBelow(session: Session): (string | undefined)[] {
  return [...below(session)].flatMap(idsOf);
}

function idsOf(session: Session | undefined): (string | undefined)[] {
  return session === undefined ? [] : [session.id, ...session.former.map(({ id }) => id)];
}

/** What a store keeps of a session, by whichever id it had then. */
export function recordOf(records: Map<string, Kept>, session: Session): Kept | undefined {
  const id = idsOf(session).find((each) => records.has(each!));
  return id === undefined ? undefined : records.get(id);
}

/** Whether a session has an id, or had it before. */
export function hasId(session: Session, id: string): boolean {
  return idsOf(session).includes(id);
}

/** A session's data as JSON, by key; its cookie and its methods are none. */
// deno-lint-ignore no-explicit-any
export function valuesOf(data: any): Map<string, string> {
  const plain = JSON.parse(JSON.stringify(data));
  delete plain.cookie;
  return new Map(Object.entries(plain).map(([key, value]) => [key, JSON.stringify(value)]));
}
