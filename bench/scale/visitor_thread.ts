/** Another visitor, in a thread of its own: how long each read and change of his session takes. */
import { parentPort, workerData } from "node:worker_threads";
import { JSON_TEXT, openStore, type StoreName } from "./blocking_stores.ts";

const { name, where } = workerData as { name: StoreName; where: string };
const { store, close } = await openStore(name, where);
const record = {
  json: JSON_TEXT,
  expires: Date.now() + 86_400_000,
  subject: "visitor",
};
await store.create("visitor", record);

let isWanted = false;
let waits: number[] = [];

async function visit(): Promise<void> {
  while (isWanted) {
    const begun = performance.now();
    const found = await store.read("visitor");
    // A call that ends every session ends this one as well.
    if (found === undefined) await store.create("visitor", record);
    else await store.commit("visitor", record, found.version);
    waits.push(performance.now() - begun);
    // Nobody else is to wait for him.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  parentPort!.postMessage(waits);
}

parentPort!.on("message", (word: "start" | "stop" | "end") => {
  if (word === "end") {
    return void Promise.resolve(close()).then(() => parentPort!.close());
  }
  isWanted = word === "start";
  if (!isWanted) return;
  waits = [];
  void visit();
});
parentPort!.postMessage("ready");
