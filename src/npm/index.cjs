"use strict";
// The one form of the Express entry, for `require` and `import` alike: stores
// inherit from either, so there must be one Store, one Session, one Cookie.
const entry = require("../express/mod.js");

const session = entry.default;
module.exports = session;
// Written out one by one: this is how `import { Store } from "websession"` finds them.
module.exports.default = session;
module.exports.session = session;
module.exports.Store = entry.Store;
module.exports.Cookie = entry.Cookie;
module.exports.Session = entry.Session;
module.exports.MemoryStore = entry.MemoryStore;
module.exports.SessionError = entry.SessionError;
module.exports.fromExpressStore = entry.fromExpressStore;
module.exports.toExpressStore = entry.toExpressStore;
module.exports.login = entry.login;
module.exports.logout = entry.logout;
module.exports.update = entry.update;
module.exports.take = entry.take;
module.exports.flash = entry.flash;
module.exports.subjectOf = entry.subjectOf;
module.exports.elevate = entry.elevate;
module.exports.infoOf = entry.infoOf;
module.exports.lifetimes = entry.lifetimes;
module.exports.publishTo = entry.publishTo;
module.exports.signalOf = entry.signalOf;
module.exports.releaseSignal = entry.releaseSignal;
module.exports.lock = entry.lock;
module.exports.bindDevices = entry.bindDevices;
module.exports.storageAccess = entry.storageAccess;
