import session = require("../index.cjs");
export = session.MemoryStore;
