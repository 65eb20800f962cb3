/** What the start page's server refuses, and what it says when it cannot start. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openStartPage, secondStart, type StartPage } from "./start_page.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe("the start page's server", () => {
  let start: StartPage;
  beforeAll(async () => {
    start = await openStartPage();
  });
  afterAll(() => start?.end());

  /** A browser that follows no redirects. */
  function visitor(base: string) {
    let cookie = "";
    const send = async (path: string, fields?: Record<string, string>, headers?: object) => {
      const response = await fetch(start.origin + base + path, {
        method: fields ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie, ...(fields && { origin: start.origin }), ...headers },
        ...(fields && { body: new URLSearchParams(fields) }),
      });
      for (const each of response.headers.getSetCookie()) cookie = each.split(";", 1)[0]!;
      return response;
    };
    const page = async () => await (await send(base === "" ? "/" : "")).text();
    return { send, page };
  }

  const handlesIn = (page: string) => {
    return [...page.matchAll(/name="handle" value="([^"]+)"/g)].map(([, handle]) => handle!);
  };

  for (const [app, base] of [["Express", ""], ["Hono", "/hono"]] as const) {
    test(`${app} takes forms of its own pages alone`, async () => {
      const ada = visitor(base);
      await ada.send("/login", { user: "Ada" });
      const others = [
        { origin: "https://evil.example" },
        { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
        { origin: "null" },
        { origin: "", "sec-fetch-site": "same-site" },
      ];
      for (const headers of others) {
        const { status } = await ada.send("/logout", {}, headers);
        expect([headers, status]).toEqual([headers, 403]);
      }
      expect(await ada.page()).toContain("Logged in as <b>Ada</b>");
      expect((await ada.send("/logout", {}, { "sec-fetch-site": "same-origin" })).status).toBe(303);
      expect(await ada.page()).toContain("Nobody is logged in");
    });

    test(`${app} lets nobody revoke another user's device`, async () => {
      const [ada, phone, eve] = [visitor(base), visitor(base), visitor(base)];
      await ada.send("/login", { user: `Ada at ${app}` });
      await phone.send("/login", { user: `Ada at ${app}` });
      const [handle] = handlesIn(await ada.page());
      await eve.send("/login", { user: "Eve" });
      await eve.send("/revoke", { handle: handle! });
      expect(await phone.page()).toContain("Logged in as");
      await visitor(base).send("/revoke", { handle: handle! });
      expect(await phone.page()).toContain("Logged in as");
      await ada.send("/revoke", { handle: handle! });
      expect(await phone.page()).toContain("Nobody is logged in");
    });

    test(`${app} escapes what its visitors write, and runs nothing inline`, async () => {
      const { send, page } = visitor(base);
      await send("/login", { user: `<img src=x onerror="alert('1')">` });
      const text = await page();
      expect(text).toContain("&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;");
      expect(text).not.toContain("<img");
      expect(text).not.toMatch(/<script>|<style|\sstyle=|\son\w+="/);
      const policy = (await send(base === "" ? "/" : "")).headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
    });

    test(`${app} says what is wrong with a form in a plain sentence`, async () => {
      const { send } = visitor(base);
      const origin = start.origin;
      const bodiless = await fetch(`${origin}${base}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { origin },
      });
      expect(bodiless.status).toBe(303);
      const broken = await fetch(`${origin}${base}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { origin, "content-type": "multipart/form-data; boundary=x" },
        body: "no parts",
      });
      expect(broken.status).toBe(303);
      const large = await send("/flash", { message: "x".repeat(200_000) });
      const answer = [large.status, large.headers.get("content-type"), await large.text()];
      expect(answer).toEqual([
        413,
        expect.stringMatching(/^text\/plain/),
        "This form is too large: send less.",
      ]);
      const { status, body } = await send("/logout", {}, { origin: "https://evil.example" });
      expect([status, await new Response(body).text()])
        .toEqual([403, "This form was not sent from our own page."]);
    });

    test(`${app} costs a visitor who leaves nothing behind no cookie`, async () => {
      const response = await fetch(start.origin + (base || "/"));
      expect(response.status).toBe(200);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).toContain("A visit that leaves nothing behind costs no row.");
    });
  }

  test("a page that asks late whether its session is over is told so", async () => {
    const ada = visitor("");
    await ada.send("/login", { user: "Ada" });
    const open = await ada.send("/live");
    const reader = open.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe(":\n\n");
    await ada.send("/logout", {});
    expect((await reader.read()).value).toBe("event: over\ndata: destroyed\n\n");
    expect(await (await ada.send("/live")).text()).toBe(":\n\nevent: over\ndata: gone\n\n");
  });

  test("a second start says that the port is taken, and how to choose another", () => {
    const folder = mkdtempSync(join(tmpdir(), "websession-second-"));
    try {
      const { command, args, options } = secondStart(folder, start.port);
      const { status, stdout, stderr } = spawnSync(command, args, options);
      const remedy = `Choose another: PORT=${start.port + 1} npm start`;
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toBe(`Port ${start.port} is taken. ${remedy}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a port that is none is named", () => {
    const folder = mkdtempSync(join(tmpdir(), "websession-second-"));
    try {
      for (const port of ["http", "70000"]) {
        const { command, args, options } = secondStart(folder, port);
        const { status, stderr } = spawnSync(command, args, options);
        expect(status).toBe(1);
        expect(stderr).toBe(`PORT must be a number from 0 to 65535, not "${port}"\n`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
