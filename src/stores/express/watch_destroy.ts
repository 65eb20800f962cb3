/** Logouts that go past the middleware: `store.destroy(id)`, called by the application. */
import { type ExpressStoreLike, wrapperOf } from "./callback_store.ts";

const watched = new WeakSet<ExpressStoreLike>();

/** From now on, what the store's own `destroy()` ends is gone for requests in flight as well. */
export function watchDestroy(store: ExpressStoreLike): void {
  if (watched.has(store)) return;
  watched.add(store);
  const wrapper = wrapperOf(store);
  const { destroy } = store;
  Object.defineProperty(store, "destroy", {
    configurable: true,
    writable: true,
    enumerable: false,
    value: function (this: ExpressStoreLike, id: string, callback?: (error?: unknown) => void) {
      return wrapper.watching(id, callback, (done) => destroy.call(this, id, done));
    },
  });
}
