/** One of several Deno processes that count in one session: `<database file> <increments>`. */
import { type DenoKv, denoKvStore } from "../../src/stores/deno_kv.ts";

declare const Deno: { openKv(path: string): Promise<DenoKv & { close(): void }>; args: string[] };

const [path, increments] = Deno.args as [string, string];
const kv = await Deno.openKv(path);
const store = denoKvStore({ kv });
const text = (count: number) => ({ json: JSON.stringify({ cookie: {}, count }), expires: null });
await store.create("counter", text(0));
for (let done = 0; done < Number(increments);) {
  const stored = await store.read("counter");
  const { count } = JSON.parse(stored!.json) as { count: number };
  const { status } = await store.commit("counter", text(count + 1), stored!.version);
  if (status === "gone") throw new Error("gone");
  if (status === "committed") done++;
}
console.log(JSON.parse((await store.read("counter"))!.json).count);
kv.close();
