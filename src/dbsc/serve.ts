/** The two paths of the protocol, whoever serves them. */
import { type Answer, answer, type Exchange } from "./exchange.ts";
import type { Protocol } from "./protocol.ts";
import { refresh } from "./refresh.ts";
import { register } from "./register.ts";

/** Whether a request is for one of the two. */
export function isForDevices({ options }: Protocol, pathname: string): boolean {
  return pathname === options.registerPath || pathname === options.refreshPath;
}

/** Answers it. Where the store fails, the browser is told to come again: its session goes on. */
export async function serve(
  protocol: Protocol,
  pathname: string,
  exchange: Exchange,
): Promise<Answer> {
  if (exchange.method !== "POST") return answer(405, [["allow", "POST"]]);
  try {
    const isRefresh = pathname === protocol.options.refreshPath;
    return await (isRefresh ? refresh(protocol, exchange) : register(protocol, exchange));
  } catch (error) {
    protocol.events.emit("error", { error });
    return answer(503);
  }
}
