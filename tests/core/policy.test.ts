/** The questions of a request's end: one row per rule. */
import { describe, expect, test } from "vitest";
import {
  blockedBy,
  chooseWrite,
  type CookieFacts,
  type Facts,
  isOrphan,
  type Rules,
  shouldSetCookie,
  wantsCookie,
  wantsCookieAfterFailure,
} from "../../src/core/policy.ts";

const NEW: Facts = {
  present: true,
  hasId: true,
  fromCookie: false,
  modified: false,
  saved: false,
  everSaved: false,
  cookieEnds: false,
};
const KNOWN: Facts = { ...NEW, fromCookie: true, saved: true, everSaved: true };
const RULES: Rules = { saveUninitialized: false, rolling: false, unsetDestroys: false };
const SAVES: Rules = { ...RULES, saveUninitialized: true };
const ROLLS: Rules = { ...RULES, rolling: true };
const NOT_STORED: CookieFacts = {
  mustSend: false,
  isOutdated: false,
  isStored: false,
  hasNewLifetime: false,
};
const STORED: CookieFacts = { ...NOT_STORED, isStored: true };
const WRITTEN_TO: Facts = { ...NEW, modified: true };

describe("chooseWrite", () => {
  test.each<[string, Partial<Facts>, Partial<Rules>, string]>([
    ["a new session nobody wrote to is not stored", NEW, RULES, "none"],
    ["… unless saveUninitialized says so", NEW, SAVES, "save"],
    ["a new session that was written to is stored", { ...NEW, modified: true }, RULES, "save"],
    [
      "… and not twice, if the application saved it",
      { ...NEW, modified: true, saved: true, everSaved: true },
      RULES,
      "none",
    ],
    ["a known session that did not change is touched", KNOWN, RULES, "touch"],
    [
      "a known session that changed is stored",
      { ...KNOWN, modified: true, saved: false },
      RULES,
      "save",
    ],
    [
      "resave: nothing counts as saved, so it is stored",
      { ...KNOWN, saved: false, everSaved: false },
      RULES,
      "save",
    ],
    [
      "a known session the application saved is touched",
      { ...KNOWN, modified: true },
      RULES,
      "touch",
    ],
    ["no session object: nothing", { ...NEW, present: false }, RULES, "none"],
    ["… with unset destroy: destroyed", { ...NEW, present: false }, {
      ...RULES,
      unsetDestroys: true,
    }, "destroy"],
    ["… but not without an id", { ...NEW, present: false, hasId: false }, {
      ...RULES,
      unsetDestroys: true,
    }, "none"],
    ["unset destroy does not touch a session that is there", KNOWN, {
      ...RULES,
      unsetDestroys: true,
    }, "touch"],
    ["an id that is no string: nothing", { ...NEW, hasId: false, modified: true }, SAVES, "none"],
  ])("%s", (_rule, facts, rules, expected) => {
    expect(chooseWrite({ ...NEW, ...facts }, { ...RULES, ...rules })).toBe(expected);
  });
});

describe("shouldSetCookie", () => {
  test.each<[string, Partial<Facts>, Partial<Rules>, boolean]>([
    ["a new session nobody wrote to: no", NEW, RULES, false],
    ["… with saveUninitialized: yes", NEW, SAVES, true],
    ["… rolling alone does not start one", NEW, { ...RULES, rolling: true }, false],
    ["a new session that was written to: yes", { ...NEW, modified: true }, RULES, true],
    ["a known session: the browser has it", KNOWN, SAVES, false],
    ["… rolling: yes", KNOWN, { ...RULES, rolling: true }, true],
    [
      "… changed, and the cookie ends: yes, with the new end",
      { ...KNOWN, modified: true, cookieEnds: true },
      RULES,
      true,
    ],
    [
      "… changed, and the cookie ends with the browser: no",
      { ...KNOWN, modified: true },
      RULES,
      false,
    ],
    ["… unchanged, and the cookie ends: no", { ...KNOWN, cookieEnds: true }, RULES, false],
    ["no session: no", { ...NEW, present: false, modified: true }, SAVES, false],
    ["an id that is no string: no", { ...NEW, hasId: false, modified: true }, SAVES, false],
  ])("%s", (_rule, facts, rules, expected) => {
    expect(shouldSetCookie({ ...NEW, ...facts }, { ...RULES, ...rules })).toBe(expected);
  });
});

