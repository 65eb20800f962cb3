/** The protocol of device bound sessions on Node's requests and responses. */
import { restartLifetime } from "../cookie/lifetime.ts";
import type { SyncSigner } from "../cookie/signer.ts";
import { notesIn } from "../core/session_metadata.ts";
import { SessionState } from "../core/session_state.ts";
import { type BoundCookie, boundCookie, boundRemoval } from "../dbsc/bound_cookie.ts";
import type { StoredSession } from "../dbsc/change_note.ts";
import type { DeviceEventHub } from "../dbsc/device_events.ts";
import { deviceNoteIn } from "../dbsc/device_note.ts";
import {
  type DeviceOptions,
  type DevicePolicy,
  type ResolvedDeviceOptions,
  resolveDeviceOptions,
} from "../dbsc/device_options.ts";
import { type DeviceState, deviceStateIn } from "../dbsc/device_state.ts";
import type { Answer } from "../dbsc/exchange.ts";
import { type HeaderReader, REGISTRATION } from "../dbsc/headers.ts";
import { Protocol } from "../dbsc/protocol.ts";
import { factsOf, lookAt, notShown, offerAfterLogin, type SessionFacts } from "../dbsc/route.ts";
import { isForDevices, serve } from "../dbsc/serve.ts";
import { isPromise } from "../maybe_promise.ts";
import { addHeader, type AnsweringResponse } from "./answering_response.ts";
import { DeviceMistakes } from "./device_mistakes.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import { nodeSigner } from "./node_signer.ts";
import { onHeaders } from "./on_headers.ts";
import { createSession, type OpeningRequest } from "./open_session.ts";
import type { RequestContext } from "./request_context.ts";
import { adopt, dataOf } from "./session.ts";
import type { SessionRequest } from "./types.ts";

/** So long before this middleware, in milliseconds, a login may have happened that is this request's. */
const LONGEST_BEFORE = 10_000;

export class DeviceAdapter {
  readonly protocol: Protocol;
  /** One of its own: strangers can have it sign as much as they like. */
  readonly signer: SyncSigner;
  readonly mistakes: DeviceMistakes;
  readonly #adapter: ExpressAdapter;
  readonly #options: ResolvedDeviceOptions<SessionRequest>;
  /** Whose requests came with a fresh cookie. */
  readonly #fresh = new WeakSet<object>();

