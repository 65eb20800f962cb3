/** The promises, kept by the Express entry. */
import { describe } from "vitest";
import { describeCalls } from "../promises/calls.ts";
import { describeContention } from "../promises/contention.ts";
import { describeKept } from "../promises/kept.ts";
import { describeLifetimes } from "../promises/lifetimes.ts";
import { describeLimits } from "../promises/limits.ts";
import { describeStoreFailures } from "../promises/store_failures.ts";
import { describeTransactions } from "../promises/transactions.ts";
import { EXPRESS } from "../promises/worlds.ts";

describe.each(Object.entries(EXPRESS))("%s", (_store, make) => {
  describeCalls(make);
  describeContention(make);
  describeKept(make);
  describeLifetimes(make);
  describeLimits(make);
  describeStoreFailures(make);
  describeTransactions(make);
});
