/** When the connection is over that a response is for. */

/** Whatever says that it is closed. */
interface Closing {
  readonly destroyed?: boolean | undefined;
  once?(event: "close", act: () => void): unknown;
}

/**
 * Calls `act` once it is: at the end of the response, or of the socket, where a WebSocket took the
 * response's place, and there is only a stand-in of it.
 */
export function whenConnectionEnds(res: object, req: object, act: () => void): void {
  const isResponse = typeof (res as Closing).once === "function";
  const { socket } = req as { readonly socket?: object };
  const closing = (isResponse ? res : socket) as Closing | undefined;
  if (closing?.destroyed === true) act();
  else closing?.once?.("close", act);
}
