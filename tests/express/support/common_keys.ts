/** Keys that applications keep on a session, and guard with. */
export const COMMON_KEYS: readonly string[] = [
  ...["login", "logged", "loggedIn", "isLoggedIn", "isAuth", "authenticated", "user", "userId"],
  ...["username", "uid", "admin", "isAdmin", "role", "token", "access_token", "passport"],
  ...["returnTo", "flash", "cart", "views", "count", "lang", "locale", "csrfToken", "csrfSecret"],
  ...["state", "nonce", "oauth", "error", "message", "success", "data", "info", "update", "take"],
  ...["subject", "logout", "device", "signal", "notes", "isNew", "list", "revoke"],
];

/** Names that a session has by itself, and a store may leave on it: applications read these, too. */
export const TAKEN_KEYS: readonly string[] = [
  ...["id", "cookie", "req", "save", "touch", "destroy", "regenerate", "reload", "resetMaxAge"],
  ...["constructor", "toString", "hasOwnProperty", "__proto__", "$websession"],
];
