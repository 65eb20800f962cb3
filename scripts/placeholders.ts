/** What a manifest still has to be told before anybody may publish it. */

/** Stands where the project's home will be named. */
export const PLACEHOLDER = "to-be-named";

type Manifest = Record<string, unknown>;

/** The fields that are missing or still say nothing, one readable line each. */
export function unnamed(manifest: Manifest): string[] {
  return ["repository", "homepage", "bugs", "author"].flatMap((field) => {
    const text = JSON.stringify(manifest[field] ?? "");
    if (text === '""') return [`package.json has no "${field}"`];
    return text.includes(PLACEHOLDER) ? [`"${field}" in package.json is a placeholder`] : [];
  });
}
