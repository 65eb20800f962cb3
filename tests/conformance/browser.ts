/** A visitor with a cookie jar that follows no redirect by itself. */
import { connect } from "node:net";
import { CookieJar } from "tough-cookie";

export class Visitor {
  readonly base: string;
  readonly #jar = new CookieJar();

  constructor(base: string) {
    this.base = base;
  }

  /** Asks for a path with the jar's cookies, and keeps what is set. */
  async get(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.base + path;
    const headers = new Headers(init.headers);
    // Compressing, some servers hold a stream's first bytes back.
    headers.set("accept-encoding", "identity");
    const cookie = await this.#jar.getCookieString(url);
    if (cookie !== "" && !headers.has("cookie")) headers.set("cookie", cookie);
    const response = await fetch(url, { redirect: "manual", ...init, headers });
    for (const each of response.headers.getSetCookie()) await this.#jar.setCookie(each, url);
    return response;
  }

  /** Asks and reads the answer as JSON. */
  // deno-lint-ignore no-explicit-any
  async json(path: string, init?: RequestInit): Promise<any> {
    return await (await this.get(path, init)).json();
  }

  /** Opens a WebSocket, says something and returns the answer. */
  async chat(path: string, message: string): Promise<string> {
    const url = this.base + path;
    const cookie = await this.#jar.getCookieString(url);
    // The options are those of Node's own client.
    const socket = new WebSocket(url.replace("http", "ws"), { headers: { cookie } } as never);
    return await new Promise((resolve, reject) => {
      socket.addEventListener("open", () => socket.send(message));
      socket.addEventListener("error", () => reject(new Error("The WebSocket did not open")));
      socket.addEventListener("message", ({ data }) => {
        socket.close();
        resolve(String(data));
      });
    });
  }

  /** The value of a cookie the jar holds. */
  async cookie(name: string): Promise<string | undefined> {
    return (await this.#jar.getCookies(this.base)).find(({ key }) => key === name)?.value;
  }

  /** Waits until a request that will be held has loaded its session. */
  async arrived(name: string): Promise<void> {
    for (let tries = 0; !(await this.json(`/held?name=${name}`)); tries++) {
      if (tries > 2000) throw new Error(`No request "${name}" arrived`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Lets a request that is held go on, once it has arrived. */
  async releases(name: string): Promise<void> {
    await this.arrived(name);
    await this.get(`/release?name=${name}`);
  }
}

/** One request with headers as they are given, which no client sends: the whole answer's text. */
export function rawGet(base: string, path: string, headers: readonly string[]): Promise<string> {
  const { hostname, port, host } = new URL(base);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers, "Connection: close"];
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => answer += text);
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
}
