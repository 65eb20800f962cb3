/** What the device bound sessions of one `bindDevices()` share: the protocol, on Request and Response. */
import { isSealed } from "../core/check_store.ts";
import { notesIn } from "../core/session_metadata.ts";
import { forwardedHttps } from "../cookie/secure_request.ts";
import { type Signer, webSigner } from "../cookie/signer.ts";
import { type BoundCookie, boundCookie, boundRemoval } from "../dbsc/bound_cookie.ts";
import type { DeviceEventHub } from "../dbsc/device_events.ts";
import {
  type DeviceOptions,
  type DevicePolicy,
  type ResolvedDeviceOptions,
  resolveDeviceOptions,
} from "../dbsc/device_options.ts";
import { type DeviceState, deviceStateIn } from "../dbsc/device_state.ts";
import { type HeaderReader, REGISTRATION } from "../dbsc/headers.ts";
import { Protocol } from "../dbsc/protocol.ts";
import { factsOf, lookAt, notShown, offerAfterLogin, type SessionFacts } from "../dbsc/route.ts";
import { isForDevices, serve } from "../dbsc/serve.ts";
import type { MaybePromise } from "../store.ts";
import { DeviceMistakes } from "./device_mistakes.ts";
import { followMoves, openedSession, openSession } from "./open_session.ts";
import type { RequestSession } from "./request_session.ts";
import { isMutable, isResponse } from "./response.ts";
import type { WebAdapter } from "./web_adapter.ts";

/** What is known of a request when its handler has answered. */
export interface Route {
  readonly request: Request;
  /** When it came. */
  readonly since: number;
  /** The session was looked at before. */
  readonly isSeen: boolean;
}

export class DeviceAdapter {
  readonly adapter: WebAdapter;
  readonly protocol: Protocol;
  /** One of its own: strangers can have it sign as much as they like. */
  readonly signer: Signer;
  readonly mistakes: DeviceMistakes;
  readonly #options: ResolvedDeviceOptions<Request>;
  /** Whose requests came with a fresh cookie. */
  readonly #fresh = new WeakSet<object>();

  constructor(adapter: WebAdapter, options: DeviceOptions<Request>, events: DeviceEventHub) {
    const { clock, name, secrets, store } = adapter.options;
    if (isSealed(store)) {
      throw new TypeError(
        "bindDevices() needs sessions in a store, not ones that are sealed into their cookies",
      );
    }
    this.adapter = adapter;
    this.#options = resolveDeviceOptions(options, { name, path: pathOf(adapter) });
    this.mistakes = new DeviceMistakes(adapter, this.#options);
    this.signer = webSigner(secrets);
    this.protocol = new Protocol(this.#options, events, this.signer, () => clock.now());
  }

  get now(): number {
    return this.protocol.now();
  }

  /** The policy of a request's route. */
  policyOf(request: Request): DevicePolicy {
    return this.#options.policyOf(request);
  }

  /** Whether a browser would take part: over https alone, on this machine too. */
  #isSecure({ headers, url }: Request): boolean {
    if (url.startsWith("https:")) return true;
    return this.adapter.options.proxy && forwardedHttps(headers.get("x-forwarded-proto"));
  }

  /** Answers the two paths of the protocol; `undefined` for any other request. */
  serve(request: Request): Promise<Response> | undefined {
    const { pathname } = new URL(request.url);
    return isForDevices(this.protocol, pathname) ? this.#serve(request, pathname) : undefined;
  }

  async #serve(request: Request, pathname: string): Promise<Response> {
    const { adapter } = this;
    const { status, headers, body } = await serve(this.protocol, pathname, {
      method: request.method,
      header: readerOf(request),
      host: new URL(request.url).hostname,
      cookie: this.#cookieFor(request),
      isNamed: this.#mayHaveCookie(request, adapter.options.name),
      async open() {
        const opened = await openSession(adapter, request);
        // "anonymous" is for the application: the device is not told that its session is over.
        const failure = opened.state.failure ?? opened.unopened;
        if (failure !== undefined) throw failure;
        return opened.isNew ? undefined : opened;
      },
      async follow() {
        const opened = openedSession(adapter, request);
        return opened !== undefined && await followMoves(opened) ? opened : undefined;
      },
    });
    const given = new Headers();
    for (const [name, text] of headers) given.append(name, text);
    return new Response(body, { status, headers: given });
  }

