/** The cookie that is set. */
import type { Line } from "../line.ts";

export const COOKIES: readonly Line[] = [
  {
    number: 18,
    says: "HttpOnly by default: when set, sent again and removed",
    on: "both",
    breaks: [[
      "src/cookie/set_cookie_header.ts",
      "const attributes = attributesIn(data);",
      "const attributes = { ...attributesIn(data), httpOnly: false };",
    ]],
  },
  {
    number: 19,
    says:
      'Secure by default on the Web; "auto" and a proxy\'s word only where the proxy is trusted',
    on: "both",
    also: { "tests/express/differences.test.ts": ['"auto"'] },
    breaks: [
      ["src/web/cookie_defaults.ts", "    secure: true,\n", "    secure: false,\n"],
      [
        "src/express/express_adapter.ts",
        "return resolveAuto(cookie, options, this.isSecure(req));",
        "return cookie;",
      ],
    ],
  },
  {
    number: 20,
    says: "SameSite=Lax is said by default, and None without Secure is refused",
    on: "web",
    breaks: [
      [
        "src/cookie/cookie_options.ts",
        'if (!secure && sameSite === "none")',
        "if (!sameSite && !secure && !path)",
      ],
      ["src/web/cookie_defaults.ts", '    sameSite: "lax",\n', "\n"],
    ],
  },
  {
    number: 21,
    says:
      "what a name's prefix promises is checked, at construction and of what a handler made of the cookie",
    on: "web",
    breaks: [["src/cookie/cookie_options.ts", "if (prefix === undefined) return;", "return;"]],
  },
  {
    number: 22,
    says: "Partitioned without Secure is refused",
    on: "web",
    breaks: [[
      "src/cookie/cookie_options.ts",
      "if (!secure && partitioned) refuse(",
      "if (!path && partitioned) refuse(",
    ]],
  },
  {
    number: 23,
    says: "no cookie is asked to live for more than 400 days",
    on: "web",
    breaks: [["src/cookie/cookie_options.ts", "maxAge, 0, MAX_AGE);", "maxAge, 0);"]],
  },
  {
    number: 24,
    says: "a cookie that a browser would drop for its size is an error",
    on: "both",
    breaks: [[
      "src/cookie/set_cookie_header.ts",
      "if (pair.length > MAX_PAIR) {",
      "if (pair.length < 1) {",
    ]],
  },
  {
    number: 25,
    says: "no name and no attribute can bring a second header or attribute along",
    on: "both",
    breaks: [[
      "src/cookie/set_cookie_header.ts",
      "throw words === null ? error : new TypeError(words[0]);",
      "return `${name}=${PLACEHOLDER_TEXT}; Domain=${attributes.domain}; Path=${attributes.path}`;",
    ]],
  },
  {
    number: 26,
    says: "a removal has the name, path, domain and flags of what it removes, and is over",
    on: "both",
    breaks: [[
      "src/cookie/set_cookie_header.ts",
      "{ ...data, expires: new Date(0) }",
      '{ path: "/other", expires: new Date(0) }',
    ]],
  },
  {
    number: 27,
    says: "other Set-Cookie headers survive, and ours is there once",
    on: "both",
    breaks: [
      [
        "src/web/response.ts",
        'headers.append("set-cookie", cookie);\n    opened',
        'headers.set("set-cookie", cookie);\n    opened',
      ],
      [
        "src/express/response_cookie.ts",
        "before == null ? [text] : [before, text].flat()",
        "[text]",
      ],
    ],
  },
  {
    number: 28,
    says: "the default name tells of no framework",
    on: "web",
    breaks: [[
      "src/web/cookie_defaults.ts",
      '"__Host-session" : "session"',
      '"__Host-hono" : "hono"',
    ]],
  },
  {
    number: 29,
    says: "where a Secure cookie cannot leave, no new session is stored",
    on: "both",
    breaks: [[
      "src/core/policy.ts",
      'if (isSecure && !overSecure) return "insecure";',
      "",
    ]],
  },
  {
    number: 30,
    says: "X-Forwarded-Proto counts behind a trusted proxy alone, and of it the first item",
    on: "both",
    breaks: [
      ["src/cookie/secure_request.ts", "if (trustProxy && forwardedHttps(", "if (forwardedHttps("],
      [
        "src/express/express_adapter.ts",
        "if (proxy === false) return false;",
        'if (proxy !== true) return forwardedHttps(req.headers["x-forwarded-proto"] as string | undefined);',
      ],
    ],
  },
  {
    number: 31,
    says: "junk of our name hides nothing; of two good ones the Web takes none, Express the first",
    on: "both",
    breaks: [["src/cookie/cookie_header.ts", "values.push(value);", "values.push(value); break;"]],
  },
  {
    number: 32,
    says: "a name in another case is another name",
    on: "web",
    breaks: [[
      "src/cookie/cookie_header.ts",
      "const values: string[] = [];",
      'header = header.replace(new RegExp(name, "gi"), name);\n  const values: string[] = [];',
    ]],
  },
  {
    number: 33,
    says: "several Cookie headers are read as one",
    on: "both",
    breaks: [[
      "src/cookie/cookie_header.ts",
      "return before < 0 || header.charCodeAt(before) === SEMICOLON;",
      "return before < 0;",
    ]],
  },
  {
    number: 34,
    says: "a hostile Cookie header takes linear time and throws nothing",
    on: "both",
    breaks: [[
      "src/cookie/cookie_header.ts",
      "  try {\n    return decodeURIComponent(value);",
      "  return decodeURIComponent(value);\n  try {\n    return value;",
    ]],
  },
  {
    number: 35,
    says: "whatever is wrong with a cookie, its visitor is a stranger, and is told nothing",
    on: "both",
    breaks: [[
      "src/cookie/cookie_header.ts",
      "  try {\n    return decodeURIComponent(value);",
      "  return decodeURIComponent(value);\n  try {\n    return value;",
    ]],
  },
  {
    number: 36,
    says:
      "a response with our cookie is kept by no cache that many share, or the application hears of it",
    on: "web",
    breaks: [[
      "src/web/response.ts",
      'if (caching === null) headers.set("cache-control", "no-store");',
      "if (caching === null) return;",
    ]],
  },
  {
    number: 37,
    says: "caches are told that a page depends on its Cookie header",
    on: "web",
    breaks: [["src/web/response.ts", 'headers.append("vary", "Cookie");', "return;"]],
  },
  {
    number: 38,
    says: "a logout may have the browser forget its cache and storage of the site",
    on: "both",
    breaks: [[
      "src/core/clear_site_data.ts",
      'return types.map((type) => `"${type}"`).join(", ");',
      "return undefined;",
    ]],
  },
];
