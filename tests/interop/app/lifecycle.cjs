// What an application does with a session from its login to its logout, on one store.
"use strict";

const hour = 3600_000;

/** Writes down what the store is asked, and what it could not do. */
function watched(store) {
  const asked = [];
  for (const verb of ["get", "set", "destroy", "touch"]) {
    const method = store[verb];
    store[verb] = function (...given) {
      asked.push(verb);
      const done = given.at(-1);
      if (typeof done === "function") {
        given[given.length - 1] = (error, ...found) => {
          if (error && error.code !== "ENOENT") asked.push(`${verb} failed: ${error.message}`);
          done(error, ...found);
        };
      }
      return method.apply(this, given);
    };
  }
  return asked;
}

/** The routes of both libraries: express-session's own methods, with callbacks. */
function routes(app, store) {
  const told = (act) => (req, res, next) => {
    act(req, (error) => error ? next(error) : tell(req, res));
  };
  const tell = (req, res) => {
    const { user = null, views = 0, cart = null } = req.session ?? {};
    res.json({ user, views, cart });
  };
  app.get("/me", tell);
  app.get("/view", (req, res) => {
    req.session.views = (req.session.views || 0) + 1;
    tell(req, res);
  });
  app.get("/cart", (req, res) => {
    req.session.cart = "full";
    tell(req, res);
  });
  // As passport does it.
  app.get("/login/:user", told((req, done) => {
    req.session.regenerate((error) => {
      if (error) return done(error);
      req.session.user = req.params.user;
      req.session.save(done);
    });
  }));
  app.get("/anew", told((req, done) => req.session.regenerate(done)));
  app.get("/again", told((req, done) => req.session.reload(done)));
  app.get("/touched", told((req, done) => done(void req.session.touch())));
  app.get("/week", told((req, done) => done(void (req.session.cookie.maxAge = 168 * hour))));
  app.get("/logout", told((req, done) => req.session.destroy(done)));
  app.get("/unset", told((req, done) => done(void (req.session = null))));
  app.get("/record", (req, res, next) => {
    store.get(req.sessionID, (error, found) => {
      if (error && error.code !== "ENOENT") return next(error);
      res.json(found ?? null);
    });
  });
}

/** The routes of ours alone. */
function ownRoutes(app, { login, logout, update, take, flash, subjectOf }) {
  const told = (act) => (req, res, next) => {
    const answered = (body) => res.json(body === undefined ? null : body);
    Promise.resolve(act(req)).then(answered).catch(next);
  };
  app.get("/own/login/:user", told((req) => login(req, req.params.user)));
  app.get("/own/login/:user/cart", told((req) => login(req, req.params.user, { keep: ["cart"] })));
  app.get("/own/who", told((req) => subjectOf(req)));
  app.get("/own/anew/all", told((req) => req.session.regenerate({ keep: true })));
  app.get("/own/anew/cart", told((req) => req.session.regenerate({ keep: ["cart"] })));
  app.get("/own/view", told((req) => {
    return update(req, (data) => data.views = (data.views || 0) + 1);
  }));
  app.get("/own/take/:key", told((req) => take(req, req.params.key)));
  app.get("/own/flash", told((req) => flash(req, "info")));
  app.get("/own/flash/:text", told((req) => flash(req, "info", req.params.text)));
  app.get("/own/logout", told((req) => logout(req)));
}

/** One application on one store: with sessions that roll under "/rolling", that do not elsewhere. */
module.exports = function lifecycle(express, session, options, store) {
  const asked = watched(store);
  const app = express();
  app.get("/asked", (req, res) => res.json(asked.splice(0)));
  const sessions = { ...options, store, unset: "destroy", cookie: { maxAge: hour } };
  app.use("/rolling", session({ ...sessions, rolling: true }));
  app.use(session(sessions));
  for (const part of ["/", "/rolling"]) {
    const router = express.Router();
    routes(router, store);
    if ("subjectOf" in session) ownRoutes(router, session);
    app.use(part, router);
  }
  // Express tells an error page by its four parameters.
  app.use((error, _req, res, _next) => res.status(500).json({ error: String(error.message) }));
  return app;
};
