/** Where the requests of a race wait for each other, so that it goes the same way each time. */

export interface Gates {
  /** Waits until as many requests are here as take part. */
  all(): Promise<void>;
  /** Says that the slow request has its session, then waits until it may go on. */
  slow(): Promise<void>;
  /** Resolves when the slow request has its session. */
  readonly slowIsHere: Promise<void>;
  /** Lets the slow request go on. */
  release(): void;
}

export function makeGates(requests: number): Gates {
  const everybody = makeGate();
  const arrival = makeGate();
  const release = makeGate();
  let waiting = 0;
  return {
    all() {
      if (++waiting === requests) everybody.open();
      return everybody.opened;
    },
    slow() {
      arrival.open();
      return release.opened;
    },
    slowIsHere: arrival.opened,
    release: release.open,
  };
}

function makeGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}
