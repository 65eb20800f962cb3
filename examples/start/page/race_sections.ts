/** The two races: what was kept, and who won. */
import { type LogoutEnd, REQUESTS } from "../races/results.ts";
import { type Html, html } from "./html.ts";
import type { View } from "./page.ts";

const NAMES = {
  ours: html`websession <span class="hint">in SQLite</span>`,
  theirs: html`express-session <span class="hint">in its MemoryStore</span>`,
};
const SIDES = ["ours", "theirs"] as const;
type Side = typeof SIDES[number];

export function basketSection({ data: { basket } }: View, base: string): Html {
  return html`
    <section aria-labelledby="basket">
      <h2 id="basket" tabindex="-1">Twenty requests at once</h2>
      <p>Twenty HTTP requests of one visitor put one thing each into a basket. All have read the session
    before the first one stores it. The app is the same on both sides, line by line.</p>
      <form method="post" action="${base}/races/basket" data-focus="basket">
    <button id="run-basket" class="primary">Send 20 requests</button></form>
      <div class="pair">${SIDES.map((side) => kept(side, basket?.[side]))}</div>
    </section>
  `;
}

function kept(side: Side, items: readonly number[] | undefined): Html {
  const all = Array.from({ length: REQUESTS }, (_, index) => index + 1);
  const verdict = items === undefined
    ? html`<span class="number">–</span> <span>not run yet</span>`
    : html`<span class="number">${items.length} of ${REQUESTS}</span> <span>kept</span>`;
  return html`
    <div class="card" id="basket-${side}">
      <h3>${NAMES[side]}</h3>
      <p class="verdict">${verdict}</p>
      <ol class="cells">${all.map((item) =>
        cell(item, items && (items.includes(item) ? "kept" : "lost"))
      )}</ol>
    </div>
  `;
}

/** What became of one request: by its colour, and in words for those who do not see it. */
function cell(item: number, fate: "kept" | "lost" | undefined): Html {
  const said = fate && html`<span class="hidden">: ${fate}</span>`;
  return html`<li class="${fate}"><span class="hidden">Request </span>${item}${said}</li>`;
}

export function logoutSection({ data: { logoutRace } }: View, base: string): Html {
  return html`
    <section aria-labelledby="logout">
      <h2 id="logout" tabindex="-1">A slow request and a logout</h2>
      <p>A slow request of a logged-in visitor is under way. Meanwhile the visitor logs out. Then the slow
    one finishes and wants to store its session. Who wins?</p>
      <form method="post" action="${base}/races/logout" data-focus="logout">
    <button id="run-logout" class="primary">Run the race</button></form>
      <div class="pair">${SIDES.map((side) => ended(side, logoutRace?.[side]))}</div>
    </section>
  `;
}

function ended(side: Side, end: LogoutEnd | undefined): Html {
  if (end === undefined) {
    return html`
      <div class="card" id="logout-${side}">
        <h3>${NAMES[side]}</h3>
        <p class="verdict"><span class="number">–</span> <span>not run yet</span></p>
      </div>
    `;
  }
  const { after } = end;
  const [state, winner, stored] = after === null
    ? ["Logged out", "The logout wins", "Its session is over, so nothing is stored."]
    : ["Logged in again", "The slow request wins", "It stores its session, and so it is back."];
  return html`
    <div class="card" id="logout-${side}">
      <h3>${NAMES[side]}</h3>
      <p class="verdict"><span class="number">${state}</span> <span>${winner}</span></p>
      <ol class="steps">
        <li>The slow request reads the session of ada.</li>
        <li>ada logs out. The session is deleted.</li>
        <li>The slow request finishes. ${stored}</li>
        <li>The old cookie comes again. It belongs to <b>${after ?? "nobody"}</b>.</li>
      </ol>
    </div>
  `;
}
