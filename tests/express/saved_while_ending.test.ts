/** What a save() under way stores of a session that is being ended: should the end fail, it is whole. */
import { expect, test } from "vitest";
import { login } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore, gateStore } from "../../src/testing/mod.ts";
import { makeApp, told, useDriver } from "./support/app.ts";
import { ours } from "./support/libraries.ts";

useDriver();

test.each(["destroy", "regenerate"])(
  "a save() that others' writes hold up, and %s(), which fails",
  async (end) => {
    const memory = memoryStore();
    const gated = gateStore(faultyStore(memory, [{ verb: "destroy", fault: "reject" }]));
    const app = makeApp({ library: ours, options: { store: gated.store } });
    const { cookie } = await app.play(async (req, res) => {
      req.session.cookie.maxAge = 300_000;
      await login(req, "ann");
      res.end();
    });
    const held = gated.hold("commit");
    await app.play(async (req, res) => {
      req.session.n = 1;
      const saved = told((done) => req.session.save(done));
      await held.arrived;
      const ended = told((done) => req.session[end](done));
      held.conflict();
      await Promise.allSettled([saved, ended]);
      res.end();
    }, cookie);
    const [id] = memory.ids();
    const { cookie: stored, n } = JSON.parse(memory.read(id!)!.json);
    const { originalMaxAge: life } = stored;
    expect({ n, life, anns: memory.list("ann") }).toEqual({ n: 1, life: 300_000, anns: [id] });
  },
);
