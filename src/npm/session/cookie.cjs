"use strict";
// As express-session's file of this name: the very class, for whoever reaches for it.
module.exports = require("../index.cjs").Cookie;
