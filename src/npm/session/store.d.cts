import session = require("../index.cjs");
export = session.Store;
