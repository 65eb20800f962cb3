/** A soak: visitors come, log in, read, write and leave, and the server must not grow. */
import { Agent, request } from "node:http";
import { median } from "../lib/stats.ts";
import { launch } from "./launch.ts";

/** So many requests, spread evenly over so long. */
export interface SoakBounds {
  readonly seconds: number;
  readonly requests: number;
}

export interface SoakResult {
  readonly requests: number;
  readonly seconds: number;
  readonly failed: number;
  /** Megabytes of live heap after a collection, over time. */
  readonly heap: readonly { readonly at: number; readonly megabytes: number }[];
  /** Median of the last third above that of the middle third. */
  readonly growth: number;
  readonly grew: boolean;
}

const WORKERS = 32;
/** The store is full after so many logins without a logout, and stays that size. */
const MAX_SESSIONS = 2000;
/** Noise of a collection; a leak of 100 bytes a request shows within 40,000 requests. */
const TOLERANCE_MB = 4;

export async function soak(
  { seconds, requests }: SoakBounds,
): Promise<SoakResult> {
  const server = await launch("soak", {
    kind: "websession",
    store: "memory",
    storeOf: "ours",
    rolling: true,
    max: MAX_SESSIONS,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  const start = performance.now();
  const deadline = start + seconds * 1000;
  const heap: { at: number; megabytes: number }[] = [];
  let sent = 0;
  let failed = 0;

  const get = (path: string, cookie?: string): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      sent++;
      const headers = cookie === undefined ? {} : { cookie };
      request(server.url + path, { agent, headers }, (response) => {
        if (response.statusCode !== 200) failed++;
        response.resume();
        const [set] = response.headers["set-cookie"] ?? [];
        response.once("end", () => resolve(set?.slice(0, set.indexOf(";"))));
      }).once("error", reject).end();
    });
  const goesOn = (): boolean => performance.now() < deadline && sent < requests;
  const millis = seconds * 1000 / requests;
  const pace = async (): Promise<void> => {
    const early = sent * millis - (performance.now() - start);
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
  };

  async function visitors(worker: number): Promise<void> {
    for (let visit = worker; goesOn(); visit++) {
      await pace();
      await get("/anonymous");
      const cookie = await get("/login?bytes=400");
      await get("/read", cookie);
      await Promise.all([
        get("/write", cookie),
        get("/write", cookie),
        get("/read", cookie),
      ]);
      // Every second visitor just goes away, as people do.
      if (visit % 2 === 0) await get("/logout", cookie);
    }
  }
  async function watch(): Promise<void> {
    const pause = Math.max(250, seconds * 1000 / 60);
    while (goesOn()) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const { heapUsed } = await server.stats("live");
      heap.push({
        at: (performance.now() - start) / 1000,
        megabytes: heapUsed / 1e6,
      });
    }
  }
  try {
    await Promise.all([
      ...Array.from({ length: WORKERS }, (_, worker) => visitors(worker)),
      watch(),
    ]);
  } finally {
    agent.destroy();
    await server.stop();
  }
  const third = Math.floor(heap.length / 3);
  const size = (part: typeof heap): number => median(part.map(({ megabytes }) => megabytes));
  const growth = size(heap.slice(-third)) - size(heap.slice(third, 2 * third));
  return {
    requests: sent,
    seconds: (performance.now() - start) / 1000,
    failed,
    heap,
    growth,
    grew: growth > TOLERANCE_MB,
  };
}
