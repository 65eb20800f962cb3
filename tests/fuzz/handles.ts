/** Handles of devices: they name sessions to those who were given them, and nothing else does. */
import fc from "fast-check";
import { createSessions } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property } from "./property.ts";

const secret = "a secret of more than thirty-two bytes";
const store = memoryStore({ sweepInterval: 0 });
const sessions = createSessions({ secret, store });
const others = createSessions({ secret: "somebody else's, of thirty-two bytes", store });
for (const subject of ["ada", "ada", "bob", "é\n.", "x".repeat(300)]) {
  await sessions.wrap(async (_request, session) => {
    await session.login(subject);
    return new Response();
  })(new Request("https://app.test/"));
}
const handles: string[] = [];
const theirs: string[] = [];
for (const subject of ["ada", "bob", "é\n.", "x".repeat(300)]) {
  for (const { handle } of await sessions.list(subject)) handles.push(handle);
  for (const { handle } of await others.list(subject)) theirs.push(handle);
}
const known = new Set(handles);

export const HANDLES: readonly Property[] = [
  property(
    "device handles: what was not handed out ends no session",
    1_500,
    fc.oneof(mutated([...handles, ...theirs]), fc.string({ unit: "binary", minLength: 1 })),
    async (handle) => {
      // An id is one that an application may name a session by; no chance finds one.
      if (handle === "" || known.has(handle)) return;
      const before = store.ids().length;
      await sessions.revoke(handle);
      if (store.ids().length !== before) broken("a session has ended", handle);
    },
  ),
  property(
    "device handles: what was not handed out spares nobody but fails for nobody either",
    150,
    fc.oneof(mutated([...handles, ...theirs]), fc.string({ unit: "binary", minLength: 1 })),
    async (except) => {
      if (except === "" || known.has(except)) return;
      const fresh = createSessions({ secret, store: memoryStore({ sweepInterval: 0 }) });
      await fresh.wrap(async (_request, session) => {
        await session.login("ada");
        return new Response();
      })(new Request("https://app.test/"));
      const ended = await fresh.revokeAll("ada", { except });
      if (ended !== 1) broken("somebody was spared", except, ended);
    },
  ),
];
