/** Texts that say when they were made, and for what: what a device is asked to sign, and its cookie. */
import { toBase64Url } from "../base64url.ts";
import { macOf } from "../core/session_handle.ts";
import { randomValues } from "../core/random_source.ts";
import type { Signer } from "../cookie/signer.ts";
import { after } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";

/** A stamp that is genuine, and not too old. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  /** Tells it from every other. */
  readonly name: string;
}

const NONCE_BYTES = 12;
/** So many milliseconds the clock of who made a stamp may be before ours. */
export const SKEW = 5_000;
/** `<time in base 36>.<nonce>.<MAC>`. */
const STAMP = /^(([0-9a-z]{1,11})\.[\w-]{16})\.([\w-]{43})$/;

/**
 * Nothing is stored of a stamp: its MAC says that it is ours, made for this session and no other.
 * So whoever asks for one costs no store call, and a stranger learns nothing from it.
 */
export class Stamps {
  readonly #signer: Signer;
  readonly #now: () => number;

  constructor(signer: Signer, now: () => number) {
    this.#signer = signer;
    this.#now = now;
  }

  /** Makes one for a purpose. */
  make(purpose: string): MaybePromise<string> {
    const nonce = toBase64Url(randomValues(new Uint8Array(NONCE_BYTES)));
    const name = `${Math.floor(this.#now()).toString(36)}.${nonce}`;
    return after(macOf(this.#signer, signedText(purpose, name)), (mac) => `${name}.${mac}`);
  }

  /** What a text says, if it is a stamp for this purpose and `maxAge` milliseconds old at most. */
  read(purpose: string, text: string, maxAge: number): MaybePromise<Stamp | undefined> {
    const [, name = "", time = "", mac = ""] = STAMP.exec(text) ?? [];
    if (name === "") return undefined;
    const madeAt = parseInt(time, 36);
    const value = `s:${signedText(purpose, name)}.${plainBase64(mac)}`;
    return after(this.#signer.unsign(value), (found) => {
      const age = this.#now() - madeAt;
      // The clocks of two machines differ a little; one that was set back makes none live longer.
      return found !== undefined && age >= -SKEW && age <= maxAge ? { madeAt, name } : undefined;
    });
  }
}

/** What is signed can be no session id: it has lines. */
function signedText(purpose: string, name: string): string {
  return `websession.dbsc\n${purpose}\n${name}`;
}

function plainBase64(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/");
}
