/** The other process: a store on the file of `workerData`, served to whoever started this. */
import { parentPort, workerData } from "node:worker_threads";
import { serveStore } from "../../src/testing/mod.ts";
import { fileStore, type Kind } from "./file_store.ts";

const { path, kind } = workerData as { path: string; kind: Kind };
const { store } = await fileStore(path, kind);
serveStore(store, {
  send: (message) => parentPort!.postMessage(message),
  receive: (listener) => void parentPort!.on("message", listener),
});