  constructor(
    adapter: ExpressAdapter,
    options: DeviceOptions<SessionRequest>,
    events: DeviceEventHub,
    path: string,
  ) {
    const { clock, name, secrets } = adapter.options;
    if (!secrets) throw new TypeError('bindDevices() needs sessions with the option "secret"');
    this.#adapter = adapter;
    this.#options = resolveDeviceOptions(options, { name, path });
    this.mistakes = new DeviceMistakes(adapter, this.#options);
    this.signer = nodeSigner(secrets);
    this.protocol = new Protocol(this.#options, events, this.signer, () => clock.now());
  }

  /** The policy of a request's route. */
  policyOf(req: SessionRequest): DevicePolicy {
    return this.#options.policyOf(req);
  }

  /** Answers the two paths of the protocol; `undefined` for any other request. */
  serve(context: RequestContext, res: AnsweringResponse): Promise<void> | undefined {
    const { req } = context;
    const [path] = (req.originalUrl || req.url || "/").split("?", 1);
    if (!isForDevices(this.protocol, path!)) return undefined;
    return this.#serve(context, path!).then((answer) => send(res, answer));
  }

  async #serve(context: RequestContext, path: string): Promise<Answer> {
    const { req, state } = context;
    const answer = await serve(this.protocol, path, {
      method: req.method ?? "GET",
      header: readerOf(req),
      host: hostOf(req),
      cookie: this.#cookieFor(context),
      isNamed: state.cookieId !== undefined,
      open: () => openedBy(context),
      follow: () => followMoves(context),
    });
    // Nothing is left to do at its end: the store was told, and of a stranger it is told nothing.
    context.isLazy = true;
    return answer;
  }

  /** Looks at what a session's request has shown; says whether it is to be refused. */
  lookAt(context: RequestContext, policy: DevicePolicy): Promise<boolean> | undefined {
    const { state } = context;
    // What the store did not hand over may come later: then it is looked at as it would be now.
    if (policy === "require" || state.failure !== undefined) {
      context.admit = async (data) => {
        const facts = { ...factsOf(state), notes: notesIn(data) };
        if (await this.#isRefused(context, policy, facts)) throw notShown();
      };
    }
    // Of most sessions nothing has to be looked at.
    if (deviceNoteIn(state.notes) === undefined) return undefined;
    return this.#isRefused(context, policy, factsOf(state));
  }

  async #isRefused(
    { req }: RequestContext,
    policy: DevicePolicy,
    facts: SessionFacts,
  ): Promise<boolean> {
    const shown = await lookAt(this.protocol, policy, facts, readerOf(req));
    if (shown.fresh) this.#fresh.add(req);
    return shown.refused;
  }

  /** What the routes have made of the session, when the headers leave: a login calls for a key. */
  watch(context: RequestContext, res: AnsweringResponse): void {
    this.mistakes.offers(context.req);
    // What comes before it may log in as well, and hand on.
    const since = this.protocol.now() - LONGEST_BEFORE;
    onHeaders(res, {
      headersDone: false,
      beforeHeaders: () => {
        if (context.isLazy) return;
        if (context.clearsCookie) return this.#removeCookie(context, res);
        // Without https no browser takes part.
        if (!this.#adapter.isSecure(context.req) || this.#hasOffer(res)) return;
        const answered = { since, isFresh: this.#fresh.has(context.req) };
        const offer = offerAfterLogin(this.protocol, factsOf(context.state), answered);
        // This signer answers at once.
        if (offer !== undefined && !isPromise(offer)) addHeader(res, REGISTRATION, offer);
      },
    }, context.ending!.waiting);
  }

  /** Another one in front of the routes asks for a key already. */
  #hasOffer(res: AnsweringResponse): boolean {
    return String(res.getHeader(REGISTRATION)).includes(`;path="${this.#options.registerPath}";`);
  }

  #removeCookie(context: RequestContext, res: AnsweringResponse): void {
    if (!context.req.headers.cookie?.includes(`${this.#options.cookieName}=`)) return;
    addHeader(res, "Set-Cookie", boundRemoval(this.#cookieFor(context)));
  }

  /** What the application is told. */
  stateOf({ req, state }: RequestContext): DeviceState | undefined {
    return deviceStateIn(state.notes, this.protocol.now(), this.#fresh.has(req));
  }

  #cookieFor({ cookieOptions }: RequestContext): BoundCookie {
    return boundCookie(this.#options.cookieName, cookieOptions);
  }
}

/** The session that the middleware before has found. */
function openedBy({ isLazy, manager, req, state }: RequestContext): StoredSession | undefined {
  // "anonymous" is for the application: the device is not told that its session is over.
  if (state.failure !== undefined) throw state.failure;
  const session = isLazy ? undefined : adopt(req);
  if (session === undefined || state.storedId !== session.id) return undefined;
  restartLifetime(session.cookie);
  return { manager, state, session: dataOf(session) };
}

/** … or where it has gone since, by a request of its own: this one's response tells nobody the new id. */
async function followMoves(context: RequestContext): Promise<StoredSession | undefined> {
  const { adapter, cookieOptions, manager } = context;
  // What says whether it came by https is all that its session's cookie goes by.
  const { connection, headers, secure, sessionStore } = context.req;
  const { cookieId } = context.state;
  let found: StoredSession | undefined;
  if (cookieId === undefined) return found;
  await manager.follow(cookieId, async (to) => {
    const loaded = await manager.load(to);
    if (loaded === undefined) return;
    const state = new SessionState();
    const req = { connection, headers, secure, sessionStore, sessionID: to } as SessionRequest;
    const give = <S>(session: S): S => session;
    const opening = { adapter, cookieOptions, give, req, state } as OpeningRequest;
    const session = createSession(opening, loaded);
    state.loaded(to, dataOf(session), loaded, false);
    found = { manager, state, session: dataOf(session) };
  });
  return found;
}

function hostOf({ headers }: SessionRequest): string | undefined {
  // HTTP/2 has it in a header of its own.
  return (headers.host ?? headers[":authority"] as string | undefined)?.replace(/:\d+$/, "");
}

function readerOf({ headers }: SessionRequest): HeaderReader {
  // Of those that are read none is a list: Node joins what comes more than once.
  return (name) => headers[name] as string | undefined;
}

function send(res: AnsweringResponse, { status, headers, body }: Answer): void {
  res.statusCode = status;
  for (const [name, text] of headers) {
    if (name === "set-cookie") addHeader(res, "Set-Cookie", text);
    else res.setHeader(name, text);
  }
  res.end(body ?? "");
}
