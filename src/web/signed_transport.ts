/** Sessions in a store, their signed ids in the browser. */
import type {
  CookieChanges,
  CookieTransport,
  RequestCookies,
  VerifiedId,
} from "./cookie_transport.ts";
import { after } from "../maybe_promise.ts";
import { verifySessionId } from "./verify_session_id.ts";
import { readCookies } from "../cookie/cookie_header.ts";
import { type ManagerSettings, SessionManager } from "../core/session_manager.ts";
import { type Device, Devices, type OwnSession } from "../core/devices.ts";
import type { Signer, Unsigned } from "../cookie/signer.ts";
import type { MaybePromise } from "../store.ts";

export class SignedTransport implements CookieTransport {
  readonly name: string;
  readonly signer: Signer;
  readonly manager: SessionManager;

  readonly #devices: Devices;

  constructor(name: string, signer: Signer, settings: ManagerSettings) {
    this.name = name;
    this.signer = signer;
    this.manager = new SessionManager(settings);
    this.#devices = new Devices(this.manager, () => signer);
  }

  read(header: string | null): RequestCookies {
    return new SignedCookies(this, header === null ? [] : readCookies(header, this.name));
  }

  revoke(name: string): MaybePromise<void> {
    return this.#devices.revoke(name);
  }

  list(subject: string, current: OwnSession | undefined): MaybePromise<Device[]> {
    return this.#devices.list(subject, current);
  }

  revokeAll(subject: string, except: OwnSession | string | undefined): MaybePromise<number> {
    return this.#devices.revokeAll(subject, except);
  }
}

class SignedCookies implements RequestCookies {
  readonly holdsSession = false;
  readonly #transport: SignedTransport;
  readonly #values: readonly string[];
  #verified: Unsigned | undefined;

  constructor(transport: SignedTransport, values: readonly string[]) {
    this.#transport = transport;
    this.#values = values;
  }

  get manager(): SessionManager {
    return this.#transport.manager;
  }

  get names(): readonly string[] {
    return this.#values.length === 0 ? [] : [this.#transport.name];
  }

  verify(): MaybePromise<VerifiedId | undefined> {
    if (this.#values.length === 0) return undefined;
    const { signer, manager } = this.#transport;
    const verified = verifySessionId(signer, this.#values, manager.settings.events);
    return after(verified, (found) => this.#verified = found);
  }

  mustSend(): boolean {
    return false;
  }

  write(id: string): MaybePromise<CookieChanges> {
    const { name, signer } = this.#transport;
    const verified = this.#verified;
    // What the browser sent is what it would be sent again: no crypto for it.
    const value = verified?.current && verified.id === id ? verified.value : signer.sign(id);
    return after(value, (signed) => ({ written: [[name, signed]], removed: [] }));
  }
}
