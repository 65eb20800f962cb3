/** What is broken, folder by folder, and which tests are asked. */

export interface Folder {
  /** The files: whatever decides about a session, or about a request. */
  readonly files: string;
  /** Where the tests named for them are. */
  readonly near: readonly string[];
}

export const FOLDERS: Readonly<Record<string, Folder>> = {
  core: {
    files: "src/core/*.ts",
    // The last ones know what no test of a module does: limits, devices, calls nobody awaited.
    near: [
      "tests/core/",
      "tests/web/devices",
      "tests/web/lifecycle",
      "tests/web/calls",
      "tests/web/store_error",
    ],
  },
  cookie: { files: "src/cookie/*.ts", near: ["tests/cookie/"] },
  "stores-express": {
    files: "src/stores/express/*.ts",
    near: ["tests/stores/express_", "tests/express/store_calls"],
  },
  "stores-memory": {
    files: "src/stores/memory/*.ts",
    near: ["tests/stores/memory"],
  },
  web: { files: "src/web/*.ts", near: ["tests/web/", "tests/dbsc/web"] },
  express: { files: "src/express/*.ts", near: ["tests/express/", "tests/dbsc/express"] },
};

/** The tests that run in this process, without servers or other programs. */
export const TESTS: readonly string[] = [
  "tests/{clock,expiry}.test.ts",
  "tests/{cookie,core,express,model,races,web}/**/*.test.ts",
  "tests/dbsc/{express,proof,stamps,structured_fields,web}.test.ts",
  "tests/stores/{clock,cookie,memory}.test.ts",
  "tests/stores/express_{callbacks,contract,cookies,crossings,direct,entry,failures,log,memory,mends,watch,write_log}.test.ts",
];

export const UNFIT: readonly string[] = [
  // Other programs, other runtimes, whole frameworks, the size of a bundle; all of the kit.
  "tests/express/{debug_process,hosts}.test.ts",
  "tests/web/{process,size}.test.ts",
  "tests/stores/express_{gc,kit,real_stores}.test.ts",
];
