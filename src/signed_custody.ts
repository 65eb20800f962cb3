/** Sessions in a store, their signed ids in the browser. */
import type { Custody, Luggage, Packed, Proof } from "./custody.ts";
import { SessionError } from "./errors.ts";
import { after } from "./maybe.ts";
import { provenId } from "./proven_id.ts";
import { readCookies } from "./read_cookies.ts";
import { type ManagerSettings, SessionManager } from "./session_manager.ts";
import type { Signer, Unsigned } from "./signer.ts";
import type { MaybePromise, SubjectStore } from "./store.ts";

export class SignedCustody implements Custody {
  readonly name: string;
  readonly signer: Signer;
  readonly manager: SessionManager;

  constructor(name: string, signer: Signer, settings: ManagerSettings) {
    this.name = name;
    this.signer = signer;
    this.manager = new SessionManager(settings);
  }

  receive(header: string | null): Luggage {
    return new SignedLuggage(this, header === null ? [] : readCookies(header, this.name));
  }

  revoke(id: string): MaybePromise<void> {
    return this.manager.destroy(undefined, id);
  }

  list(subject: string): MaybePromise<string[]> {
    return this.#bySubject().list(subject);
  }

  revokeAll(subject: string, except: string | undefined): MaybePromise<number> {
    return this.#bySubject().destroyAll(subject, except);
  }

  #bySubject(): SubjectStore {
    const { store } = this.manager.settings;
    if ("destroyAll" in store) return store as SubjectStore;
    throw new SessionError("STORE_UNSUPPORTED", "This store keeps no index of subjects");
  }
}

class SignedLuggage implements Luggage {
  readonly isWhole = false;
  readonly #custody: SignedCustody;
  readonly #values: readonly string[];
  #proven: Unsigned | undefined;

  constructor(custody: SignedCustody, values: readonly string[]) {
    this.#custody = custody;
    this.#values = values;
  }

  get manager(): SessionManager {
    return this.#custody.manager;
  }

  get names(): readonly string[] {
    return this.#values.length === 0 ? [] : [this.#custody.name];
  }

  prove(): MaybePromise<Proof | undefined> {
    if (this.#values.length === 0) return undefined;
    const { signer, manager } = this.#custody;
    const proven = provenId(signer, this.#values, manager.settings.events);
    return after(proven, (found) => this.#proven = found);
  }

  isDue(): boolean {
    return false;
  }

  pack(id: string): MaybePromise<Packed> {
    const { name, signer } = this.#custody;
    const proven = this.#proven;
    // What the browser sent is what it would be sent again: no crypto for it.
    const value = proven?.current && proven.id === id ? proven.value : signer.sign(id);
    return after(value, (signed) => ({ written: [[name, signed]], removed: [] }));
  }
}
