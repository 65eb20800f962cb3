/** Acts at the last moment headers can still be set, whoever writes them. */

/** A response, as little of it as is used; socket.io's is not more. */
export interface HeaderResponse {
  statusCode?: number | undefined;
  statusMessage?: string | undefined;
  headersSent?: boolean;
  /** Node's headers as text, once they are written; before that it is empty. */
  _header?: string | null;
  /** What only Node's own has. */
  _implicitHeader?: () => void;
  setHeader?(name: string, value: string | string[]): unknown;
  getHeader?(name: string): unknown;
  removeHeader?(name: string): unknown;
  // deno-lint-ignore no-explicit-any
  writeHead?: (...args: any[]) => any;
}

/** Who acts. */
export interface BeforeHeaders {
  /** It is done, unless the headers were refused or taken back. */
  headersDone: boolean;
  beforeHeaders(): void;
}

/** What headers may have to wait for. */
export interface HeadWaiting {
  /** Whether `write`, with this status and reason, is done later. */
  postponesHead(given: unknown[], write: () => unknown): boolean;
}

/**
 * Lets `hooks` act before `writeHead()` writes; headers given to it are set first.
 * Where Node refuses a header or the status, another attempt acts again.
 */
export function onHeaders(
  res: HeaderResponse,
  hooks: BeforeHeaders,
  waiting?: HeadWaiting,
): void {
  const { writeHead } = res;
  res.writeHead = function (this: HeaderResponse, ...args: unknown[]): unknown {
    // Too late: it says so itself.
    if (hooks.headersDone || this._header) return writeHead?.apply(this, args);
    const given = setGiven(this, args);
    const { statusCode } = this;
    this.statusCode = given[0] as number;
    const write = (): unknown => {
      hooks.headersDone = true;
      try {
        hooks.beforeHeaders();
        given[0] = this.statusCode;
        return writeHead?.apply(this, given);
      } catch (error) {
        hooks.headersDone = false;
        // An error page must not stumble over the same again.
        this.statusCode = statusCode;
        if (typeof given[1] === "string") this.statusMessage = undefined;
        throw error;
      }
    };
    return waiting?.postponesHead(given, write) ? this : write();
  };
}

/** Writes the headers, and what is due before them, without sending a byte. */
export function commitHeaders(res: HeaderResponse, hooks: BeforeHeaders): void {
  if (typeof res._implicitHeader === "function") return res._implicitHeader();
  // HTTP/2 has no such method: there the headers follow with the body.
  if (hooks.headersDone) return;
  hooks.headersDone = true;
  hooks.beforeHeaders();
}

/** Turns the headers of `writeHead(status, reason?, headers?)` into set ones. */
function setGiven(res: HeaderResponse, args: unknown[]): unknown[] {
  const { 0: status, 1: second, 2: third } = args;
  const hasReason = typeof second === "string";
  const headers = (hasReason ? third : second ?? third) as HeaderList;
  if (headers) {
    const isFlat = Array.isArray(headers) && !Array.isArray(headers[0]);
    for (const [name, value] of pairs(headers)) {
      // As Node does with a flat list: its headers come in its own order.
      if (isFlat) res.removeHeader?.(name);
      res.setHeader?.(name, value);
    }
  }
  return hasReason ? [status, second] : [status];
}

type HeaderValue = string | string[];
type HeaderList = Record<string, HeaderValue> | unknown[] | null | undefined;

function pairs(headers: NonNullable<HeaderList>): [string, HeaderValue][] {
  if (!Array.isArray(headers)) {
    return Object.entries(headers).filter(([name]) => name);
  }
  if (!Array.isArray(headers[0]) && headers.length % 2 !== 0) {
    throw new TypeError("headers array is malformed");
  }
  const list: [string, HeaderValue][] = Array.isArray(headers[0])
    ? headers as [string, HeaderValue][]
    : Array.from({ length: headers.length / 2 }, (_, index) => {
      return [headers[index * 2], headers[index * 2 + 1]] as [string, HeaderValue];
    });
  // A name may come twice: both values count, as in one header of several.
  const merged = new Map<string, [string, HeaderValue]>();
  for (const [name, value] of list) {
    const key = String(name).toLowerCase();
    const before = merged.get(key);
    const both = before === undefined ? value : [before[1], value].flat();
    merged.set(key, [before?.[0] ?? name, both]);
  }
  return [...merged.values()];
}
