/**
 * What the page does beyond plain forms and links: it works without this.
 *
 * Forms are sent in the background and the page they lead to takes the place of this one, so that
 * nothing jumps; times count down; and the end of the session is heard of as it happens.
 */

const status = document.getElementById("status");
const page = () => document.getElementById("page");

/** Why a session has ended, in words for the one who had it. */
const WHY_OVER = {
  revoked: "This device was logged out from another one.",
  expired: "Its time was up: ten minutes without a visit, or an hour in all.",
  destroyed: "You have logged out in another window.",
  login: "You have logged in in another window.",
};

/** The server's clock less ours: ends are told by the server's. */
let clockAhead = 0;
let live;
/** Whether the last request found no server. */
let isCutOff = false;
/** What was said last counts: an answer that comes after it is not shown. */
let newest = 0;

const whoIsIt = () => document.getElementById("who").textContent.trim();
const topOf = (id) => document.getElementById(id)?.getBoundingClientRect().top ?? 0;

const isTyping = () => {
  return [...page().querySelectorAll("input")].some((field) => field.value !== field.defaultValue);
};

/** Shows the page that a request leads to. */
async function show(address, { message, focus, ...request } = {}) {
  const number = ++newest;
  let response, text;
  try {
    response = await fetch(address, { headers: { accept: "text/html" }, ...request });
    text = await response.text();
  } catch {
    if (number === newest) cutOff();
    return;
  }
  if (number !== newest) return;
  isCutOff = false;
  if (!response.ok && response.headers.get("content-type").startsWith("text/plain")) {
    status.textContent = text;
    return listen();
  }
  const next = new DOMParser().parseFromString(text, "text/html");
  if (!response.ok || next.getElementById("page") === null) return location.reload();
  const who = whoIsIt();
  const place = topOf(focus);
  const focused = document.activeElement?.id;
  page().replaceWith(document.adoptNode(next.getElementById("page")));
  document.querySelector(".bar").replaceWith(document.adoptNode(next.querySelector(".bar")));
  document.title = next.title;
  history.replaceState(null, "", response.url);
  const said = next.getElementById("status").textContent.trim();
  status.textContent = message || said || (who === whoIsIt() ? "" : whoIsIt());
  if (message !== undefined) scrollTo(0, 0);
  else if (scrollY > 0) scrollBy(0, topOf(focus) - place);
  // Whoever used the keyboard is where they were, or at the heading of what has changed.
  const here = focused && document.getElementById(focused);
  if (focus !== undefined) (here || document.getElementById(focus))?.focus();
  start();
}

/** What a page needs once it is shown. */
function start() {
  clockAhead = Number(page().dataset.now) - Date.now();
  tick();
  readOther();
  listen();
}

/** That a time is up is the server's to say: asking for it would be a visit, and begin it again. */
function tick() {
  const now = Date.now() + clockAhead;
  for (const timer of document.querySelectorAll("[data-ends]")) {
    const seconds = Math.max(0, Math.round((Number(timer.dataset.ends) - now) / 1000));
    timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

/** Asks the other framework what it reads. */
async function readOther() {
  const list = document.querySelector("[data-read]");
  try {
    const session = await (await fetch(list.dataset.read)).json();
    const shown = { subject: session.subject ?? "nobody", express: 0, hono: 0, ...session };
    for (const field of list.querySelectorAll("[data-key]")) {
      field.textContent = shown[field.dataset.key] ?? "nobody";
    }
  } catch {
    // The server is gone, or the page has changed meanwhile: the dash stays.
  }
}

/** Hears when the session is over, wherever that was decided. */
function listen() {
  live?.close();
  if (page().dataset.session === "") return;
  live = new EventSource("/live");
  live.addEventListener("open", () => isCutOff && reconnected());
  live.addEventListener("over", ({ data }) => {
    live.close();
    show(location.href, { message: WHY_OVER[data] ?? "The session is over." });
  });
}

/** The browser goes on asking for the live events, and so hears of it when there is a server again. */
function cutOff() {
  isCutOff = true;
  status.textContent = "The server does not answer. Start it again with npm start.";
  listen();
}

async function reconnected() {
  isCutOff = false;
  status.textContent = "";
  if (!isTyping()) await show(location.href);
  status.textContent ||= isCutOff ? "" : "The server answers again.";
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  // What this window does itself, it need not be told of.
  live?.close();
  show(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    focus: form.dataset.focus,
  }).finally(() => form.ariaBusy = null);
});

// Who comes back to this window sees what others have done meanwhile, and keeps what they have typed.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && !isTyping()) show(location.href);
});

setInterval(tick, 1000);
start();
