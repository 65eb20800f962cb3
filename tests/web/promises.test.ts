/** The promises, kept by the Web entry. */
import { describe } from "vitest";
import { describeTransactions } from "../promises/transactions.ts";
import { WEB } from "../promises/worlds.ts";

describe.each(Object.entries(WEB))("%s", (_store, make) => {
  describeTransactions(make);
});
