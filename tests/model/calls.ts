/** The calls of a handler that take time, and what the model is told of each. */
import { type Any, isWeb, Planned } from "./entries.ts";
import type { Ended, Handler } from "./handler.ts";
import { type Fate, LOG } from "./model.ts";
import type { Keep, Op, UpdateKind } from "./program.ts";

type Call = (handler: Handler, op: never) => Promise<void>;

export const CALLS = {
  async save(handler, op: readonly ["save"]) {
    const { visit, scene: { session } } = handler;
    const { current } = visit;
    // As under express-session: what a failed save() leaves is not tried again.
    const { entry, isStrict } = handler.stage.program;
    const settle = visit.store({ tells: !isWeb(entry) && !isStrict });
    const ended = await handler.call(op, () => session.save());
    settle(ended);
    if (ended.isAcked) handler.isStored(ended.until, current);
    if (isWeb(entry) || isStrict) return;
    // As under express-session: it is stored with the end it had when it was read.
    const { from, to } = ended.span;
    const any = { began: -Infinity, ended: handler.stage.world.now };
    current.visits.push({ from, to, ...any, fate: "doubt", by: visit.number });
  },

  async reload(handler, op: readonly ["reload"]) {
    const { visit, scene: { session } } = handler;
    const { isAcked, span } = await handler.call(op, () => session.reload());
    if (!isAcked) return;
    visit.drop(span.to);
    handler.asIs();
    handler.see("after reload()", span);
  },

  async regenerate(handler, op: readonly ["regenerate", Keep?]) {
    const { visit, scene: { session } } = handler;
    const [, keep] = op;
    if (keep !== undefined && keep !== false) {
      return moved(handler, await handler.call(op as Op, () => session.regenerate({ keep })), keep);
    }
    const { current, isStored } = visit;
    const ended = await handler.call(
      op as Op,
      () => session.regenerate(...keep === false ? [{ keep }] : []),
    );
    // The answer has left: nothing happened.
    if (ended.code === "SESSION_COMMITTED") return;
    const outcome = isStored ? ended : { fate: "doubt" as const, until: ended.until };
    visit.end("regenerate", ended.span.from, outcome, current);
    // The Web's session is still the one it was.
    if (!ended.isAcked && isWeb(handler.stage.program.entry)) return void (visit.isSpoiled = true);
    visit.drop(ended.span.to);
    visit.isSpoiled ||= !ended.isAcked;
    visit.begin(ended.isAcked);
    handler.asIs();
  },

  async login(handler, op: readonly ["login", string, Keep?]) {
    const { scene } = handler;
    const [, subject, keep] = op;
    const before = scene.subject;
    const kept = keep ?? (before === undefined || before === null || before === subject);
    const act = () => scene.own("login")!(subject, ...keep === undefined ? [] : [{ keep }]);
    moved(handler, await handler.call(op as Op, act), kept, subject);
  },

  async update(handler, op: readonly ["update", UpdateKind]) {
    const { visit, scene, stage } = handler;
    const token = stage.token(LOG);
    const [, kind] = op;
    let seen: Any;
    const change = (data: Any) => {
      seen = JSON.parse(JSON.stringify(data));
      (data.log ??= []).push(token);
      data.last = token;
      if (kind === "throws") throw new Planned("a planned throw");
    };
    const slow = async (data: Any) => {
      seen = JSON.parse(JSON.stringify(data));
      (data.log ??= []).push(token);
      await stage.world.turn(`${handler.nameOf(op)} goes on`);
      data.last = token;
      if (kind === "rejects") throw new Planned("a planned rejection");
    };
    const isSlow = kind === "async" || kind === "rejects";
    const act = () => scene.own("update")!(isSlow ? slow : change);
    const { current } = visit;
    const fates = new Set<Fate>();
    for (let tries = kind === "retried" ? 2 : 1; tries > 0 && !fates.has("acked"); tries--) {
      const settle = visit.store({ isAside: true });
      visit.updating++;
      const ended = await handler.call(op, act);
      visit.updating--;
      settle(ended);
      const { fate, until, span } = ended;
      fates.add(fate);
      const appended = { token, from: span.from, to: until, fate, by: visit.number };
      if (visit.current === current) current.appended.push(appended);
      else {
        // A call nobody awaited was overtaken by another: it may be of the session before or after.
        const isDone = fate === "refused" ? fate : "doubt";
        for (const each of [current, visit.current]) {
          each.appended.push({ ...appended, fate: isDone });
        }
      }
      if (!ended.isAcked) continue;
      handler.isStored(until, current);
      handler.seeData("in update()", span, seen);
    }
    if (fates.has("refused") && fates.size === 1) stage.history.refused.add(token);
  },

  async take(handler, op: readonly ["take", string]) {
    const { visit, scene, stage } = handler;
    const [, key] = op;
    const { current } = visit;
    const isOwn = visit.ownKeys.has(key);
    const settle = visit.store({ isAside: true });
    const ended = await handler.call(op, () => scene.own("take")!(key));
    const { fate, until, span, result } = ended;
    if (ended.isAcked && result === undefined && !visit.isStored) return;
    settle(ended);
    if (fate === "refused") return;
    if (ended.isAcked && result !== undefined) handler.isStored(until, current);
    if (isOwn) visit.unset(key, span.from);
    else if (ended.isAcked) handler.seeData("by take()", span, { [key]: result }, true);
    current.writes.push({
      key,
      value: undefined,
      from: span.from,
      to: until,
      fate,
      by: visit.number,
    });
    if (ended.isAcked && result !== undefined) {
      stage.history.taken.push({ token: JSON.stringify(result), by: visit.number });
    }
  },

  async say(handler, _op: readonly ["say"]) {
    const { visit, scene, stage } = handler;
    const flash = scene.own("flash");
    if (flash === undefined) return;
    const token = stage.token("flash");
    visit.say(token, stage.world.tick());
    await flash("info", token);
  },

  async hear(handler, _op: readonly ["hear"]) {
    const { visit, scene } = handler;
    const flash = scene.own("flash");
    if (flash === undefined) return;
    const heard = await flash("info") as string[] | undefined;
    if (heard !== undefined && heard.length > 0) visit.hear(heard);
  },

  destroy: (handler, op: readonly ["destroy"]) => destroyed(handler, op),
  logout: (handler, op: readonly ["logout"]) => destroyed(handler, op),

  revoke: (handler, op: readonly ["revoke"]) => endedByOthers(handler, op),
  expel: (handler, op: readonly ["expel"]) => endedByOthers(handler, op),

  async revokeAll(handler, op: readonly ["revokeAll", string, true?]) {
    const { stage, visit, scene: { id } } = handler;
    const { revokeAll } = stage.entry;
    if (revokeAll === undefined) return;
    const [, subject, sparesOwn] = op;
    const spared = sparesOwn && id !== undefined && visit.isStored ? visit.current : undefined;
    const act = () => revokeAll(subject, ...spared === undefined ? [] : [id]);
    const { span: { from }, until, fate } = await handler.call(op, act);
    stage.history.revoked.push({ subject, spared, from, to: until, fate, by: visit.number });
  },
} satisfies Record<string, Call>;