  /** The session, where something has to be known of it before its handler is called. */
  open(request: Request, policy: DevicePolicy): MaybePromise<RequestSession> | undefined {
    const asked = policy === "require" ? this.adapter.options.name : this.#options.cookieName;
    return this.#mayHaveCookie(request, asked) ? openSession(this.adapter, request) : undefined;
  }

  /** Looks at what a session's request has shown; says whether it is to be refused. */
  async isRefused(opened: RequestSession, policy: DevicePolicy): Promise<boolean> {
    // What the store did not hand over may come later.
    if (policy === "require") {
      opened.admit = async (data) => {
        const facts = { ...factsOf(opened.state), notes: notesIn(data) };
        if (await this.#isRefused(opened, policy, facts)) throw notShown();
      };
    }
    return await this.#isRefused(opened, policy, factsOf(opened.state));
  }

  async #isRefused(
    opened: RequestSession,
    policy: DevicePolicy,
    facts: SessionFacts,
  ): Promise<boolean> {
    const shown = await lookAt(this.protocol, policy, facts, readerOf(opened.request));
    if (shown.fresh) this.#fresh.add(opened);
    return shown.refused;
  }

  /** What the handlers have made of the session: a login calls for a key. */
  async conclude<Answer>(answer: Answer, { request, since, isSeen }: Route): Promise<Answer> {
    const opened = openedSession(this.adapter, request);
    if (!isResponse(answer)) return answer;
    if (opened === undefined) {
      this.mistakes.looksAt(answer);
      return answer;
    }
    if (opened.isDestroyed) {
      if (!this.#mayHaveCookie(request)) return answer;
      return withHeader(answer, "set-cookie", boundRemoval(this.#cookieFor(request)));
    }
    const facts = factsOf(opened.state);
    const answered = { since, isFresh: this.#fresh.has(opened) };
    const isSecure = this.#isSecure(request);
    if (!isSecure) this.mistakes.looksAtPlain(request, facts, answer);
    const offer = isSecure && !this.#hasOffer(answer) &&
      await offerAfterLogin(this.protocol, facts, answered);
    if (offer) return withHeader(answer, REGISTRATION, offer);
    if (!isSeen) await lookAt(this.protocol, "prefer", facts, readerOf(request));
    return answer;
  }

  /** Another one around the handlers asks for a key already. */
  #hasOffer({ headers }: Response): boolean {
    return headers.get(REGISTRATION)?.includes(`;path="${this.#options.registerPath}";`) ?? false;
  }

  #cookieFor(request: Request): BoundCookie {
    return boundCookie(this.#options.cookieName, this.adapter.options.cookie(request));
  }

  /** By its name alone: how a cookie may be written is known to whoever reads it. */
  #mayHaveCookie({ headers }: Request, name: string = this.#options.cookieName): boolean {
    return headers.get("cookie")?.includes(name) ?? false;
  }

  /** What the application is told. */
  stateOf(opened: RequestSession): DeviceState | undefined {
    return deviceStateIn(opened.state.notes, this.now, this.#fresh.has(opened));
  }
}

function readerOf({ headers }: Request): HeaderReader {
  return (name) => headers.get(name);
}

/** The path of the session's cookie; where that depends on the request, the root. */
function pathOf({ options: { cookie } }: WebAdapter): string {
  try {
    return cookie(new Request("https://websession.invalid/")).path ?? "/";
  } catch {
    return "/";
  }
}

function withHeader<Answer>(
  answer: Answer & Response,
  name: string,
  text: string,
): Answer & Response {
  const response = isMutable(answer) ? answer : new Response(answer.body, answer);
  response.headers.append(name, text);
  return response as Answer & Response;
}
