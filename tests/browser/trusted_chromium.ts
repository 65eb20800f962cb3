/** A headless Chromium with profiles of its own that trusts this machine: what Device Bound Session Credentials ask for. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { findBinary, skipWithout } from "../servers/process.ts";

/** A name that looks like anybody's: the browser finds this machine under it. */
export const HOST = "app.example.com";
/** The site it belongs to, which is a host as well. */
export const SITE = "example.com";

const executablePath = findBinary("chromium", ["/usr/bin"]);
/** The command, where there is one. */
export const openssl: string | undefined = findOpenssl();
const certutil = findCertutil();

/** Whether the tests have to be skipped: each program is named by its package. */
export const skipTrusted: boolean = [
  skipWithout(executablePath, "chromium"),
  skipWithout(openssl, "openssl"),
  skipWithout(certutil, "libnss3-tools"),
].includes(true);

/** openssl has a `version` of its own. */
function findOpenssl(): string | undefined {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return "openssl";
  } catch {
    return undefined;
  }
}

/** certutil ends with an error, whatever it is asked: what counts is that it is there. */
function findCertutil(): string | undefined {
  try {
    execFileSync("certutil", ["-H"], { stdio: "ignore" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  }
  return "certutil";
}

export interface Trust {
  /** What a server needs. */
  readonly key: string;
  readonly cert: string;
  /** A browser with a profile of its own. */
  launch(): Promise<BrowserContext>;
  end(): Promise<void>;
}

/** Makes an authority, a certificate of it for {@linkcode SITE}, and browsers that trust it. */
export function makeTrust(): Trust {
  const folder = mkdtempSync(join(tmpdir(), "websession-dbsc-"));
  const file = (name: string) => join(folder, name);
  const run = (program: string, ...args: string[]) => {
    execFileSync(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run(
    "openssl",
    ...["req", "-x509", ...made, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"],
    ...["-subj", "/CN=the tests", "-addext", "basicConstraints=critical,CA:TRUE"],
  );
  run(
    "openssl",
    ...["req", ...made, "-keyout", "key.pem", "-out", "request.pem", "-subj", `/CN=${HOST}`],
  );
  writeFileSync(file("names"), `subjectAltName=DNS:${SITE},DNS:*.${SITE}\n`);
  run(
    "openssl",
    ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key"],
    ...["-CAcreateserial", "-out", "cert.pem", "-days", "2", "-extfile", "names"],
  );
  const home = file("home");
  mkdirSync(join(home, ".pki/nssdb"), { recursive: true });
  const database = `sql:${home}/.pki/nssdb`;
  run("certutil", "-N", "-d", database, "--empty-password");
  run("certutil", "-A", "-d", database, "-n", "tests", "-t", "C,,", "-i", "ca.pem");
  const contexts: BrowserContext[] = [];
  return {
    key: readFileSync(file("key.pem"), "utf8"),
    cert: readFileSync(file("cert.pem"), "utf8"),
    async launch() {
      const context = await chromium.launchPersistentContext(file(`profile${contexts.length}`), {
        executablePath: executablePath!,
        env: { ...process.env, HOME: home } as Record<string, string>,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          `--host-resolver-rules=MAP ${SITE} 127.0.0.1,MAP *.${SITE} 127.0.0.1`,
          // There is no chip here: the browser keeps its keys itself.
          "--enable-features=DeviceBoundSessions:RequireOriginTrialTokens/false," +
          "EnableBoundSessionCredentialsSoftwareKeysForManualTesting",
        ],
      });
      contexts.push(context);
      return context;
    },
    async end() {
      for (const context of contexts) await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
