/** What is noted of a session when it begins. */
import type { Clock } from "../clock.ts";
import { begun, isOfUnknownAge, type LifecycleRules } from "./lifecycle.ts";
import { withNotes } from "./merge.ts";
import type { Data } from "./session_data.ts";
import { membersText, withMembers } from "./session_json.ts";
import { META, notesIn } from "./session_metadata.ts";
import type { SessionState } from "./session_state.ts";

/** When a session begins, and by which rules. */
export interface Beginning {
  readonly clock: Clock;
  readonly rules: LifecycleRules;
}

/** A session whose life has a limit, and that has no note of its beginning, begins now. */
export function noteBeginning(
  state: SessionState,
  session: Data,
  { clock, rules }: Beginning,
): void {
  if (!isOfUnknownAge(session["cookie"], state.notes, rules)) return;
  state.notes = begun(state.notes, clock.now(), rules);
}

/** The content of a session that is first stored, with the notes of its beginning. */
export function stamped(
  state: SessionState,
  content: string,
  { clock, rules }: Beginning,
): string {
  if (!rules.notesBeginning) return content;
  const { dataVersion } = rules;
  const notes = begun(state.notes, clock.now(), rules);
  state.notes = dataVersion === undefined ? notes : { ...notes, dataVersion };
  const { createdAt, name } = notes;
  const own = { createdAt, name, dataVersion };
  // No notes are in it: the usual case needs no reading.
  if (!content.includes(META)) return withMembers(content, membersText({ [META]: own }));
  const data = JSON.parse(content) as Data;
  return withNotes(data, { ...notesIn(data), ...own });
}
