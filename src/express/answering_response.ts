/** A response that can say something, as the `{}` of a WebSocket cannot. */
import type { SessionResponse } from "./types.ts";

export interface AnsweringResponse extends SessionResponse {
  setHeader(name: string, value: string | string[]): unknown;
  getHeader(name: string): unknown;
  end(...args: unknown[]): unknown;
}

export function canAnswer(res: SessionResponse): res is AnsweringResponse {
  return typeof res.setHeader === "function";
}

/** Sets a header beside those of its name that others have set. */
export function addHeader(res: AnsweringResponse, name: string, text: string): void {
  const before = res.getHeader(name) as string | string[] | undefined;
  res.setHeader(name, [before ?? [], text].flat());
}
