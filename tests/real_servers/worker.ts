/** One process of an application: `worker.ts '<json of Plan>'`; it says on which port it listens. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ours, theirs } from "./apps.ts";
import { openStore, openTheirs } from "./open_store.ts";
import { planted } from "./plants.ts";
import type { Plan } from "./protocol.ts";

const { place, who, plant, ...limits } = JSON.parse(process.argv[2]!) as Plan;

process.on("disconnect", () => process.exit());

const listener = await listenerOf();
const server = createServer(listener);
// The client keeps its connections: one that rests is not to be closed under a request.
server.keepAliveTimeout = 120_000;
server.listen(
  0,
  "127.0.0.1",
  () => process.send!({ port: (server.address() as AddressInfo).port }),
);

async function listenerOf() {
  if (who === "express-session") return theirs(await openTheirs(place));
  const store = await openStore(place);
  return ours(plant === undefined ? store : planted(store, plant), limits);
}
