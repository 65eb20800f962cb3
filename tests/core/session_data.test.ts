/** Session data: plain properties, whatever their names. */
import { describe, expect, test } from "vitest";
import { type Data, define, fill, isProtected } from "../../src/core/session_data.ts";

describe("isProtected", () => {
  test.each([
    ...["req", "id", "cookie", "touch", "resetMaxAge", "save", "reload", "destroy", "regenerate"],
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "__defineGetter__"],
  ])("S57 a record must not set %s", (name) => {
    expect(isProtected(name)).toBe(true);
  });

  test.each(["user", "login", "flash", "prototype", "then", "toJSON", "", "Cookie"])(
    "%j is the application's",
    (name) => expect(isProtected(name)).toBe(false),
  );
});

describe("define", () => {
  class Shop {
    #sold: unknown;
    set cart(value: unknown) {
      this.#sold = value;
    }
    get sold(): unknown {
      return this.#sold;
    }
    login(): void {}
  }

  test.each(["cart", "sold", "login", "__proto__"])(
    "makes an own property, though the class has %s",
    (name) => {
      const shop = new Shop();
      define(shop as never, name, "mine");
      expect(Object.getOwnPropertyDescriptor(shop, name)).toEqual({
        value: "mine",
        writable: true,
        enumerable: true,
        configurable: true,
      });
      expect(Object.getPrototypeOf(shop)).toBe(Shop.prototype);
      if (name !== "sold") expect(shop.sold).toBeUndefined();
    },
  );

  test("replaces the value of a property that is there", () => {
    const data: Data = { a: 1 };
    define(data, "a", 2);
    expect(data).toEqual({ a: 2 });
  });
});

test("define() asks a setter of the application's own, which goes on working", () => {
  const set: unknown[] = [];
  const property = { set: (value: unknown) => void set.push(value), configurable: true };
  const data: Data = Object.defineProperty({}, "total", property);
  define(data, "total", 2);
  define(data, "total", 3);
  expect(set).toEqual([2, 3]);
});

describe("fill", () => {
  test("S57 S58 copies the data, and none of the protected names", () => {
    const session = { id: "mine", cookie: "mine" };
    fill(
      session,
      JSON.parse('{"id":"theirs","cookie":"theirs","save":1,"__proto__":{"x":1},"a":1,"login":2}'),
    );
    expect(session).toEqual({ id: "mine", cookie: "mine", a: 1, login: 2 });
    expect((session as { x?: number }).x).toBeUndefined();
  });
});
