/** As much of the peers' types as is used: the root's type check runs without bench/node_modules. */
declare module "cookie-session" {
  function cookieSession(options: {
    name: string;
    keys: string[];
    maxAge?: number;
  }): (req: unknown, res: unknown, next: (error?: unknown) => void) => void;
  export default cookieSession;
}

declare module "@hono/session" {
  export function useSession(
    options: { secret: string; duration: { absolute: number } },
  ): unknown;
  export function useSessionStorage(storage: unknown): unknown;
}

declare module "hono-sessions" {
  export class MemoryStore {
    data: Map<string, unknown>;
  }
  export function sessionMiddleware(options: object): unknown;
}

declare module "iron-session" {
  export function webCookies(request: Request, headers: Headers): object;
  export function getIronSession(
    jar: object,
    options: { cookieName: string; password: string; ttl: number },
  ): Promise<object>;
}

declare module "fastify" {
  export default function fastify(): unknown;
}

declare module "@fastify/cookie" {
  const plugin: unknown;
  export default plugin;
}

declare module "@fastify/session" {
  const plugin: unknown;
  export default plugin;
}

declare module "autocannon" {
  export default function autocannon(options: {
    url: string;
    connections: number;
    duration: number;
    timeout: number;
    overallRate?: number;
    setupClient(
      client: { setHeaders(headers: Record<string, string>): void },
    ): void;
  }): Promise<{
    "2xx": number;
    non2xx: number;
    errors: number;
    timeouts: number;
    duration: number;
    latency: { p50: number; p97_5: number; p99: number; max: number };
  }>;
}
