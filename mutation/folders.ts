/** What is broken, folder by folder: whatever decides about a session, or about a request. */

export const FOLDERS = {
  core: ["src/core/*.ts"],
  cookie: ["src/cookie/*.ts"],
  "stores-express": ["src/stores/express/*.ts"],
  "stores-memory": ["src/stores/memory/*.ts"],
  web: ["src/web/*.ts"],
  express: ["src/express/*.ts"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Folder = keyof typeof FOLDERS;

export function isFolder(name: string): name is Folder {
  return Object.hasOwn(FOLDERS, name);
}
