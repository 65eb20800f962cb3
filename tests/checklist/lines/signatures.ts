/** Signatures and secrets. */
import type { Line } from "../line.ts";

export const SIGNATURES: readonly Line[] = [
  {
    number: 10,
    says: "a cookie of which one bit differs proves nothing, and costs no store call",
    on: "both",
    breaks: [
      [
        "src/cookie/signer.ts",
        'if (await crypto.subtle.verify("HMAC", key, mac, message)) {',
        'if (await crypto.subtle.verify("HMAC", key, mac, message) || key) {',
      ],
      [
        "src/express/node_signer.ts",
        "if (!timingSafeEqual(Buffer.from(this.#macOf(parts.id)), Buffer.from(parts.mac))) {",
        "if (parts.id === parts.mac) {",
      ],
    ],
  },
  {
    number: 11,
    says: "signatures are compared in constant time",
    on: "both",
    breaks: [
      [
        "src/express/node_signer.ts",
        "if (!timingSafeEqual(Buffer.from(this.#macOf(parts.id)), Buffer.from(parts.mac))) {",
        "if (this.#macOf(parts.id) !== parts.mac) {",
      ],
      [
        "src/cookie/signer.ts",
        'if (await crypto.subtle.verify("HMAC", key, mac, message)) {',
        'if (btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign("HMAC", key, message)))).startsWith(parts.mac)) {',
      ],
    ],
  },
  {
    number: 12,
    says: "a value without our mark, or of another shape, is no session by any other way",
    on: "both",
    breaks: [[
      "src/cookie/signer.ts",
      '!value.startsWith("s:")) return undefined;',
      "value.length < 1) return undefined;",
    ]],
  },
  {
    number: 13,
    says: "the Web refuses secrets of fewer than 32 bytes, and none at all",
    on: "web",
    note: "strength is judged by length alone; Express warns in production, and takes any",
    breaks: [
      ["src/web/secrets.ts", "if (length >= MIN_SECRET_BYTES) return each;", "return each;"],
      ["src/web/secrets.ts", "if (secrets.length === 0) throw", "if (secrets.length < 0) throw"],
    ],
  },
  {
    number: 14,
    says:
      "secrets rotate: the first signs, all verify, old cookies are signed anew, a removed secret proves nothing",
    on: "both",
    breaks: [
      [
        "src/express/node_signer.ts",
        "for (let index = 0; index < secrets.length; index++) {",
        "for (let index = 0; index < 1; index++) {",
      ],
      [
        "src/cookie/signer.ts",
        "of (await importKeys()).entries()) {",
        "of (await importKeys()).slice(0, 1).entries()) {",
      ],
    ],
  },
  {
    number: 15,
    says:
      "a session begun under one cookie name opens under no other, though the secret is the same",
    on: "web",
    note: "by a note in the record: the bytes of the cookie are express-session's",
    also: {
      "tests/checklist/operators.test.ts": [
        "S85 a cookie that was begun under another name is told as such",
      ],
    },
    breaks: [[
      "src/core/lifecycle.ts",
      "return noted !== undefined && name !== undefined && noted !== name;",
      "return false;",
    ]],
  },
  {
    number: 16,
    says: "a value that another part of the application signed with our secret signs nobody in",
    on: "both",
    breaks: [
      [
        "src/express/express_adapter.ts",
        "const id: unknown = this.options.genid(req);",
        "const id: unknown = req.sessionID ?? this.options.genid(req);",
      ],
      [
        "src/web/open_session.ts",
        "verified = one;",
        "verified = one; if (one) opened.setId(one.id);",
      ],
    ],
  },
  {
    number: 17,
    says: "no inspection and no error shows a secret, and keys cannot be exported",
    on: "web",
    breaks: [
      [
        "src/web/make_sessions.ts",
        "registerAdapter(sessions, adapter);",
        "Object.assign(sessions, { adapter: adapter.get() }); registerAdapter(sessions, adapter);",
      ],
      [
        "src/cookie/signer.ts",
        'false,\n        ["sign", "verify"],',
        'true,\n        ["sign", "verify"],',
      ],
      ["src/stores/encrypt/keys.ts", '"AES-GCM", false,', '"AES-GCM", true,'],
      ["src/stores/cookie/sealer.ts", '"HKDF", false,', '"HKDF", true,'],
      ["src/stores/cookie/sealer.ts", "aes, false,", "aes, true,"],
    ],
  },
];
