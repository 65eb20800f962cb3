/**
 * A stand-in for a MongoDB server, in this process: MongoDB's wire protocol over TCP, so that the real driver
 * stands between a store and it. What commands do is in `mongodb_engine.ts`.
 */
import { BSON, type Document, MongoClient, type MongoClientOptions } from "mongodb";
import { createServer, type Socket } from "node:net";
import { MongodbEngine, Refusal } from "./mongodb_engine.ts";

/** Runs a command, of which it knows the name, or does not; an error of the name `cut` breaks the connection. */
export type BetweenMongodb = (
  name: string,
  command: Document,
  run: () => Promise<Document>,
) => Promise<Document>;

/** A stand-in that runs. */
export interface MongodbStandIn {
  readonly port: number;
  readonly url: string;
  /** Stands between the driver and what is stored. */
  between: BetweenMongodb;
  stop(): Promise<void>;
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const MORE_TO_COME = 2;

/** Breaks the connection instead of an answer. */
export const CUT = new Error("cut");

/** Starts one: the primary of a replica set, or a server that is `alone`. */
export async function startMongodb({ alone = false } = {}): Promise<MongodbStandIn> {
  const engine = new MongodbEngine();
  const sockets = new Set<Socket>();
  const through: BetweenMongodb = (_name, _command, run) => run();

  const hello = (): Document => {
    const me = `127.0.0.1:${standIn.port}`;
    return {
      ...{ helloOk: true, isWritablePrimary: true, ismaster: true, readOnly: false },
      ...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 1e5 },
      ...{ minWireVersion: 0, maxWireVersion: 21, logicalSessionTimeoutMinutes: 30 },
      ...!alone && { setName: "stand-in", hosts: [me], me, primary: me, setVersion: 1 },
    };
  };
  const answer = async (command: Document): Promise<Document> => {
    const name = Object.keys(command)[0]!;
    if (/^(hello|ismaster)$/i.test(name)) return { ...hello(), ok: 1 };
    try {
      return { ...await standIn.between(name, command, () => engine.run(command)), ok: 1 };
    } catch (error) {
      if (error === CUT) throw error;
      const { code = 8, message, more } = error as Refusal;
      return { ok: 0, code, errmsg: message, ...more };
    }
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    let [rest, size]: [Buffer[], number] = [[], 0];
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      rest.push(chunk);
      size += chunk.length;
      // The first four bytes say how long a message is: a large one is put together once.
      if (size < 4 || (rest[0]!.length >= 4 && size < rest[0]!.readInt32LE(0))) return;
      let whole = Buffer.concat(rest);
      while (whole.length >= 4 && whole.length >= whole.readInt32LE(0)) {
        const message = whole.subarray(0, whole.readInt32LE(0));
        whole = whole.subarray(message.length);
        void respond(socket, message, answer);
      }
      [rest, size] = whole.length === 0 ? [[], 0] : [[whole], whole.length];
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const standIn: MongodbStandIn = {
    port,
    url: `mongodb://127.0.0.1:${port}/`,
    between: through,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

/** A client of the one on a port. */
export function connectMongodb(port: number, more: MongoClientOptions = {}): MongoClient {
  return new MongoClient(`mongodb://127.0.0.1:${port}/`, more);
}

async function respond(
  socket: Socket,
  message: Buffer,
  answer: (command: Document) => Promise<Document>,
): Promise<void> {
  const [id, kind] = [message.readInt32LE(4), message.readInt32LE(12)];
  if (kind !== OP_MSG && kind !== OP_QUERY) return void socket.destroy();
  const { command, isSilent } = kind === OP_MSG ? inMessage(message) : inQuery(message);
  try {
    const document = BSON.serialize(await answer(command), { ignoreUndefined: true });
    if (isSilent || socket.destroyed) return;
    const before = kind === OP_MSG ? Buffer.alloc(5) : Buffer.alloc(20);
    // Of the reply to a query: flags, cursor, start, and how many documents follow.
    if (kind === OP_QUERY) before.writeInt32LE(1, 16);
    const head = Buffer.alloc(16);
    head.writeInt32LE(16 + before.length + document.length, 0);
    head.writeInt32LE(id, 8);
    head.writeInt32LE(kind === OP_MSG ? OP_MSG : OP_REPLY, 12);
    socket.write(Buffer.concat([head, before, document]));
  } catch {
    socket.destroy();
  }
}

interface Asked {
  readonly command: Document;
  /** Whether nobody waits for the answer. */
  readonly isSilent: boolean;
}

function inMessage(message: Buffer): Asked {
  const isSilent = (message.readUInt32LE(16) & MORE_TO_COME) !== 0;
  let command: Document = {};
  const lists: Document = {};
  for (let at = 20; at < message.length;) {
    const isList = message[at++] === 1;
    const end = at + message.readInt32LE(at);
    if (isList) {
      const nameEnd = message.indexOf(0, at + 4);
      const list: Document[] = lists[message.toString("utf8", at + 4, nameEnd)] = [];
      for (let next = nameEnd + 1; next < end;) {
        const size = message.readInt32LE(next);
        list.push(BSON.deserialize(message.subarray(next, next += size)));
      }
    } else {
      command = BSON.deserialize(message.subarray(at, end));
    }
    at = end;
  }
  return { command: { ...command, ...lists }, isSilent };
}

function inQuery(message: Buffer): Asked {
  const document = message.indexOf(0, 20) + 9;
  return { command: BSON.deserialize(message.subarray(document)), isSilent: false };
}
