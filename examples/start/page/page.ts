/** The page both apps show: one document of six sections. */
import type { Device } from "../../../src/core/devices.ts";
import type { Visitor } from "../visitor.ts";
import { devicesSection } from "./devices_section.ts";
import { frameworksSection } from "./frameworks_section.ts";
import { type Html, html } from "./html.ts";
import { ICON } from "./icon.ts";
import { basketSection, logoutSection } from "./race_sections.ts";
import { hero, sessionSection } from "./session_section.ts";

/** What a page needs to know. */
export interface View {
  readonly app: "Express" | "Hono";
  readonly subject: string | undefined;
  readonly data: Visitor;
  /** When the visitor logged in, or else when the session began. */
  readonly authenticatedAt: number | undefined;
  readonly id: string;
  /** What the store has of the session, if anything. */
  readonly row: { readonly json: string } | undefined;
  readonly devices: readonly Device[];
  readonly messages: readonly string[];
}

const STYLES = ["theme", "layout", "parts", "controls"];

export function page(view: View): string {
  const { app, row, subject } = view;
  const base = app === "Hono" ? "/hono" : "";
  const title = subject === undefined ? "Nobody is logged in" : `Logged in as ${subject}`;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="description" content="What a session is, live: devices, timeouts, and two races.">
        <title>${title} – websession</title>
        <link rel="icon" href="${ICON}">
        ${STYLES.map((name) => html`<link rel="stylesheet" href="/assets/${name}.css">`)}
        <script src="/assets/page.js" type="module"></script>
      </head>
      <body>
        <a class="skip" href="#page">Skip to the page</a>
        <header class="bar">
          <a class="brand" href="${base || "/"}">websession</a>
          ${served(app)}
        </header>
        <noscript>
          <p class="hint">
            Everything here works without JavaScript, except what is live: times that count down, what
            the other app reads, and the news that a session has ended.
          </p>
        </noscript>
        <p id="status" class="status" role="status">${view.messages.join(" ")}</p>
        <main id="page" data-now="${Date.now()}" data-session="${row !== undefined && "stored"}">
          ${hero(view, base)} ${sessionSection(view, base)} ${devicesSection(view, base)}
          ${basketSection(view, base)} ${logoutSection(view, base)} ${frameworksSection(view)}
        </main>
        <footer>
          <p>The two apps behind this page are
    <code>examples/start/express_app.ts</code> and <code>examples/start/hono_app.ts</code>.
    Stop the server, start it again, and you are still logged in: sessions are rows in SQLite.</p>
        </footer>
      </body>
    </html>
  `.text.trim();
}

/** Which of the two apps has made this page, and the way to the other. */
function served(app: View["app"]): Html {
  const here = html`aria-current="page"`;
  return html`
    <nav aria-label="Served by">
      <span>Served by</span>
      <a href="/" ${app === "Express" && here}>Express</a>
      <a href="/hono" ${app === "Hono" && here}>Hono</a>
    </nav>
  `;
}
