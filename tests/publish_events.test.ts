/** Events on a channel: of both entries, and of nobody's making but the application's. */
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test, vi } from "vitest";
import { createSessions, publishTo } from "../mod.ts";
import session, { publishTo as expressPublishTo } from "../src/express/mod.ts";
import { EVENT_NAMES, type SessionListener } from "../src/events.ts";

const SECRET = "a secret of more than thirty-two bytes";

/** Sessions whose events are made by hand. */
function source() {
  const listeners = new Map<string, SessionListener<never>>();
  return {
    listeners,
    on: (name: string, listener: SessionListener<never>) => {
      listeners.set(name, listener);
      return () => void listeners.delete(name);
    },
  };
}

test("publishTo() publishes each event that there is, by its name, until it is ended", () => {
  const published: unknown[] = [];
  const sessions = source();
  const end = publishTo(
    { hasSubscribers: true, publish: (message) => published.push(message) },
    sessions as never,
  );
  expect([...sessions.listeners.keys()]).toEqual([...EVENT_NAMES]);
  const events = [...sessions.listeners].map(([name, listener]) => {
    const event = { session: () => Promise.resolve(name) };
    listener(event as never);
    return { name, event };
  });
  expect(published).toEqual(events);
  expect((published[0] as { event: unknown }).event).toBe(events[0]!.event);
  end();
  expect(sessions.listeners.size).toBe(0);
});

test("publishTo() publishes nothing to nobody, and asks each time", () => {
  const target = { hasSubscribers: false, publish: vi.fn() };
  const sessions = source();
  publishTo(target, sessions as never);
  sessions.listeners.get("created")!({} as never);
  expect(target.publish).not.toHaveBeenCalled();
  target.hasSubscribers = true;
  sessions.listeners.get("created")!({} as never);
  expect(target.publish).toHaveBeenCalledOnce();
});

test("a channel of node:diagnostics_channel hears of the Web's sessions, within the request", async () => {
  const sessions = createSessions({ secret: SECRET });
  const end = publishTo(channel("websession.test.web"), sessions);
  const heard: unknown[] = [];
  const hear = (message: unknown) => heard.push(message);
  subscribe("websession.test.web", hear);
  const handler = sessions.wrap(async (_request, session) => {
    session["n"] = 1;
    await session.save();
    heard.push("saved");
    return new Response();
  });
  await handler(new Request("https://app.test/"));
  expect(heard).toMatchObject([{ name: "created", event: {} }, "saved"]);
  end();
  await handler(new Request("https://app.test/"));
  expect(heard).toHaveLength(3);
  unsubscribe("websession.test.web", hear);
});

test("… and of Express'", async () => {
  const sessions = session({ secret: SECRET, resave: false, saveUninitialized: false });
  expressPublishTo(channel("websession.test.express"), sessions);
  const heard: unknown[] = [];
  subscribe("websession.test.express", (message) => heard.push(message));
  const headers = { cookie: "connect.sid=junk" };
  await new Promise<void>((done) => sessions({ headers, url: "/" }, {}, () => done()));
  expect(heard).toMatchObject([{ name: "rejected", event: { reason: "unsigned" } }]);
  expect(session.publishTo).toBe(publishTo);
});

test("a channel that throws hurts no request", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  const sessions = createSessions({ secret: SECRET });
  const fail = () => {
    throw new Error("no room");
  };
  publishTo({ hasSubscribers: true, publish: fail }, sessions);
  const handler = sessions.wrap((_request, session) => {
    session["n"] = 1;
    return new Response();
  });
  expect((await handler(new Request("https://app.test/"))).status).toBe(200);
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
});
