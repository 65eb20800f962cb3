/** What the library itself says of options: everything that it refuses, not only what it meets first. */
import process from "node:process";
import { resolveOptions as resolveExpress } from "../../express/options.ts";
import { NATIVE } from "../../express/store.ts";
import { resolveOptions as resolveWeb } from "../../web/options.ts";
import { memoryStore } from "../../stores/memory.ts";
import { type Complaint, error } from "./finding.ts";
import { type Entry, unknownNames } from "./option_names.ts";

type Options = Readonly<Record<string, unknown>>;

/** One thing that is refused: in whose words, by whom, and the option it is about. */
interface Refusal {
  readonly words: string;
  readonly by: "application" | "browser";
  readonly option: string | undefined;
}

/** In place of a secret that is refused. */
const GOOD_SECRET = "x".repeat(32);

/** What rules of the doctor's own say already, by the option that the library would name. */
const SAID_BY: Readonly<Record<string, readonly string[]>> = {
  secret: ["no-secret", "known-secret", "short-secret"],
  "cookie.maxAge": ["too-long"],
  "cookie.sameSite": ["same-site-none"],
  "cookie.partitioned": ["partitioned"],
  "cookie.secure": ["prefix"],
  "cookie.path": ["prefix"],
  "cookie.domain": ["prefix"],
};

/** Where leaving the option out is none; nothing is known of it where the library names none. */
const REMEDIES: Readonly<Record<string, string>> = {
  "": "What the sentence says",
  secret: "npx websession secret draws one; is its variable set where the application starts?",
  store: "store: one of a database, such as redisStore({ client })",
};

/** A complaint for each, but for those that were said. */
export function refusalComplaints(
  options: Options,
  entry: Entry,
  said: readonly Complaint[],
): Complaint[] {
  const codes = said.map(({ code }) => code);
  return refusals(options, entry)
    .filter(({ option = "" }) => !(SAID_BY[option] ?? []).some((code) => codes.includes(code)))
    .map(({ words, by, option }) => {
      const outcome = by === "application"
        ? "The application does not start"
        : "Browsers drop the cookie";
      const remedy = REMEDIES[option ?? ""] ?? `Another "${option}", or none`;
      return error("refused", `${outcome}: ${words}`, remedy);
    });
}

/** Each is put right once it is found, and the library is asked again. */
function refusals(options: Options, entry: Entry): Refusal[] {
  const found: Refusal[] = [];
  let left = withoutUnknown(options, entry);
  for (;;) {
    const refusal = firstRefusal(left, entry);
    if (refusal === undefined) return found;
    const { option } = refusal;
    const isKnown = option !== undefined && !found.some((other) => other.option === option);
    found.push(isKnown ? refusal : { ...refusal, option: undefined });
    if (!isKnown) return found;
    left = without(left, option);
  }
}

function firstRefusal(options: Options, entry: Entry): Refusal | undefined {
  let dropped: string | undefined;
  const toldOnly = (): void => {};
  // Deprecations are for whoever starts the application.
  process.on("deprecation" as "warning", toldOnly);
  try {
    if (entry === "web") {
      resolveWeb(options as never, memoryStore, { key: undefined });
    } else {
      const says = (reason: string, about: unknown) => {
        if (reason === "cookie") dropped ??= String(about);
      };
      resolveExpress({ ...options, store: storeIn(options), warn: true } as never, says);
    }
  } catch (thrown) {
    const words = (thrown as Error).message;
    return { words, by: "application", option: optionIn(words, options) };
  } finally {
    process.off("deprecation" as "warning", toldOnly);
  }
  if (dropped === undefined) return undefined;
  return { words: dropped, by: "browser", option: optionIn(dropped, options) };
}

/**
 * The store behind one that toExpressStore() has made: by the application's copy of the library,
 * whose functions the tool's own copy does not know.
 */
function storeIn({ store }: Options): unknown {
  return (Object(store) as { [NATIVE]?: unknown })[NATIVE] ?? store;
}

/** The first option in a sentence that is given: `maxBytes`, `cookie.path`, `path` where it is the cookie's. */
function optionIn(words: string, options: Options): string | undefined {
  const attributes = attributesIn(options);
  return (words.match(/[\w.]+/g) ?? []).map((word) => {
    const [first = "", second] = word.split(".");
    const attribute = first === "cookie" ? second ?? "" : first;
    const isOwn = word === first && options[first] !== undefined;
    if (!isOwn && attributes[attribute] !== undefined) return `cookie.${attribute}`;
    return options[first] !== undefined || first === "secret" ? first : undefined;
  }).find((option) => option !== undefined);
}

function without(options: Options, option: string): Options {
  const attribute = /^cookie\.(.*)/.exec(option)?.[1];
  if (attribute !== undefined) {
    return { ...options, cookie: { ...attributesIn(options), [attribute]: undefined } };
  }
  const isSealed = (options.store as { sealed?: unknown } | undefined)?.sealed === true;
  return { ...options, [option]: option === "secret" && !isSealed ? GOOD_SECRET : undefined };
}

/** Names that do not exist are another matter. */
function withoutUnknown(options: Options, entry: Entry): Options {
  const unknown = unknownNames(options, entry).map(([name]) => name);
  return unknown.reduce(without, options);
}

function attributesIn({ cookie }: Options): Options {
  return typeof cookie === "object" && cookie !== null ? cookie as Options : {};
}
