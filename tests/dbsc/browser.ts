/** A browser with a device, as far as the protocol goes: cookies, a key, and what it is told. */
import { makeDevice, type TestDevice } from "./device.ts";

export type Fetch = (request: Request) => Promise<Response>;

export interface TestBrowser {
  readonly device: TestDevice;
  /** Its cookies by name. */
  readonly cookies: Map<string, string>;
  /** What it was told at the registration. */
  instructions: Instructions | undefined;
  /** The challenge it was handed last. */
  challenge: string | undefined;
  /** Asks for a page. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Logs in at a path, and registers if it is asked to. */
  login(path?: string): Promise<Response | undefined>;
  /** The challenge it was asked to register with. */
  readonly offer: string | undefined;
  /** Registers with a proof; left out: its own. */
  register(proof?: string): Promise<Response>;
  /** Refreshes with a proof; left out: its own, asked for first where it has no challenge. */
  refresh(proof?: string | null): Promise<Response>;
  /** A browser elsewhere that has copied every cookie. */
  thief(): Promise<TestBrowser>;
}

export interface Instructions {
  readonly session_identifier: string;
  readonly refresh_url: string;
  readonly scope: { readonly include_site: boolean };
  readonly credentials: readonly { name: string; attributes: string }[];
}

const ORIGIN = "https://app.test";

export async function makeBrowser(
  fetch: Fetch,
  algorithm: "ES256" | "RS256" = "ES256",
): Promise<TestBrowser> {
  const device = await makeDevice(algorithm);
  let offer: { path: string; challenge: string } | undefined;

  async function ask(
    path: string,
    { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> },
  ): Promise<Response> {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const given = cookie === "" ? headers : { cookie, ...headers };
    const response = await fetch(new Request(ORIGIN + path, { method, headers: given }));
    for (const text of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)!;
      if (value === "" || /Max-Age=0/.test(text)) browser.cookies.delete(name!);
      else browser.cookies.set(name!, value!);
    }
    const next = response.headers.get("secure-session-challenge");
    if (next !== null) browser.challenge = /^"([^"]+)";id="[^"]+"$/.exec(next)![1];
    const asked = response.headers.get("secure-session-registration");
    if (asked !== null) {
      const [, path, challenge] = /;path="([^"]+)";challenge="([^"]+)"$/.exec(asked)!;
      offer = { path: path!, challenge: challenge! };
    }
    return response;
  }

  const browser: TestBrowser = {
    device,
    cookies: new Map(),
    instructions: undefined,
    challenge: undefined,
    get offer() {
      return offer?.challenge;
    },
    get: (path, headers = {}) => ask(path, { headers }),
    async login(path = "/login") {
      const response = await ask(path, {});
      if (offer === undefined) return response;
      await browser.register();
      return response;
    },
    async register(proof) {
      if (offer === undefined) throw new Error("nobody asked for a key");
      const { path, challenge } = offer;
      const text = proof ?? await device.registers(challenge);
      const headers = { "secure-session-response": text };
      const response = await ask(path, { method: "POST", headers });
      if (response.status === 200) browser.instructions = await response.clone().json();
      return response;
    },
    async refresh(proof) {
      const { session_identifier: id, refresh_url: path } = browser.instructions!;
      if (proof === undefined && browser.challenge === undefined) await browser.refresh(null);
      const text = proof === undefined ? await device.refreshes(browser.challenge!) : proof;
      const headers = {
        "sec-secure-session-id": id,
        ...text !== null && { "secure-session-response": text },
      };
      browser.challenge = undefined;
      return await ask(path, { method: "POST", headers });
    },
    async thief() {
      const other = await makeBrowser(fetch, algorithm);
      for (const [name, value] of browser.cookies) other.cookies.set(name, value);
      other.instructions = browser.instructions;
      return other;
    },
  };
  return browser;
}

/** The challenge of a response that asks for a key. */
export function offered(response: Response): string | undefined {
  return /challenge="([^"]+)"/.exec(response.headers.get("secure-session-registration") ?? "")?.[1];
}
