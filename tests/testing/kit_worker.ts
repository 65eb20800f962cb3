import { passed } from "./kit_everywhere.ts";

export default {
  async fetch(): Promise<Response> {
    return new Response(await passed().catch((error: Error) => error.stack ?? error.message));
  },
};