describe("wantsCookie", () => {
  test.each<[string, Facts, Rules, CookieFacts, boolean]>([
    ["a new session nobody wrote to: no", NEW, RULES, NOT_STORED, false],
    ["… that shouldSetCookie wants: yes", WRITTEN_TO, RULES, NOT_STORED, true],
    ["… stored on the way: yes, or nobody could ask for it", NEW, RULES, STORED, true],
    ["… old is no word for a cookie that was not sent", NEW, RULES, {
      ...NOT_STORED,
      isOutdated: true,
    }, false],
    ["a known session: the browser has it", KNOWN, RULES, STORED, false],
    ["… rolling: yes", KNOWN, ROLLS, STORED, true],
    ["… with an old cookie: yes", KNOWN, RULES, { ...STORED, isOutdated: true }, true],
    ["… that the response has to carry: yes", KNOWN, RULES, { ...STORED, mustSend: true }, true],
    ["no session at all, to be removed with the response: yes", { ...NEW, present: false }, RULES, {
      ...NOT_STORED,
      mustSend: true,
    }, true],
  ])("%s", (_rule, facts, rules, cookie, expected) => {
    expect(wantsCookie(facts, rules, cookie)).toBe(expected);
  });
});

describe("wantsCookieAfterFailure", () => {
  test.each<[string, Facts, Rules, CookieFacts, boolean]>([
    ["a new session: no, what was written to it is dropped", WRITTEN_TO, RULES, NOT_STORED, false],
    ["… with saveUninitialized: no", NEW, SAVES, NOT_STORED, false],
    ["… rolling: no", NEW, ROLLS, NOT_STORED, false],
    ["… stored before the failure: yes", WRITTEN_TO, RULES, STORED, true],
    ["a known session: no, though it changed", { ...KNOWN, modified: true }, RULES, STORED, false],
    [
      "… whose cookie would have had a new end: no",
      {
        ...KNOWN,
        modified: true,
        cookieEnds: true,
      },
      RULES,
      STORED,
      false,
    ],
    ["… with an old cookie: no", KNOWN, RULES, { ...STORED, isOutdated: true }, false],
    ["… that was given another lifetime before the failure: yes", KNOWN, RULES, {
      ...STORED,
      hasNewLifetime: true,
    }, true],
    ["… and is not in the store any more: no", KNOWN, RULES, {
      ...NOT_STORED,
      hasNewLifetime: true,
    }, false],
    ["… rolling: yes, this was a visit", KNOWN, ROLLS, STORED, true],
    ["… rolling, but ended and begun anew: no", KNOWN, ROLLS, NOT_STORED, false],
    ["what the response has to carry leaves all the same", NEW, RULES, {
      ...NOT_STORED,
      mustSend: true,
    }, true],
  ])("%s", (_rule, facts, rules, cookie, expected) => {
    expect(wantsCookieAfterFailure(facts, rules, cookie)).toBe(expected);
  });
});

describe("blockedBy", () => {
  test.each([
    ["a plain cookie leaves over http", false, false, false, undefined],
    ["… and over https", false, true, false, undefined],
    ["a secure cookie leaves over https", true, true, false, undefined],
    ["… and not over http", true, false, false, "insecure"],
    ["no cookie follows its headers", false, false, true, "headers-sent"],
    ["… over https neither", true, true, true, "headers-sent"],
    ["what the application can mend is said first", true, false, true, "insecure"],
  ])("%s", (_rule, isSecure, overSecure, headersSent, expected) => {
    expect(blockedBy(isSecure, overSecure, headersSent)).toBe(expected);
  });
});

describe("isOrphan", () => {
  test.each([
    ["new, nowhere stored, no cookie: nobody could ask for it", false, false, false, true],
    ["… with a cookie: somebody can", false, false, true, false],
    ["… stored already: storing it again adds none", false, true, false, false],
    ["… stored, with a cookie", false, true, true, false],
    ["the browser has the cookie already", true, false, false, false],
    ["… and is sent it again", true, false, true, false],
    ["… of a stored session", true, true, false, false],
    ["… of a stored session, sent again", true, true, true, false],
  ])("%s", (_rule, fromCookie, isStored, cookieLeaves, expected) => {
    expect(isOrphan({ fromCookie, isStored, cookieLeaves })).toBe(expected);
  });
});
