/** What both apps keep in a session, apart from who is logged in: that is the library's. */
import type { BasketRace, LogoutRace } from "./races/results.ts";

export interface Visitor {
  /** How often the visitor has counted in each of the apps. */
  express?: number;
  hono?: number;
  /** What came of the two races, last time. */
  basket?: BasketRace;
  logoutRace?: LogoutRace;
}
