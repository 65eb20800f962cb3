/** Tests that only make sense in some worlds: where they do not, there are none, and none is skipped. */
import { describe, test } from "vitest";

const NONE = Object.assign(() => {}, { each: () => () => {} });

export function testIf(makesSense: boolean): typeof test {
  return makesSense ? test : NONE as unknown as typeof test;
}

export function describeIf(makesSense: boolean): typeof describe {
  return makesSense ? describe : NONE as unknown as typeof describe;
}
