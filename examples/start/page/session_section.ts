/** What a session is: who is logged in, what the browser has, what the server has, for how long. */
import { ABSOLUTE_TIMEOUT, IDLE_TIMEOUT } from "../setup.ts";
import { type Html, html } from "./html.ts";
import type { View } from "./page.ts";

export function hero({ subject }: View, base: string): Html {
  const isIn = subject !== undefined;
  const who = isIn ? html`Logged in as <b>${subject}</b>` : "Nobody is logged in";
  const next = isIn ? "Change something below and watch the row." : "Log in and watch.";
  return html`
    <section class="hero" aria-labelledby="who">
      <div>
        <h1>A session is how a server remembers you</h1>
        <p class="lead">
          Your browser keeps a cookie with an id. The server keeps everything else. ${next}
        </p>
      </div>
      <div class="card">
        <h2 id="who" tabindex="-1">${who}</h2>
        ${isIn ? logoutForm(base) : loginForm(base)}
      </div>
    </section>
  `;
}

function loginForm(base: string): Html {
  return html`
    <form method="post" action="${base}/login" data-focus="who">
      <label for="user">Your name</label>
      <div class="row">
        <input id="user" name="user" required maxlength="40" autocomplete="nickname"
          aria-describedby="any">
        <button id="log-in" class="primary">Log in</button>
      </div>
      <p id="any" class="hint">Any name will do. There is no password here.</p>
    </form>
  `;
}

function logoutForm(base: string): Html {
  return html`
    <p>
      With the login your session moved to a new id. An id that somebody knew before opens nothing now.
    </p>
    <form method="post" action="${base}/logout" data-focus="who">
      <button id="log-out" class="primary">Log out</button>
    </form>
  `;
}

export function sessionSection(view: View, base: string): Html {
  return html`
    <section aria-labelledby="session">
      <h2 id="session" tabindex="-1">Your session</h2>
      <div class="beside">
        ${browserKeeps(view)} ${serverKeeps(view)} ${view.row && timeouts(view)} ${flashForm(base)}
      </div>
    </section>
  `;
}

function browserKeeps({ row, id }: View): Html {
  const what = row === undefined
    ? html`<p>Nothing yet. There is no cookie until there is something to remember.</p>`
    : html`
      <p class="large"><code>websession.sid = ${id.slice(0, 4)}…</code></p>
      <p class="hint">A random id, signed. It says nothing about you, and no script can read it.</p>
    `;
  return html`<div class="card"><h3>Your browser keeps a cookie</h3>${what}</div>`;
}

function serverKeeps({ row }: View): Html {
  const what = row === undefined
    ? html`<p>Nothing yet. A visit that leaves nothing behind costs no row.</p>`
    : html`
      <pre>${readable(JSON.parse(row.json))}</pre>
      <p class="hint">Under <code>$websession</code> are the library’s own notes.</p>
    `;
  return html`<div class="card tall"><h3>The server keeps a row in SQLite</h3>${what}</div>`;
}

function flashForm(base: string): Html {
  return html`
    <form class="card" method="post" action="${base}/flash" data-focus="session">
      <h3>Leave a message for the next page</h3>
      <label for="message">It is shown once, then it is gone.</label>
      <div class="row">
        <input id="message" name="message" required maxlength="200" autocomplete="off">
        <button id="leave">Leave it</button>
      </div>
    </form>
  `;
}

function timeouts({ authenticatedAt, subject }: View): Html {
  const now = Date.now();
  const last = (authenticatedAt ?? now) + ABSOLUTE_TIMEOUT;
  const since = subject === undefined ? "it began" : "the login";
  return html`
    <div class="card">
      <h3>Without a visit it ends in</h3>
      ${countdown(Math.min(now + IDLE_TIMEOUT, last), now)}
      <p class="hint">Each visit starts these ten minutes again.</p>
    </div>
    <div class="card">
      <h3>In any case it ends in</h3>
      ${countdown(last, now)}
      <p class="hint">One hour after ${since}. No visit moves this.</p>
    </div>
  `;
}

/** The script counts on from here. */
function countdown(ends: number, now: number): Html {
  const seconds = Math.max(0, Math.round((ends - now) / 1000));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return html`<p class="number" role="timer" data-ends="${ends}">${text}</p>`;
}

/** JSON in which what is short has one line. */
function readable(value: unknown, indent = ""): string {
  const text = JSON.stringify(value) ?? "null";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return spaced(text);
  if (indent !== "" && text.length <= 40) return spaced(text);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(([key, member]) => {
    return `${inner}${JSON.stringify(key)}: ${readable(member, inner)}`;
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

/** A space after what separates, as far as that is not in a string. */
function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (part) => part.length === 1 ? `${part} ` : part);
}
