/** A message reaches its visitor once: it is not lost, not told twice, and not told where it was refused. */
import type { History } from "./history.ts";
import { isAcked } from "./model.ts";
import type { Failure } from "./verdict.ts";

export function messages({ sessions, openings }: History): Failure[] {
  const failures: Failure[] = [];
  for (const session of sessions) {
    const heard = session.allHeard();
    // At the end of every program each session is asked for what is left.
    const last = openings.filter((opening) => opening.session === session).at(-1);
    const { all, must } = session.tokens("said", last?.from ?? 0);
    if (last?.isLoaded && !session.mayBeOver(last.to)) {
      for (const { token } of must) {
        if (heard.all.some(({ tokens }) => tokens.includes(token))) continue;
        failures.push({ kind: "lost message", text: `nobody was told ${token}` });
      }
    }
    for (const { tokens, by, from } of session.heard) {
      for (const token of tokens) {
        const said = all.find((each) => each.token === token);
        if (said?.by === by) continue;
        if (said === undefined) {
          failures.push({ kind: "kept", text: `request ${by} was told ${token}` });
        } else if (said.fate === "refused") {
          failures.push({ kind: "refused, and seen", text: `request ${by} was told ${token}` });
        }
        const before = heard.sure.find((each) =>
          isAcked(each) && each.to < from && each.tokens.includes(token)
        );
        if (before === undefined || said?.mayBeTwice) continue;
        const text = `request ${by} was told ${token}, and request ${before.by} before it`;
        failures.push({ kind: "told twice", text });
      }
    }
  }
  return failures;
}
