/** The option `secret` of the Web entries: what it must be, and where one comes from. */
import { kindOf } from "../errors.ts";

const MIN_SECRET_BYTES = 32;

/** The secrets: the first signs, all verify. */
export function resolveSecrets(secret: unknown): readonly string[] {
  const secrets: unknown[] = Array.isArray(secret) ? [...secret] : [secret];
  if (secrets.length === 0) throw new TypeError('Option "secret" must hold at least one string');
  return secrets.map((each) => {
    if (typeof each !== "string") {
      const unset = each === undefined ? ": is the environment variable set?" : "";
      throw new TypeError(
        `Option "secret" must be a string or an array of them, not ${kindOf(each)}${unset}`,
      );
    }
    const { length } = new TextEncoder().encode(each);
    if (length >= MIN_SECRET_BYTES) return each;
    throw new RangeError(
      `Option "secret" must have at least ${MIN_SECRET_BYTES} bytes, not ${length}: \`openssl rand -hex 32\` draws one. An Express app to share sessions with takes [new, old]`,
    );
  });
}
