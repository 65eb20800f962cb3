/** The four questions of a request's end: one row per rule. */
import { describe, expect, test } from "vitest";
import { chooseWrite, type Facts, type Rules, shouldSetCookie } from "../../src/core/policy.ts";

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
