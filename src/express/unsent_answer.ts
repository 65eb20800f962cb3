/** An answer that does not leave, so that another one can. */
import type { EndingResponse } from "./held_response.ts";

/** So long an application may take to begin its error page. */
export const LONGEST_SILENCE = 5000;

/** Whether Node will not write this status line: then it says so before anything is stored. */
export function isUnsendable(res: EndingResponse): boolean {
  if (res._header !== null) return false;
  // As Node reads them: an application may have put there what it likes.
  const status = Number(res.statusCode) | 0;
  if (status < 100 || status > 999) return true;
  const { statusMessage } = res;
  return statusMessage !== undefined && /[^\t\x20-\x7e\x80-\xff]/.test(String(statusMessage));
}

/** Whether an answer says by itself that something is wrong. */
export function isErrorPage({ statusCode }: EndingResponse): boolean {
  return Number(statusCode) >= 500;
}

/** What says something about the answer that is not sent; all else may be of any answer. */
const OF_THE_ANSWER = [
  ...["Content-Type", "Content-Length", "Content-Encoding", "Content-Language"],
  ...["Content-Location", "Content-Disposition", "Content-Range", "Accept-Ranges"],
  ...["ETag", "Last-Modified", "Cache-Control", "Expires", "Location", "Refresh"],
  ...["Transfer-Encoding", "Trailer"],
];

/** Leaves a response of which nothing has left as free as a new one, but with status 500. */
export function withdraw(res: EndingResponse, isHead?: boolean): void {
  const node = res._implicitHeader ? res as unknown as NodeResponse : undefined;
  if (node?._header) unwrite(node, isHead);
  for (const name of OF_THE_ANSWER) res.removeHeader?.(name);
  // The visitor must not be told that all went well, whatever the page says.
  res.statusCode = 500;
  if (node === undefined) return;
  res.statusMessage = undefined;
  // Node takes their removal for a wish to have none.
  node._removedContLen = node._removedTE = false;
}

/** What Node notes while headers are set and written. */
interface NodeResponse {
  _header: string | null;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _removedTE: boolean;
  chunkedEncoding: boolean;
}

function unwrite(res: NodeResponse, isHead: boolean | undefined): void {
  res._header = null;
  res._hasBody = !isHead;
  res._contentLength = null;
  res.chunkedEncoding = false;
}
