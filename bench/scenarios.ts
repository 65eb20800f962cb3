/** What every contestant is asked to do. */

export interface Scenario {
  readonly name: string;
  readonly method: "GET" | "POST";
  /** Bytes of data in the session the visitor brings; 0: the visitor brings none. */
  readonly bytes: number;
  readonly act: "nothing" | "ask" | "read" | "write" | "login" | "logout";
  /** How many visitors take turns: more than signatures are remembered for, in the cold row. */
  readonly visitors: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "anonymous", method: "GET", bytes: 0, act: "nothing", visitors: 1 },
  // The handler wants to know who it is, and learns that nobody is logged in.
  {
    name: "anonymous, asked",
    method: "GET",
    bytes: 0,
    act: "ask",
    visitors: 1,
  },
  { name: "read 200 B", method: "GET", bytes: 200, act: "read", visitors: 200 },
  {
    name: "read 200 B, new visitor",
    method: "GET",
    bytes: 200,
    act: "read",
    visitors: 6000,
  },
  { name: "read 8 KB", method: "GET", bytes: 8192, act: "read", visitors: 200 },
  {
    name: "write 200 B",
    method: "GET",
    bytes: 200,
    act: "write",
    visitors: 200,
  },
  {
    name: "write 8 KB",
    method: "GET",
    bytes: 8192,
    act: "write",
    visitors: 200,
  },
  { name: "login", method: "POST", bytes: 0, act: "login", visitors: 1 },
  { name: "logout", method: "POST", bytes: 200, act: "logout", visitors: 0 },
];
