// The little of the package sqlite3 that connect-sqlite3 uses, on Node's own SQLite: nothing to build.
"use strict";
const { DatabaseSync } = require("node:sqlite");

module.exports = function sqlite(file) {
  const database = new DatabaseSync(file, { timeout: 5000 });
  const asked = (method) => (sql, parameters, done) => {
    if (typeof parameters === "function") [parameters, done] = [[], parameters];
    let error = null;
    let answer;
    try {
      answer = database.prepare(sql)[method](...(parameters ?? []));
    } catch (thrown) {
      error = thrown;
    }
    if (done) setImmediate(() => done.call({}, error, answer));
  };
  return {
    run: asked("run"),
    get: asked("get"),
    all: asked("all"),
    exec(sql, done) {
      database.exec(sql);
      if (done) setImmediate(() => done.call(this, null));
      return this;
    },
    serialize: (act) => act(),
  };
};
