/** The options that stores have in common, checked. */
import { kindOf } from "../../errors.ts";

/** @throws {TypeError} If `ttl` is no number of seconds that ends. */
export function checkTtl(ttl: unknown): void {
  if (typeof ttl === "number" && ttl > 0 && ttl < Infinity) return;
  throw new TypeError(`Option "ttl" must be a number of seconds above 0, but it is ${kindOf(ttl)}`);
}

/** @throws {TypeError} If `now` is no clock. */
export function checkNow(now: unknown): void {
  if (typeof now === "function") return;
  throw new TypeError(`Option "now" must be a function, but it is ${kindOf(now)}`);
}
