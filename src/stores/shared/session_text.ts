/** Whether a stored text can be a session at all. */

/** Whether it is the JSON of an object; what is in it is not looked at. */
export function isSessionText(text: unknown): text is string {
  if (typeof text !== "string" || !/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
