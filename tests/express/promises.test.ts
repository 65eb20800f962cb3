/** The promises, kept by the Express entry. */
import { describe } from "vitest";
import { describeTransactions } from "../promises/transactions.ts";
import { EXPRESS } from "../promises/worlds.ts";

describe.each(Object.entries(EXPRESS))("%s", (_store, make) => {
  describeTransactions(make);
});
