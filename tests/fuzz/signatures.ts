/** Both signers beside an HMAC of our own: nothing is accepted that was not signed. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { webSigner } from "../../src/cookie/signer.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property, sameJson } from "./property.ts";

const SECRETS = ["the newest secret, of 32 bytes..", "an older one, of 32 bytes as well"];

function valueOf(id: string, secret: string): string {
  const mac = createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "");
  return `s:${id}.${mac}`;
}

const IDS = ["A".repeat(32), "id", "with.dots", "s:s:", "é", "with space"];
const CORPUS = IDS.flatMap((id) => [
  valueOf(id, SECRETS[0]!),
  valueOf(id, SECRETS[1]!),
  valueOf(id, "a secret of somebody else, 32 bytes"),
]);

/** The last character of a signature carries two bits that mean nothing: others name the same bytes. */
const LOOSE = CORPUS.flatMap((value) =>
  Array.from(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    (char) => value.slice(0, -1) + char,
  )
);

/** What the format says: the mark, an id, and base64 as it is written, of a secret of ours. */
function expectedOf(value: string): { id: string; current: boolean } | undefined {
  const dot = value.length - 44;
  if (dot < 3 || !value.startsWith("s:") || value[dot] !== ".") return undefined;
  const id = value.slice(2, dot);
  const index = SECRETS.findIndex((secret) => valueOf(id, secret) === value);
  return index < 0 ? undefined : { id, current: index === 0 };
}

export const SIGNATURES: readonly Property[] = [
  property(
    "signatures: nothing is proven that was not signed, and both signers agree",
    2_500,
    fc.oneof(
      mutated(CORPUS),
      fc.constantFrom(...LOOSE),
      fc.string({ unit: "binary", maxLength: 120 }),
    ),
    async (value) => {
      const expected = expectedOf(value);
      for (const signer of [webSigner(SECRETS), nodeSigner(SECRETS)]) {
        // Twice: what was verified lately is remembered.
        for (const _ of [1, 2]) {
          const proven = await signer.unsign(value);
          const found = proven && { id: proven.id, current: proven.current };
          if (!sameJson(found, expected)) broken("proven otherwise", value, found, expected);
        }
      }
    },
  ),
  property(
    "signatures: what one signer signs the other proves",
    800,
    fc.tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), fc.string()),
    async ([id, secret]) => {
      const secrets = [`${secret}${"x".repeat(32)}`];
      const [web, node] = [webSigner(secrets), nodeSigner(secrets)];
      const value = await web.sign(id);
      if (value !== node.sign(id)) broken("two signatures", id, value, node.sign(id));
      const fresh = await webSigner(secrets).unsign(value);
      if (fresh?.id !== id || nodeSigner(secrets).unsign(value)?.id !== id) {
        broken("not proven", id);
      }
    },
  ),
];
