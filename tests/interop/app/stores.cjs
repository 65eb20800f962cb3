// Stores of other packages, made as their READMEs say. Each answers a store or a promise of one.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const { REDIS_PORT, POSTGRES_URL, MARIADB_URL, FOLDER } = process.env;
const day = 24 * 60 * 60 * 1000;

/** The little of the package sqlite3 that connect-sqlite3 uses, on Node's own SQLite. */
function sqlite(file) {
  const { DatabaseSync } = require("node:sqlite");
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
}

module.exports = {
  memory: (session) => new session.MemoryStore(),

  memorystore: (session) => new (require("memorystore")(session))({ checkPeriod: day }),

  "connect-loki": (session) =>
    new (require("connect-loki")(session))({
      path: path.join(FOLDER, `loki-${process.pid}.db`),
      autosave: false,
    }),

  "session-file-store": (session) =>
    new (require("session-file-store")(session))({
      path: path.join(FOLDER, "files"),
      retries: 0,
      reapInterval: -1,
      logFn() {},
    }),

  "connect-sqlite3": (session) =>
    new (require("connect-sqlite3")(session))({ db: sqlite(path.join(FOLDER, "sqlite3.db")) }),

  "connect-redis": REDIS_PORT && (async () => {
    const { createClient } = require("redis");
    const { RedisStore } = require("connect-redis");
    const client = createClient({ url: `redis://127.0.0.1:${REDIS_PORT}` });
    client.on("error", () => {});
    return new RedisStore({ client: await client.connect(), prefix: "app:" });
  }),

  "connect-pg-simple": POSTGRES_URL && ((session) =>
    new (require("connect-pg-simple")(session))({
      conString: POSTGRES_URL,
      createTableIfMissing: true,
      pruneSessionInterval: false,
    })),

  "connect-typeorm": POSTGRES_URL && (async () => {
    const { DataSource, EntitySchema } = require("typeorm");
    const { TypeormStore } = require("connect-typeorm");
    const entity = new EntitySchema({
      name: "typeorm_session",
      columns: {
        id: { type: "varchar", length: 255, primary: true },
        expiredAt: { type: "bigint" },
        json: { type: "text" },
        destroyedAt: { type: "timestamp", deleteDate: true, nullable: true },
      },
    });
    const source = new DataSource({
      type: "postgres",
      url: POSTGRES_URL,
      entities: [entity],
      synchronize: true,
    });
    await source.initialize();
    const store = new TypeormStore({ cleanupLimit: 0, ttl: 3600 });
    return store.connect(source.getRepository("typeorm_session"));
  }),

  "connect-session-knex": POSTGRES_URL && (() => {
    const { ConnectSessionKnexStore } = require("connect-session-knex");
    const knex = require("knex")({ client: "pg", connection: POSTGRES_URL });
    return new ConnectSessionKnexStore({ knex, tableName: "knex_sessions", cleanupInterval: 0 });
  }),

  "connect-session-sequelize": POSTGRES_URL && (async (session) => {
    const { Sequelize } = require("sequelize");
    const db = new Sequelize(POSTGRES_URL, { logging: false });
    const store = new (require("connect-session-sequelize")(session.Store))({
      db,
      checkExpirationInterval: -1,
    });
    await store.sync();
    return store;
  }),

  "express-mysql-session": MARIADB_URL && (async (session) => {
    const { hostname: host, port, username: user, password, pathname } = new URL(MARIADB_URL);
    const store = new (require("express-mysql-session")(session))({
      ...{ host, port: Number(port), user, password, database: pathname.slice(1) },
      clearExpired: false,
    });
    await store.onReady();
    return store;
  }),
};

fs.mkdirSync(path.join(FOLDER, "files"), { recursive: true });