export function isCall(op: Op): op is Op & readonly [keyof typeof CALLS, ...unknown[]] {
  return op[0] in CALLS;
}

async function destroyed(handler: Handler, op: readonly ["destroy" | "logout"]): Promise<void> {
  const { visit, scene, stage } = handler;
  const { current, isSpoiled } = visit;
  visit.drop(stage.world.tick());
  visit.isOver = true;
  const { session } = scene;
  const act = op[0] === "destroy" ? () => session.destroy() : scene.own("logout")!;
  const ended = await handler.call(op, () => act());
  visit.end("logout", ended.span.from, ended, current);
  if (visit.missed !== undefined) {
    const outcome = isSpoiled ? { ...ended, fate: "doubt" as const } : ended;
    visit.end("logout elsewhere", ended.span.from, outcome, visit.missed);
  }
  visit.isSpoiled ||= !ended.isAcked;
}

/** The session of this request is ended by those who administer sessions. */
async function endedByOthers(
  handler: Handler,
  op: readonly ["revoke"] | readonly ["expel"],
): Promise<void> {
  const { visit, scene: { id }, stage } = handler;
  const { current } = visit;
  if (id === undefined || !visit.isStored) return;
  const ended = await handler.call(op, () => stage.entry[op[0]](id));
  // The store itself knows nothing of ids that were replaced: it may have ended what one was left as.
  const isUnsure = op[0] === "expel" && stage.program.rotateAfter !== undefined;
  const outcome = isUnsure ? { ...ended, fate: "doubt" as const } : ended;
  visit.end("revoke", ended.span.from, outcome, current);
  visit.isSpoiled = true;
}

/** A session has moved to a new id, or has not. */
function moved(handler: Handler, ended: Ended<unknown>, keep: Keep, subject?: string): void {
  const { visit } = handler;
  const { span: { from, to }, fate, isAcked } = ended;
  const { isStored } = visit;
  if (!isAcked) {
    // Where a move takes two calls, one may have been done.
    const isWhole = handler.stage.program.store === "atomic" ||
      handler.stage.program.store === "sliding";
    if (fate === "doubt" || !isWhole) visit.end("move", from, ended);
    visit.isSpoiled ||= !isWhole;
    if (fate === "doubt" || !isWhole) {
      visit.store({ isAside: true })({ fate: "doubt", until: ended.until });
    }
    return;
  }
  visit.moved(keep, subject !== undefined, from, to, subject);
  if (!isStored) return;
  visit.current.moved = to;
  handler.bind(visit.current);
}
