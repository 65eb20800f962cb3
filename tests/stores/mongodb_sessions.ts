/** Records for tests of the MongoDB store. */

let serial = 0;

/** A record that ends in an hour, unless told otherwise. */
export function record(subject?: string, expires: number | null = Date.now() + 3_600_000) {
  return {
    json: `{"cookie":{"originalMaxAge":3600000,"path":"/"},"n":${++serial}}`,
    expires,
    subject,
  };
}
