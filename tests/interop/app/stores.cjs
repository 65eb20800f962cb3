// Stores of other packages, made as their READMEs say. Each answers a store or a promise of one.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const { REDIS_PORT, POSTGRES_URL, MARIADB_URL, MEMCACHED_PORT, DYNAMO_PORT, MONGO_URL, FOLDER } =
  process.env;
const day = 24 * 60 * 60 * 1000;

/** A path that nobody else opens. */
let opened = 0;
const own = (name) => path.join(FOLDER, `${name}-${process.pid}-${++opened}`);

module.exports = {
  memory: (session) => new session.MemoryStore(),

  memorystore: (session) => new (require("memorystore")(session))({ checkPeriod: day }),

  "connect-loki": (session) =>
    new (require("connect-loki")(session))({
      path: own("loki"),
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
    new (require("connect-sqlite3")(session))({
      db: require("./sqlite.cjs")(path.join(FOLDER, "sqlite3.db")),
    }),

  "level-session-store": async (session) => {
    const store = new (require("level-session-store")(session))(own("level"));
    await new Promise((resolve) => store.once("connect", resolve));
    return store;
  },

  "connect-mongo": () => {
    const { MongoStore } = require("connect-mongo");
    return MongoStore.create({ mongoUrl: MONGO_URL });
  },

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

  "connect-memcached": MEMCACHED_PORT && ((session) =>
    new (require("connect-memcached")(session))({ hosts: [`127.0.0.1:${MEMCACHED_PORT}`] })),

  "connect-dynamodb": DYNAMO_PORT && (async (session) => {
    const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${DYNAMO_PORT}`,
      region: "local",
      credentials: { accessKeyId: "id", secretAccessKey: "key" },
    });
    const store = new (require("connect-dynamodb")(session))({ client });
    await store.initialize();
    return store;
  }),
};

fs.mkdirSync(path.join(FOLDER, "files"), { recursive: true });
