/** The promises, kept by the Web entry. */
import { describe } from "vitest";
import { describeContention } from "../promises/contention.ts";
import { describeKept } from "../promises/kept.ts";
import { describeLifetimes } from "../promises/lifetimes.ts";
import { describeTransactions } from "../promises/transactions.ts";
import { WEB } from "../promises/worlds.ts";

describe.each(Object.entries(WEB))("%s", (_store, make) => {
  describeContention(make);
  describeKept(make);
  describeLifetimes(make);
  describeTransactions(make);
});
