/** A handler of a worker: it says what it finds, and does to its session what it is asked for. */
import type { Scene } from "../model/entries.ts";
import type { Act, Told } from "./protocol.ts";

// deno-lint-ignore no-explicit-any
type Any = any;
type RevokeAll = (subject: string) => Promise<unknown>;

export function actOf(url: string): Act {
  return JSON.parse(new URL(url, "http://host.test").searchParams.get("act")!) as Act;
}

/** What a request finds before it does anything. */
export function found({ session, id, subject }: Scene): Told {
  const { cookie: _, ...values } = JSON.parse(JSON.stringify(session));
  return { began: true, id, values, subject: subject ?? undefined };
}

export function failed(error: unknown, told?: Told): Told {
  const { code = "", message = String(error) } = Object(error) as Partial<
    NonNullable<Told["error"]>
  >;
  return { ...told ?? { began: false, values: {} }, error: { code, message } };
}

export async function perform(
  scene: Scene,
  act: Act,
  told: Told,
  revokeAll: RevokeAll,
): Promise<void> {
  const { session } = scene;
  switch (act[0]) {
    case "set":
      session[act[1]] = act[2];
      break;
    case "delete":
      delete session[act[1]];
      break;
    case "update":
      await scene.own("update")!((data: Any) => {
        const { cookie: _, ...inside } = JSON.parse(JSON.stringify(data));
        told.inside = inside;
        (data.log ??= []).push(act[1]);
        data.last = act[1];
      });
      break;
    case "take":
      told.result = await scene.own("take")!(act[1]);
      break;
    case "say":
      await scene.own("flash")!("info", act[1]);
      break;
    case "hear":
      told.result = await scene.own("flash")!("info");
      break;
    case "login":
      await scene.own("login")!(act[1]);
      break;
    case "logout":
      await scene.own("logout")!();
      break;
    case "regenerate":
      await session.regenerate({ keep: act[1] });
      break;
    case "revokeAll":
      await revokeAll(act[1]);
      break;
  }
}
