/** Refuses options that do not exist: without TypeScript nobody else would say so. */
import { attributesIn } from "../cookie/cookie_attributes.ts";

const ATTRIBUTES = { ...attributesIn({}), maxAge: 0, expires: 0 };

/** Throws a TypeError for the first of the options that is not among the known ones. */
export function checkNames(options: object, known: object, prefix = ""): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name in known) continue;
    const hint = prefix === "" && name in ATTRIBUTES ? `: it goes into "cookie"` : "";
    throw new TypeError(`There is no option "${prefix}${name}"${hint}`);
  }
}

/** The same for the attributes of the cookie. */
export function checkAttributes(cookie: object): void {
  checkNames(cookie, ATTRIBUTES, "cookie.");
}
