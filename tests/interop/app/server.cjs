// One process: an application per store, and one with the clients. It runs
// unchanged with the real express-session and with ours under its name.
"use strict";
const http = require("node:http");
const express = require(process.env.EXPRESS);
const session = require("express-session");
const makers = require("./stores.cjs");
const clients = require("./clients.cjs");

const secret = "a secret of more than thirty-two bytes";
const options = { secret, resave: false, saveUninitialized: false };

function lifecycle(store) {
  const app = express();
  // Most stores move only what their table calls the expiry: count, and see them answer.
  const touched = { asked: 0, answered: 0, failed: 0 };
  const { touch } = store;
  store.touch = function (id, data, done) {
    touched.asked++;
    return touch.call(this, id, data, (error) => {
      touched[error ? "failed" : "answered"]++;
      if (done) done(error);
    });
  };
  app.use(session({ ...options, store, cookie: { maxAge: 3600_000 } }));
  app.get("/login/:user", (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error);
      req.session.user = req.params.user;
      req.session.views = 0;
      req.session.save((failed) => failed ? next(failed) : res.json({ user: req.session.user }));
    });
  });
  app.get("/view", (req, res) => {
    req.session.views = (req.session.views || 0) + 1;
    res.json({ user: req.session.user || null, views: req.session.views });
  });
  app.get("/me", (req, res) => {
    res.json({ user: req.session.user || null, views: req.session.views || 0 });
  });
  app.get("/touched", (req, res) => res.json(touched));
  app.get("/logout", (req, res, next) => {
    req.session.destroy((error) => error ? next(error) : res.json({ user: null }));
  });
  // eslint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => {
    res.status(500).json({ error: String(error.message) });
  });
  return app;
}

(async () => {
  const wanted = process.env.STORES.split(",");
  const ports = {};
  const listen = (name, server) =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        ports[name] = server.address().port;
        resolve();
      });
    });
  for (const name of wanted) {
    const store = await makers[name](session);
    await listen(name, http.createServer(lifecycle(store)));
  }
  for (const [name, make] of Object.entries(clients)) {
    await listen(name, await make(express, session, { ...options, store: new session.MemoryStore() }));
  }
  // Which of the two stands behind the name.
  process.send({ ports, isOurs: "toExpressStore" in session });
})();
