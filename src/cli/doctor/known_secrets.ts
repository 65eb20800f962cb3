/** Secrets that everybody knows: they stand in documentation, tutorials and answers. */
import { createHmac } from "node:crypto";

/** Whoever has one of them signs a cookie of any session. */
export const KNOWN_SECRETS: readonly string[] = [
  "keyboard cat",
  "secret",
  "my secret",
  "mysecret",
  "my-secret",
  "your-secret-key",
  "your_secret_key",
  "your secret",
  "your-secret",
  "supersecret",
  "super secret",
  "super-secret",
  "super-secret-key",
  "session secret",
  "session-secret",
  "session_secret",
  "sessionsecret",
  "change me",
  "changeme",
  "change-me",
  "changeit",
  "cats",
  "foo",
  "bar",
  "test",
  "password",
  "123456",
  "shhhh",
  "ssshhhhh",
  "shhhh, very secret",
  "thisisasecret",
  "secretkey",
  "secret-key",
  "undefined",
  "null",
];

/** Whether a signed value was signed with one of them. */
export function hasKnownSecret(id: string, signature: string): boolean {
  const bare = signature.replace(/=+$/, "");
  return KNOWN_SECRETS.some((secret) => {
    return createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "") === bare;
  });
}
