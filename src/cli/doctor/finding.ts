/** A mistake that `doctor` found: what it is, why it matters, what to do. */

/** One mistake. */
export interface Finding {
  /** `error`: sessions are lost, or open to others. `warning`: they will be, one day. */
  readonly level: "error" | "warning";
  /** A stable word for scripts; docs/command-line.md lists them. */
  readonly code: string;
  /** What it was found in. */
  readonly where: string;
  /** What is the matter, and what comes of it. */
  readonly what: string;
  /** What to do. */
  readonly remedy: string;
}

/** A finding without the place, which whoever looks knows. */
export type Complaint = Omit<Finding, "where">;

/** Something that loses sessions, or opens them to others. */
export function error(code: string, what: string, remedy: string): Complaint {
  return { level: "error", code, what, remedy };
}

/** Something that will, one day. */
export function warning(code: string, what: string, remedy: string): Complaint {
  return { level: "warning", code, what, remedy };
}

/** Those whose condition holds. */
export function complaints(
  ...rules: readonly (readonly [isSo: boolean, complaint: Complaint])[]
): Complaint[] {
  return rules.filter(([isSo]) => isSo).map(([, complaint]) => complaint);
}
