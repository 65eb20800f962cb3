/** A few looks at a running server, as a visitor without a cookie and as the same one again. */
import { Buffer } from "node:buffer";
import { Failure, wordsOf } from "../failure.ts";
import { isSessionCookie, isSigned, readSetCookie, type SeenCookie } from "./seen_cookie.ts";

/** What came of one GET. */
export interface Visit {
  readonly status: number;
  readonly cacheControl: string;
  /** The cookies of a session that it set. */
  readonly cookies: readonly SeenCookie[];
}

/** All of them: three GETs at most. */
export interface Visits {
  readonly url: URL;
  /** Without a cookie. */
  readonly plain: Visit;
  /** Likewise, with what a proxy says of a visitor who came by https. */
  readonly proxied: Visit;
  /** Again, with the cookie that one of them was given; nothing if none was. */
  readonly again: Visit | undefined;
}

/** Milliseconds until a server that does not answer is out of reach. */
const PATIENCE = 10_000;

/** Makes them. */
export async function visit(page: URL, expected: string | undefined): Promise<Visits> {
  const url = new URL(page);
  // fetch() refuses them there, and they are to be shown nowhere.
  url.username = url.password = "";
  const direct = credentialsOf(page);
  const plain = await get(url, direct, expected);
  const forwarded = { ...direct, "x-forwarded-proto": "https" };
  const proxied = await get(url, forwarded, expected);
  const [own, headers] = plain.cookies.length > 0
    ? [plain.cookies[0], direct]
    : [proxied.cookies[0], forwarded];
  if (own === undefined) return { url, plain, proxied, again: undefined };
  const again = await get(url, { ...headers, cookie: `${own.name}=${own.value}` }, expected);
  return { url, plain, proxied, again };
}

/** Those of a session first, signed ones before all, then others of the same names, by whoever they are set. */
function ofSession(cookies: readonly SeenCookie[], expected: string | undefined): SeenCookie[] {
  const own = cookies.filter((cookie) => isSessionCookie(cookie, expected))
    .sort((one, other) => Number(isSigned(other)) - Number(isSigned(one)));
  const names = own.map(({ name }) => name);
  return [
    ...own,
    ...cookies.filter((cookie) => !own.includes(cookie) && names.includes(cookie.name)),
  ];
}

/** The header of a page behind a password. */
function credentialsOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  expected: string | undefined,
): Promise<Visit> {
  try {
    const answer = await fetch(url, {
      headers: { ...headers, "user-agent": "websession doctor" },
      // A login page that leads elsewhere has set its cookie by then.
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    await answer.body?.cancel();
    const now = Date.now();
    const cookies = answer.headers.getSetCookie().map((header) => readSetCookie(header, now));
    return {
      status: answer.status,
      cacheControl: answer.headers.get("cache-control") ?? "",
      cookies: ofSession(cookies, expected),
    };
  } catch (error) {
    throw new Failure(`${url.origin} does not answer: ${wordsOf((error as Error).cause ?? error)}`);
  }
}
