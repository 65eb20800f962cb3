/** This user's devices, each with a button that logs it out. */
import type { Device } from "../../../src/core/devices.ts";
import { type Html, html } from "./html.ts";
import type { View } from "./page.ts";

export function devicesSection({ subject, devices }: View, base: string): Html {
  const shown = subject === undefined
    ? html`
      <div class="card">
        <p>Log in to see where you are logged in.</p>
      </div>
    `
    : list(devices, base);
  return html`
    <section aria-labelledby="devices">
      <h2 id="devices" tabindex="-1">Your devices</h2>
      ${shown}
    </section>
  `;
}

function list(devices: readonly Device[], base: string): Html {
  const hasOthers = devices.length > 1;
  return html`
    <p>
      Log in under the same name in another browser or a private window. Log it out here, and its page
      knows at once.
    </p>
    <ul class="devices">${devices.map((device, index) => item(device, index, base))}</ul>
    <div class="row">
      <form method="post" action="${base}/phone" data-focus="devices">
        <button id="phone">Log in a pretend phone</button>
      </form>
      ${hasOthers && revokeOthers(base)}
    </div>
  `;
}

function revokeOthers(base: string): Html {
  return html`
    <form method="post" action="${base}/revoke-others" data-focus="devices">
      <button id="others">Log out all others</button>
    </form>
  `;
}

function item(device: Device, index: number, base: string): Html {
  const { handle, label = "A device", createdAt, lastSeenAt, current } = device;
  const revoke = html`
    <form method="post" action="${base}/revoke" data-focus="devices">
      <input type="hidden" name="handle" value="${handle}">
      <button id="revoke-${index}" aria-describedby="device-${index}">Revoke</button>
    </form>
  `;
  return html`
    <li class="card">
      <div>
        <h3 id="device-${index}">${label}</h3>
        <p class="hint">Since ${time(createdAt)}, last seen ${time(lastSeenAt)}</p>
      </div>
      ${current ? html`<p class="badge">This device</p>` : revoke}
    </li>
  `;
}

function time(at: number | undefined): Html {
  if (at === undefined) return html`a while ago`;
  const date = new Date(at);
  return html`<time datetime="${date.toISOString()}">${date.toLocaleTimeString("en-GB")}</time>`;
}
