/** Where the repository is to be seen; nowhere, for as long as package.json holds placeholders. */
import { unnamed } from "../scripts/placeholders.ts";

export function repositoryUrl(
  manifest: Record<string, unknown>,
): string | undefined {
  if (unnamed(manifest).length > 0) return undefined;
  const { url } = manifest["repository"] as { url: string };
  return url.replace(/^git\+/, "").replace(/\.git$/, "");
}
