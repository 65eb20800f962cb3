/** One way to talk to a server, whichever client the application has. */

/** What a write waits for: so many replicas, so many milliseconds. */
export interface Wait {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** `EVAL` takes a text, `EVALSHA` a digest. */
export type Eval = "EVAL" | "EVALSHA";

/** The one shape the store talks to. */
export interface Link {
  /** Whether keys live on several servers, each with slots of its own. */
  readonly cluster: boolean;
  /** What the client puts before every key by itself. */
  readonly keyPrefix: string;
  /** Whether the client hands on an answer that is JSON parsed, so that its text is lost. */
  readonly parses: boolean;
  /** Runs a script. */
  run(command: Eval, script: string, keys: string[], args: string[]): Promise<unknown>;
  /** Runs a script and, on the same connection, `WAIT`. Answers both replies. */
  runAndWait?(
    command: Eval,
    script: string,
    keys: string[],
    args: string[],
    wait: Wait,
  ): Promise<[reply: unknown, replicas: unknown]>;
  /** Each server that holds keys of its own. */
  nodes(): Promise<Pick<Link, "run">[]>;
}
