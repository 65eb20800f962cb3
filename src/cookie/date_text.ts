/**
 * Dates as text. What was written last is kept: requests of one moment end at
 * one moment, and writing a date costs as much as reading a small session.
 */

let isoTime = Number.NaN;
let iso = "";

/** As in JSON: `2026-11-23T18:00:00.000Z`. Throws on an invalid date. */
export function isoText(date: Date): string {
  const time = date.getTime();
  if (time !== isoTime) {
    iso = date.toISOString();
    isoTime = time;
  }
  return iso;
}

let utcSecond = Number.NaN;
let utc = "";

/** As in headers: `Mon, 23 Nov 2026 18:00:00 GMT`, to the second. */
export function utcText(date: Date): string {
  const second = Math.floor(date.getTime() / 1000);
  if (second !== utcSecond) {
    utc = date.toUTCString();
    utcSecond = second;
  }
  return utc;
}
