"use strict";
// The one form of the Express entry, for `require` and `import` alike: stores
// inherit from either, so there must be one Store, one Session, one Cookie.
const door = require("../express/mod.js");

const session = door.default;
module.exports = session;
// Written out one by one: this is how `import { Store } from "websession"` finds them.
module.exports.default = session;
module.exports.session = session;
module.exports.Store = door.Store;
module.exports.Cookie = door.Cookie;
module.exports.Session = door.Session;
module.exports.MemoryStore = door.MemoryStore;
module.exports.SessionError = door.SessionError;
module.exports.fromExpressStore = door.fromExpressStore;
module.exports.toExpressStore = door.toExpressStore;
