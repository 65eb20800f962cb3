/** Which module may import which: the arrows of ARCHITECTURE.md as a table. */
import { posix } from "node:path";
import ts from "typescript";

interface Room {
  /** The files of the room; the first room that matches counts. */
  readonly files: RegExp;
  /** What they may import of this repository, their own room aside. */
  readonly from: readonly RegExp[];
  /** Whether they may import their own room. */
  readonly own?: boolean;
  readonly packages?: readonly string[];
  readonly node?: boolean;
}

const core = /^src\/[^/]+\.ts$/;
/** The rooms: what the spine calls, and what never calls it. Everything else of the core is spine. */
const names =
  "bounded|check_store|clock|cookie|cookie_data|cookie_text|date_text|errors|events|maybe|merge|" +
  "policy|read_cookies|recent_map|secure|session_id|set_cookie|signed_ids|signer|subject";
const room = new RegExp(`^src/(store|sealed_store|${names})\\.ts$`);
/** What a leaf may know: the contracts, the errors, the promise helper. */
const contract = /^src\/(store|sealed_store|errors|maybe)\.ts$/;

export const rooms: readonly Room[] = [
  { files: /^mod\.ts$/, from: [core, /^src\/adapters\/fetch\.ts$/] },
  { files: /^src\/store\.ts$/, from: [] },
  { files: /^src\/sealed_store\.ts$/, from: [/^src\/store\.ts$/] },
  // Policy knows what it decides about.
  { files: room, from: [room, /^src\/session_state\.ts$/], packages: ["cookie"] },
  { files: core, from: [core] },
  // Entries of the stores: their own subfolder is checked below.
  { files: /^src\/stores\//, from: [contract] },
  { files: /^src\/testing\//, from: [contract], own: true },
  {
    files: /^src\/adapters\/express\//,
    from: [core, /^src\/stores\/(memory\.ts|express_store\.ts|express\/)/],
    own: true,
    node: true,
  },
  // What the Web doors share, then the doors.
  {
    files: /^src\/adapters\/web_\w+\.ts$/,
    from: [core, /^src\/stores\/memory\.ts$/],
    own: true,
  },
  { files: /^src\/adapters\/fetch\.ts$/, from: [core, /^src\/adapters\/web_\w+\.ts$/] },
  {
    files: /^src\/adapters\/hono\.ts$/,
    from: [core, /^src\/adapters\/(fetch|web_\w+)\.ts$/],
    packages: ["hono"],
  },
];

/** The folders of helpers that several stores share. */
const sharedFolders = ["shared", "sql"];

/** The modules a source imports, types included; examples in comments do not count. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

/** Every import that goes against the arrows, as one readable line each. */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    const room = rooms.find((room) => room.files.test(file));
    for (const specifier of importsOf(text)) {
      const reason = room === undefined ? "it is in no room" : refusal(room, file, specifier);
      if (reason !== undefined) found.push(`${file} must not import "${specifier}": ${reason}`);
    }
  }
  return found;
}

function refusal(room: Room, file: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) {
    return room.node ? undefined : "only the Express door runs on node: modules alone";
  }
  if (!specifier.startsWith(".")) {
    const allowed = room.packages?.includes(specifier);
    return allowed ? undefined : "the package is no dependency of this room";
  }
  if (!specifier.endsWith(".ts")) return "it must name the file, with .ts";
  const target = posix.join(posix.dirname(file), specifier);
  if (room.own && room.files.test(target)) return undefined;
  if (room.from.some((allowed) => allowed.test(target))) return undefined;
  if (file.startsWith("src/stores/") && sameStore(file, target)) return undefined;
  return "the arrow points the other way";
}

/** A store is its file, its folder, files that begin with its name, and the shared folders. */
function sameStore(file: string, target: string): boolean {
  const [, , part = ""] = target.split("/");
  if (!target.startsWith("src/stores/")) return false;
  const name = storeOf(file);
  return sharedFolders.includes(part) || storeOf(target) === name ||
    storeOf(target).startsWith(`${name}_`) || name.startsWith(`${storeOf(target)}_`);
}

function storeOf(path: string): string {
  return path.split("/")[2]!.replace(/\.ts$/, "");
}
