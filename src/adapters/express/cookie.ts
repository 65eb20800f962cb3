/** The Cookie of the Express door. */
import { Cookie as BaseCookie } from "../../cookie.ts";
import { deprecate } from "./deprecate.ts";

/** A session's cookie; `maxAge` takes a Date too, as it always did, with a deprecation note. */
export class Cookie extends BaseCookie {
  /** Milliseconds left; setting it moves `expires`. */
  override get maxAge(): number | null {
    return super.maxAge;
  }

  override set maxAge(ms: number | null) {
    if ((ms as unknown) instanceof Date) {
      deprecate("maxAge as Date; pass number of milliseconds instead");
    }
    super.maxAge = ms;
  }
}
