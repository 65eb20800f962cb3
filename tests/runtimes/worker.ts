/** The conformance apps as a Worker; the binding `DOOR` chooses one. */
import { fetchApp } from "../conformance/apps/fetch.ts";
import { honoApp } from "../conformance/apps/hono.ts";

let app: ((request: Request) => Response | Promise<Response>) | undefined;

export default {
  fetch(request: Request, { DOOR }: { DOOR: string }): Response | Promise<Response> {
    app ??= DOOR === "hono" ? honoApp().fetch : fetchApp();
    return app(request);
  },
};
