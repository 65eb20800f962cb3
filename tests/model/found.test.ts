/** Programs that once broke a promise, as short as the oracle could make them. */
import { describe, test } from "vitest";
import { isWeb } from "./entries.ts";
import { expectNoFailure } from "./oracle.ts";
import { ENTRIES, type Program, type Request, type Wave } from "./program.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Requests that succeed, each with its operations. */
function together(...requests: Request["ops"][]): Wave {
  return { requests: requests.map((ops) => ({ visitor: 0, ops, ends: "ok" })) };
}

interface Found extends Omit<Program, "entry" | "schedule"> {
  /** Where express-session would do the same. */
  readonly isOfWeb?: true;
  readonly schedule?: readonly number[];
}

const PROGRAMS: Record<string, Found> = {
  "a save() that is still under way is there after a reload()": {
    store: "slowTouch",
    life: null,
    waves: [
      together([["login", "ann"]]),
      together([], [["set", "c"], ["void", ["save"]], ["reload"]]),
    ],
    schedule: [0, 0, 1, 0, 0, 1, 0, 0, 2, 2],
  },
  "and what is changed after the reload() as well": {
    store: "slowTouch",
    life: null,
    waves: [
      together([["login", "ann"]]),
      together([], [["set", "c"], ["void", ["save"]], ["reload"], ["set", "d"], ["touch"]]),
    ],
    schedule: [0, 2, 1, 0, 2, 0, 2, 0, 0, 2, 2, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 2],
  },
  "an update goes on from what a save() of its own request has found": {
    store: "atomic",
    life: null,
    waves: [
      together([["login", "ann"]]),
      {
        faults: [{ deed: "write", nth: 1, how: "after" }],
        ...together([["update", "sync"], ["void", ["update", "async"]], ["save"]]),
      },
    ],
  },
  "a lifetime that was set after the new session was stored": {
    isOfWeb: true,
    store: "sliding",
    life: null,
    waves: [together([["update", "sync"], ["maxAge", 5 * MINUTE]])],
  },
  "a lifetime that was set while the new session was being stored": {
    isOfWeb: true,
    store: "callback",
    life: null,
    waves: [together([["void", ["update", "sync"]], ["maxAge", 5 * MINUTE]])],
  },
  "a login begins the lifetime again": {
    store: "sliding",
    life: null,
    waves: [
      together([["maxAge", 30 * DAY], ["login", "ann"]]),
      { later: DAY, ...together([["login", "ann"]]) },
    ],
  },
  "an edited attribute does not bring the older lifetime along": {
    store: "sliding",
    life: null,
    waves: [
      together([["login", "ann"]]),
      together([["maxAge", 5 * MINUTE]], [["attribute", "sameSite"]]),
    ],
  },
  "a lifetime that was refused is in no cookie": {
    store: "callback",
    life: null,
    rolling: true,
    waves: [
      together([["say"]]),
      { requests: [{ visitor: 0, ops: [["maxAge", 5 * MINUTE]], ends: "error" }] },
    ],
  },
  "what a call nobody awaited brought is kept no more than anything else": {
    store: "noTouch",
    life: null,
    schedule: [0, 0, 1],
    waves: [
      together([["update", "sync"]]),
      together([["void", ["save"]], ["regenerate", ["b", "gift", "flash"]]], [["nest"]]),
    ],
  },
  "nor what an update brought that nobody awaited": {
    store: "callback",
    life: null,
    waves: [
      together([["login", "ann"]]),
      together([["void", ["update", "async"]], ["take", "gift"], ["regenerate", ["a"]]]),
    ],
  },
  "an update that is overtaken by a login takes nothing with it": {
    store: "slowTouch",
    life: null,
    waves: [
      together([["say"]]),
      together([["void", ["update", "async"]], ["login", "ann"], ["update", "sync"]]),
    ],
  },
  "a logout ends what calls before it, and not awaited, were to store": {
    store: "atomic",
    life: null,
    schedule: [1],
    waves: [
      together([["login", "ann"]]),
      together([["void", ["save"]], ["void", ["save"]], ["logout"]]),
    ],
  },
  "nothing is stored for a session that was ended while its update took its time": {
    store: "atomic",
    life: null,
    schedule: [1, 1],
    waves: [together([["void", ["update", "async"]], ["logout"], ["say"]])],
  },
  "a message is told once, though another request was told the one before it": {
    store: "callback",
    life: null,
    schedule: [0, 0, 0, 1],
    waves: [together([["say"]]), together([["say"], ["save"], ["hear"]], [["hear"]])],
  },
  "an update does not move the end back": {
    store: "noTouch",
    life: 15 * MINUTE,
    waves: [
      together([["login", "ann"]]),
      { later: 12 * MINUTE, ...together([["set", "b"]], [["update", "sync"]]) },
      { later: 12 * MINUTE, requests: [] },
    ],
  },
  "an update counts once, whoever visits meanwhile and changes nothing": {
    store: "noTouch",
    life: null,
    schedule: [0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1],
    waves: [together([["update", "sync"]]), together([["update", "sync"]], [])],
  },
  "what an update brought that nobody awaited is there after a reload()": {
    store: "expressSession",
    life: null,
    schedule: [0, 1],
    waves: [
      together([], [["void", ["update", "async"]], ["update", "sync"], ["reload"]]),
    ],
  },
  "a lifetime that was set before an update that changed nothing": {
    store: "sliding",
    life: null,
    waves: [together([["login", "ann"]]), together([["maxAge", 5 * MINUTE], ["take", "gift"]])],
  },
  "a lifetime that was refused is in no cookie of an error page": {
    store: "noTouch",
    life: null,
    waves: [{
      ...together([["save"], ["regenerate", ["a"]], ["maxAge", 30 * DAY]]),
      faults: [{ deed: "write", nth: 3, how: "before" }],
    }],
  },
  "a redirect that is thrown tells nobody that all went well where the store has failed": {
    isOfWeb: true,
    store: "expressSession",
    life: null,
    waves: [together([["say"]]), {
      faults: [{ deed: "write", nth: 1, how: "before" }],
      requests: [{ visitor: 0, ops: [["set", "c"]], ends: "throwRedirect" }],
    }],
  },
  "a new session that is being stored as its visitor logs in is stored once": {
    store: "muteTouch",
    life: null,
    waves: [
      together([["regenerate", []]]),
      {
        requests: [
          { visitor: 0, ops: [], ends: "stream", rest: [["login", "bob"]] },
          {
            visitor: 0,
            ops: [["login", "ann"], ["void", ["update", "async"]], ["login", "ann"]],
            ends: "ok",
          },
        ],
      },
    ],
  },
  "what another request has stored stays where a save() waited for an update of its own": {
    store: "slowTouch",
    life: null,
    waves: [
      together([["regenerate", ["b", "gift", "flash"]]]),
      together([["void", ["update", "sync"]], ["save"]], [["update", "sync"]]),
    ],
  },
  "an update counts once, though the store fails to end the session meanwhile": {
    store: "slowTouch",
    life: null,
    schedule: [0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1],
    waves: [
      together([["say"]], []),
      {
        ...together([["revoke"]], [["update", "retried"]]),
        faults: [{ deed: "destroy", nth: 1, how: "before" }, { deed: "read", nth: 3, how: "hang" }],
      },
    ],
  },
  "an update that nobody awaited is there after a reload(), whoever else updates": {
    store: "muteTouch",
    life: null,
    schedule: [1],
    waves: [
      together([["set", "a"]]),
      together([["void", ["update", "async"]], ["reload"]], [["update", "sync"]]),
    ],
  },
  "who has stored something where another request has replaced the id brings the new one back": {
    store: "atomic",
    life: 15 * MINUTE,
    rotateAfter: MINUTE,
    waves: [
      together([["login", "ann"]]),
      { ...together([["update", "sync"]], []), later: MINUTE },
    ],
  },
  "who has stored nothing, and found the session under another id, is not sent the old one": {
    store: "expressSession",
    life: 15 * MINUTE,
    rotateAfter: MINUTE,
    waves: [
      together([["nest"]]),
      { ...together([], [["take", "gift"]]), later: MINUTE },
    ],
  },
  "an id that was to take an ended one's place, and could not be taken back, is told to nobody": {
    store: "sliding",
    life: null,
    rotateAfter: MINUTE,
    waves: [
      together([["login", "ann"]]),
      {
        ...together([["say"]], [["expel"]]),
        later: MINUTE,
        faults: [{ deed: "destroy", nth: 2, how: "before" }],
      },
    ],
  },
  "a logout after a login that failed ends what others have made of the session": {
    store: "sliding",
    life: null,
    schedule: [1],
    waves: [
      together([["set", "gift"]]),
      {
        ...together([["login", "ann"], ["destroy"]], [["regenerate", []]]),
        faults: [{ deed: "read", nth: 4, how: "before" }],
      },
    ],
  },
  "a second login is refused where a logout has ended both that one form has begun": {
    store: "slowTouch",
    life: 15 * MINUTE,
    rotateAfter: MINUTE,
    schedule: [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1],
    waves: [
      together([["say"]]),
      together([["login", "ann"], ["login", "ann"]], [["login", "ann"], ["destroy"]], []),
    ],
  },
  "a form that was sent twice logs in twice, also where the id was replaced meanwhile": {
    store: "sliding",
    life: null,
    rotateAfter: MINUTE,
    schedule: [1, 0, 1, 0, 1, 2, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    waves: [
      together([["login", "ann"]]),
      { ...together([["login", "ann"]], [], [["login", "ann"]]), later: MINUTE },
    ],
  },
};

describe.each(Object.entries(PROGRAMS))("%s", (_name, { isOfWeb, schedule = [], ...program }) => {
  test.each(isOfWeb ? ENTRIES.filter(isWeb) : ENTRIES)("%s", async (entry) => {
    await expectNoFailure({ ...program, entry, schedule });
  });
});
