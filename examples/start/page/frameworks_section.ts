/** Express and Hono, side by side on one session. */
import { type Html, html } from "./html.ts";
import type { View } from "./page.ts";

export function frameworksSection(view: View): Html {
  return html`
    <section aria-labelledby="frameworks">
      <h2 id="frameworks" tabindex="-1">Two frameworks, one session</h2>
      <p>Express and Hono share a store, a secret and a cookie. Count in one and read it in the other.</p>
      <div class="pair">
    ${panel("Express", "", view)}
    ${panel("Hono", "/hono", view)}
      </div>
    </section>
  `;
}

/** What the other app reads, the script asks it for: this page is made by one of them. */
function panel(name: View["app"], base: string, { app, data, subject }: View): Html {
  const { express = 0, hono = 0 } = data;
  const isOther = name !== app;
  const asked = isOther && html`data-read="${base}/session.json"`;
  return html`
    <div class="card">
      <h3>${name} reads</h3>
      <dl class="reads" ${asked}>
        <div>
          <dt>Logged in</dt>
          <dd data-key="subject">${isOther ? "–" : subject ?? "nobody"}</dd>
        </div>
        <div>
          <dt>Counted in Express</dt>
          <dd class="number" data-key="express">${isOther ? "–" : express}</dd>
        </div>
        <div>
          <dt>Counted in Hono</dt>
          <dd class="number" data-key="hono">${isOther ? "–" : hono}</dd>
        </div>
      </dl>
      <div class="row">
        <form method="post" action="${base}/count" data-focus="frameworks">
          <button id="count-${name}">Count in ${name}</button>
        </form>
        ${isOther && html`<a href="${base || "/"}">Open this page in ${name}</a>`}
      </div>
    </div>
  `;
}
