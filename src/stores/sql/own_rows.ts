/** What dialects have in common whose table nobody else writes: versions, times in milliseconds. */
import type { Dialect } from "./dialect.ts";

/** The version column alone tells whether a row has changed. */
export const ownRows: Pick<
  Dialect,
  "unchanged" | "versionOf" | "expected" | "toTime" | "fromTime"
> = {
  unchanged: "version = {mark}",
  versionOf: (mark) => mark,
  expected: (version) => ({
    mark: Number.isSafeInteger(version) ? version as number : null,
    base: null,
  }),
  toTime: (ms) => ms,
  fromTime: Number,
};
