// Packages that live on req.session, set up as their READMEs say.
"use strict";
const http = require("node:http");

function passport(express, session, options) {
  const { Passport } = require("passport");
  const { Strategy } = require("passport-local");
  const passport = new Passport();
  passport.use(new Strategy((name, password, done) => done(null, password === "right" && { name })));
  passport.serializeUser((user, done) => done(null, user.name));
  passport.deserializeUser((name, done) => done(null, { name }));
  const app = express();
  app.use(express.json(), session(options), passport.initialize(), passport.session());
  app.post("/cart", (req, res) => {
    req.session.cart = "full";
    res.json({ cart: req.session.cart });
  });
  const who = (req, res) => {
    const name = (req.user && req.user.name) || null;
    res.json({ name, cart: req.session.cart || null, authenticated: req.isAuthenticated() });
  };
  app.post("/login", passport.authenticate("local"), who);
  app.post("/login/keep", passport.authenticate("local", { keepSessionInfo: true }), who);
  app.get("/me", who);
  app.post("/logout", (req, res, next) => req.logout((error) => error ? next(error) : who(req, res)));
  return http.createServer(app);
}

function flash(express, session, options) {
  const app = express();
  app.use(session(options), require("connect-flash")());
  app.post("/flash", (req, res) => {
    req.flash("info", "saved");
    req.flash("info", "twice");
    res.redirect("/read");
  });
  app.get("/read", (req, res) => res.json(req.flash("info")));
  return http.createServer(app);
}

function csrf(express, session, options) {
  const { csrfSync } = require("csrf-sync");
  const { generateToken, csrfSynchronisedProtection } = csrfSync();
  const app = express();
  app.use(session(options));
  app.get("/token", (req, res) => res.json({ token: generateToken(req) }));
  app.post("/act", csrfSynchronisedProtection, (req, res) => res.json({ done: true }));
  app.use((error, req, res, next) => res.status(error.statusCode || 500).json({ code: error.code }));
  return http.createServer(app);
}

function grant(express, session, options) {
  const app = express();
  // A provider of our own: the real ones are elsewhere.
  const provider = { authorize_url: "/provider/authorize", access_url: "/provider/token", oauth: 2 };
  const config = {
    defaults: { origin: "http://localhost", transport: "session", state: true },
    own: { ...provider, key: "k", secret: "s", callback: "/done" },
  };
  app.use(session(options), require("grant").express(config));
  app.get("/done", (req, res) => res.json({ provider: req.session.grant.provider }));
  app.get("/seen", (req, res) => res.json({ provider: (req.session.grant || {}).provider || null }));
  return http.createServer(app);
}

function around(express, session, options) {
  const app = express();
  app.use(require("compression")({ threshold: 0 }));
  app.use(require("cookie-parser")(options.secret));
  app.use(session(options));
  app.get("/", (req, res) => {
    req.session.views = (req.session.views || 0) + 1;
    res.cookie("other", "1", { signed: true });
    res.json({ views: req.session.views, filler: "x".repeat(2000), other: req.signedCookies.other || null });
  });
  return http.createServer(app);
}

function socket(express, session, options) {
  const app = express();
  const middleware = session(options);
  app.use(middleware);
  app.get("/login", (req, res) => {
    req.session.user = "ada";
    res.json({ user: "ada" });
  });
  app.get("/me", (req, res) => res.json({ count: req.session.count || 0 }));
  const server = http.createServer(app);
  const { Server } = require("socket.io");
  const io = new Server(server);
  io.engine.use(middleware);
  io.on("connection", (socket) => {
    const { req } = { req: socket.request };
    socket.on("count", (done) => {
      req.session.reload((error) => {
        if (error) return done({ error: error.message });
        req.session.count = (req.session.count || 0) + 1;
        req.session.save(() => done({ user: req.session.user, count: req.session.count }));
      });
    });
  });
  return server;
}

module.exports = { passport, flash, csrf, grant, around, socket };
