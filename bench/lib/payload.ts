/** The data sessions carry here: the shape of a small login and of a filled cart. */

export interface SmallData {
  views: number;
  user: { id: string; name: string; roles: string[] };
  csrf: string;
  locale: string;
  [key: string]: unknown;
}

/** Data whose JSON has about `bytes` bytes, of many small values as a cart has. */
export function dataOf(bytes: number, seed = 0): SmallData {
  const data: SmallData = {
    views: seed % 1000,
    user: {
      id: `u-${100000 + seed}`,
      name: "Ada Lovelace",
      roles: ["reader", "editor"],
    },
    csrf: "q3Jt0yQmC1d8Hn5w",
    locale: "en-GB",
  };
  if (bytes <= 200) return padded(data, bytes);
  const cart: unknown[] = [];
  data["cart"] = cart;
  for (let item = 0; JSON.stringify(data).length < bytes - 100; item++) {
    cart.push({
      sku: `A-${10000 + item}`,
      title: "Blue cotton shirt, long sleeves",
      quantity: 1 + item % 3,
      price: 1995 + item,
      gift: item % 5 === 0,
    });
  }
  return padded(data, bytes);
}

function padded(data: SmallData, bytes: number): SmallData {
  const missing = bytes - JSON.stringify(data).length - '"note":"",'.length;
  if (missing > 0) data["note"] = "n".repeat(missing);
  return data;
}
