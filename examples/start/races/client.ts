/** A browser's part in a race: real requests over HTTP, with the cookie that came last. */

export class Client {
  readonly #origin: string;
  #cookie = "";

  constructor(origin: string) {
    this.#origin = origin;
  }

  async send(method: "GET" | "POST", path: string): Promise<Response> {
    const response = await fetch(this.#origin + path, {
      method,
      headers: { cookie: this.#cookie },
    });
    const [cookie] = response.headers.getSetCookie();
    // Whoever raced keeps the cookie, even where an answer takes it away: as a thief would.
    if (this.#cookie === "" && cookie !== undefined) this.#cookie = cookie.split(";", 1)[0]!;
    return response;
  }

  async read(): Promise<{ user: string | null; items: number[] }> {
    return await (await this.send("GET", "/")).json();
  }
}
