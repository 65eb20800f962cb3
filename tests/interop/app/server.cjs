// One process: an application per store, and one with the clients. It runs unchanged with the
// real express-session, with ours under its name, and with ours under our own beside the real one.
"use strict";
const http = require("node:http");
const express = require(process.env.EXPRESS);
const session = require(process.env.SESSION);
const real = require("express-session");
const clients = require("./clients.cjs");
const lifecycle = require("./lifecycle.cjs");
const makers = require("./stores.cjs");

const secret = "a secret of more than thirty-two bytes";
const options = { secret, resave: false, saveUninitialized: false };

(async () => {
  const ports = {};
  const listen = (name, server) =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        ports[name] = server.address().port;
        resolve();
      });
    });
  const serve = async (name, store) => {
    // Some make their table when they are first asked.
    await new Promise((resolve) => store.get("nobody", resolve));
    await listen(name, http.createServer(lifecycle(express, session, options, store)));
  };
  for (const name of process.env.STORES.split(",")) {
    await serve(name, await makers[name](session));
    if (real !== session) await serve(`${name} of express-session`, await makers[name](real));
  }
  for (const [name, make] of Object.entries(clients)) {
    await listen(name, await make(express, session, { ...options, store: new session.MemoryStore() }));
  }
  process.send({ ports, isOurs: "toExpressStore" in session, isRealThere: !("toExpressStore" in real) });
})();
