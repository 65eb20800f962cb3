/** Proofs and headers of devices: what nobody signed is never accepted, and nothing throws. */
import fc from "fast-check";
import { webSigner } from "../../src/cookie/signer.ts";
import { isSignedBy, type Proof, readProof } from "../../src/dbsc/proof.ts";
import { DECOYS, type PublicKey } from "../../src/dbsc/public_key.ts";
import { Stamps } from "../../src/dbsc/stamps.ts";
import { identifierIn, proofIn, skippedReasonIn } from "../../src/dbsc/headers.ts";
import { parseList, quoted } from "../../src/dbsc/structured_fields.ts";
import { makeDevice, partOf } from "../dbsc/device.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property } from "./property.ts";

const device = await makeDevice();
const rsa = await makeDevice("RS256");
/** Everything that was ever signed: a mutant that is one of these is no forgery. */
const REGISTRATIONS = [await device.registers("one"), await rsa.registers("two")];
const REFRESHES = [
  await device.refreshes("one"),
  await device.refreshes("two"),
  await rsa.refreshes("one"),
];
const SIGNED = new Set([...REGISTRATIONS, ...REFRESHES]);

/** A JWS of any header and payload, with a signature that was made for another one. */
const composed = fc.tuple(
  fc.oneof(
    fc.record({
      typ: fc.constantFrom("dbsc+jwt", "jwt", null),
      alg: fc.constantFrom("ES256", "RS256", "none", "HS256", "__proto__", null),
      jwk: fc.constantFrom(undefined, device.jwk, rsa.jwk, DECOYS.ES256, {}, null, []),
    }),
    fc.jsonValue(),
  ),
  fc.oneof(fc.record({ jti: fc.oneof(fc.constant("one"), fc.jsonValue()) }), fc.jsonValue()),
  fc.constantFrom(...SIGNED),
).map(([header, payload, donor]) => {
  return `${partOf(header)}.${partOf(payload)}.${donor.split(".")[2]}`;
});

const forgery = fc.oneof(
  mutated([...SIGNED]),
  composed,
  fc.string({ unit: "binary", maxLength: 300 }),
);

/** The proof as a header brings it, and whichever keys there are. */
async function acceptedKey(text: string, proof: Proof): Promise<PublicKey | undefined> {
  for (const key of [device.jwk, rsa.jwk, ...Object.values(DECOYS)] as PublicKey[]) {
    if (await isSignedBy(proof, key)) return key;
  }
  // Whoever brings a key has signed with it, or is refused.
  const own = proof.key !== undefined && await isSignedBy(proof, proof.key);
  return own && !SIGNED.has(text) ? proof.key : undefined;
}

const now = 1_800_000_000_000;
const stamps = new Stamps(webSigner(["a secret of the fuzzer, 32 bytes+"]), () => now);
const STAMPS = [await stamps.make("refresh\na"), await stamps.make("refresh\nb")];

const header = fc.oneof(
  mutated([
    'unreachable;session_identifier="own"',
    'server_error;session_identifier="own", quota_exceeded;session_identifier="other"',
    '"own"',
    ...REFRESHES,
  ]),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(fc.constantFrom("a", '"', "\\", ";", ",", "=", " ", "\t", "*", "own", "é"), {
    maxLength: 60,
  }).map((pieces) => pieces.join("")),
);

export const DEVICES: readonly Property[] = [
  property("a proof: of forgeries none is accepted", 3_000, forgery, async (text) => {
    for (const registers of [true, false]) {
      const proof = readProof(text, registers);
      if (proof === undefined) continue;
      const key = await acceptedKey(text, proof);
      if (key !== undefined && !SIGNED.has(text)) broken("accepted", text, key);
    }
  }),
  property(
    "a challenge: of forgeries none is accepted, and one is good for one session",
    3_000,
    fc.tuple(mutated(STAMPS), fc.constantFrom("refresh\na", "refresh\nb", "register\na")),
    async ([text, purpose]) => {
      const found = await stamps.read(purpose, text, 1000);
      const index = STAMPS.indexOf(text);
      const isOwn = index >= 0 && purpose === ["refresh\na", "refresh\nb"][index];
      if ((found !== undefined) !== isOwn) broken("wrong", text, purpose, found);
    },
  ),
  property("the headers of devices: whatever they hold, nothing throws", 6_000, header, (text) => {
    const read = () => text;
    const identifier = identifierIn(read);
    if (identifier !== undefined && !/^[\w.-]{1,64}$/.test(identifier)) {
      broken("not an identifier", text, identifier);
    }
    const proof = proofIn(read);
    if (proof !== undefined && !/^[\w.-]+$/.test(proof)) broken("not a proof", text, proof);
    skippedReasonIn(read, "own");
    for (const { value, params } of parseList(text) ?? []) {
      const strings = [value, ...params.values()].filter((each) => each !== true);
      if (!strings.every((each) => /^[ -~]*$/.test(each))) broken("no ASCII", text, value);
    }
  }),
  property(
    "a string in a header is read as it was written",
    2_000,
    fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
    (text) => {
      const [item] = parseList(`${quoted(text)};a=${quoted(text)}`) ?? [];
      if (item?.value !== text || item.params.get("a") !== text) broken("another", text, item);
    },
  ),
];
