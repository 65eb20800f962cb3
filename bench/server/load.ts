/** Load by autocannon, withTimeout in time, with a visitor's cookie for each connection. */
import autocannon from "autocannon";

export interface Load {
  readonly path: string;
  readonly connections: number;
  /** Seconds. */
  readonly duration: number;
  readonly cookies: readonly string[];
  /** Requests a second, all connections together; left out: as many as possible. */
  readonly rate?: number;
}

export interface Outcome {
  /** Answers a second. */
  readonly throughput: number;
  /** Milliseconds. */
  readonly latency: {
    readonly p50: number;
    readonly p97_5: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly failed: number;
}

export async function load(url: string, plan: Load): Promise<Outcome> {
  let next = 0;
  const result = await autocannon({
    url: url + plan.path,
    connections: plan.connections,
    duration: plan.duration,
    timeout: 30,
    ...(plan.rate === undefined ? {} : { overallRate: plan.rate }),
    setupClient(client) {
      const cookie = plan.cookies[next++ % plan.cookies.length];
      if (cookie !== undefined) client.setHeaders({ cookie });
    },
  });
  return {
    throughput: result["2xx"] / result.duration,
    latency: {
      p50: result.latency.p50,
      p97_5: result.latency.p97_5,
      p99: result.latency.p99,
      max: result.latency.max,
    },
    failed: result.non2xx + result.errors + result.timeouts,
  };
}
