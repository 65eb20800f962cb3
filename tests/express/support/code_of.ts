/** What an act throws, by its code; "done" where it throws nothing. */
export function codeOf(act: () => unknown): unknown {
  try {
    act();
    return "done";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
