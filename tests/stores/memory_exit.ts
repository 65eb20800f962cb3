/** Ends by itself although the store has a session and a sweep ahead. */
import { memoryStore } from "../../src/stores/memory.ts";

const store = memoryStore({ sweepInterval: 3_600_000 });
store.create("id", { json: "{}", expires: Date.now() + 3_600_000 });
console.log(`stored ${store.length()}`);
