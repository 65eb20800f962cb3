/** What the examples use of Deno and Bun, for a type checker that knows neither. */
declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(
    options: { port: number },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown;
};
declare const Bun: {
  readonly env: Record<string, string | undefined>;
  serve(options: {
    port: number | string;
    fetch: (request: Request) => Response | Promise<Response>;
  }): unknown;
};
