/** `websession doctor`: explains the mistakes of a server, of options, of a store. */
import { isIPv4 } from "node:net";
import { resolve } from "node:path";
import { Option } from "commander";
import type { Complaint, Finding } from "../doctor/finding.ts";
import { areOptions, type Entry, entryOf } from "../doctor/option_names.ts";
import { optionComplaints } from "../doctor/option_complaints.ts";
import { readRedis, redisComplaints } from "../doctor/redis_complaints.ts";
import { sqlComplaints } from "../doctor/sql_complaints.ts";
import { visitComplaints } from "../doctor/visit_complaints.ts";
import { visit } from "../doctor/visits.ts";
import { EXIT } from "../exit_codes.ts";
import { badUsage } from "../failure.ts";
import { withStore } from "../open_store.ts";
import { loadFile } from "../project_modules.ts";
import { counted, plainText } from "../table_text.ts";
import type { Terminal } from "../terminal.ts";
import { isDecodable } from "../store_address.ts";
import { type AddCommand, filled, storeOption } from "../tool.ts";

interface Options {
  readonly options?: string;
  readonly entry?: Entry;
  readonly store?: string;
  readonly cookie?: string;
  readonly startsSession?: boolean;
  readonly anywhere?: boolean;
  readonly json?: boolean;
}

/** By the names that `--entry` takes. */
const ENTRIES: Readonly<Record<Entry, string>> = {
  express: "the Express middleware",
  web: "createSessions() or Hono",
};

/** Adds `doctor`. */
export const addDoctor: AddCommand = (program, tool) => {
  const { terminal, folder } = tool;
  program.command("doctor")
    .description("explain the mistakes of a running server, of options and of a store")
    .argument("[url]", "a page of a server on this machine")
    .option(
      "-o, --options <file>",
      "a module whose default export, or options, are the options",
      filled,
    )
    .addOption(
      new Option("--entry <name>", "what the options are given to, where that is not told by them")
        .choices(Object.keys(ENTRIES)),
    )
    .addOption(storeOption().makeOptionMandatory(false))
    .option("--cookie <name>", "the name of the cookie, where it is not told by its looks", filled)
    .option("--starts-session", "this page is meant to begin a session")
    .option("--anywhere", "the server may be on another machine")
    .option("--json", "print a line of JSON for each finding")
    .action(async (page: string | undefined, options: Options) => {
      const { options: file, entry, store, anywhere = false, startsSession = false } = options;
      if (page === undefined && file === undefined && store === undefined) {
        throw badUsage("Name what to look at: a URL, --options, --store, or several of them");
      }
      const url = page === undefined ? undefined : pageOf(page, anywhere);
      const findings: Finding[] = [];
      const add = (where: string, complaints: readonly Complaint[]): void => {
        findings.push(...complaints.map((complaint) => ({ ...complaint, where })));
      };
      if (file !== undefined) {
        const given = await optionsIn(file, folder);
        const [guess, telling] = entryOf(given);
        const read = entry ?? guess;
        add(file, optionComplaints(given, read));
        const because = telling === undefined
          ? "as nothing in them is Express'"
          : `for "${telling}"`;
        const reason = entry === undefined ? ` (${because}; --entry says otherwise)` : "";
        terminal.note(`${file} was read as options of ${ENTRIES[read]}${reason}`);
        if (typeof given.cookie === "function") {
          terminal.note(
            `${file}: cookie is a function of the request; a visit shows what it gives`,
          );
        }
      }
      if (url !== undefined) {
        const visits = await visit(url, options.cookie);
        const { href } = visits.url;
        add(href, visitComplaints(visits, startsSession));
        const isSilent = visits.plain.cookies.length + visits.proxied.cookies.length === 0;
        if (isSilent && !startsSession) {
          terminal.note(
            `${href} set no cookie of a session, so none was looked at: name a page that ` +
              "begins one, with --starts-session",
          );
        }
      }
      if (store !== undefined) {
        await withStore(store, "read", folder, async (opened) => {
          if (opened.kind !== "redis") return add(opened.name, await sqlComplaints(opened));
          const facts = await readRedis(opened);
          for (const unseen of facts.unseen) terminal.note(`${opened.name}: ${unseen}`);
          add(opened.name, redisComplaints(facts));
        });
      }
      report(findings, options.json === true, terminal);
      tool.end(findings.length > 0 ? EXIT.findings : EXIT.done);
    });
};

/** A page that may be asked: strangers' servers are left alone unless somebody says so. */
function pageOf(text: string, anywhere: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw badUsage("The page is a URL that begins with http: or https:");
  }
  const { hostname, username, password } = url;
  if (![username, password].every(isDecodable)) {
    throw badUsage("The URL has a % that begins no character: a % itself is written %25");
  }
  const isHere = hostname === "localhost" || hostname === "[::1]" ||
    isIPv4(hostname) && hostname.startsWith("127.");
  if (isHere || anywhere) return url;
  throw badUsage(`${hostname} is not this machine; --anywhere says that it is yours to ask`);
}

/** The options that a module exports; a CommonJS one may have them as a property. */
async function optionsIn(file: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const module = await loadFile(resolve(folder, file));
  const { default: main = module.options } = module;
  const { __esModule: isCompiled, default: inner, options: named } = Object(main);
  const options = (isCompiled ? inner : undefined) ?? named ?? main;
  if (options === undefined) {
    throw badUsage(
      `${file} exports no options: it has neither a default export nor one of the name "options"`,
    );
  }
  const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
  if (isObject && areOptions(options)) return options;
  throw badUsage(`What ${file} exports is no options: it is to be the object that has the secret`);
}

function report(findings: readonly Finding[], json: boolean, terminal: Terminal): void {
  for (const finding of findings) {
    if (json) {
      terminal.print(JSON.stringify(finding));
      continue;
    }
    const { level, code, where, what, remedy } = finding;
    terminal.print(plainText(`${level} ${code}: ${where}`));
    terminal.print(plainText(`  ${what}.`));
    terminal.print(plainText(`  → ${remedy}`));
  }
  terminal.note(findings.length === 0 ? "Nothing is wrong" : counted(findings.length, "mistake"));
}
