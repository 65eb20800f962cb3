/** The Cookie of the Express entry. */
import { Cookie as BaseCookie } from "../cookie/cookie.ts";
import { deprecate } from "./deprecate.ts";

/** A session's cookie; `maxAge` takes a Date too, as it always did, with a deprecation note. */
export class Cookie extends BaseCookie {}

// As there, where the prototype is a plain object: so a printed session shows it as one.
Object.defineProperty(Cookie.prototype, "constructor", {
  value: Object,
  writable: true,
  configurable: true,
});

const { get, set } = Object.getOwnPropertyDescriptor(BaseCookie.prototype, "maxAge")!;
// Called by every request: `super.maxAge` would be looked up each time.
Object.defineProperty(Cookie.prototype, "maxAge", {
  configurable: true,
  get: get!,
  set(this: Cookie, ms: unknown) {
    if (ms instanceof Date) deprecate("maxAge as Date; pass number of milliseconds instead");
    set!.call(this, ms);
  },
});
