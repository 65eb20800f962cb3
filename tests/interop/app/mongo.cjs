// What connect-mongo asks of a MongoClient, in memory: no MongoDB runs here. The commands are those
// of its source, answered as the driver documents them; a query of any other kind is refused.
"use strict";

/** Whether a document is one that a filter of connect-mongo's means. */
function matches(document, filter) {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "$or") return wanted.some((each) => matches(document, each));
    if (name !== "expires") return document[name] === wanted;
    const [[operator, operand]] = Object.entries(wanted);
    if (operator === "$exists") return name in document === operand;
    if (operator === "$gt") return document[name] > operand;
    throw new Error(`no such operator: ${operator}`);
  });
}

function collection() {
  const documents = new Map();
  const found = (filter) => [...documents.values()].filter((each) => matches(each, filter));
  // A driver answers with documents of its own.
  const copied = (document) => document && structuredClone(document);
  return {
    createIndex: async () => "expires_1",
    findOne: async (filter) => copied(found(filter)[0]) ?? null,
    async *find(filter) {
      for (const document of found(filter)) yield copied(document);
    },
    async updateOne(filter, update, { upsert = false } = {}) {
      const { $set, ...others } = update;
      if (Object.keys(others).length > 0) throw new Error(`no such update: ${Object.keys(others)}`);
      const document = found(filter)[0];
      if (document === undefined && !upsert) return { matchedCount: 0, upsertedCount: 0 };
      const { _id } = filter;
      documents.set(_id, { _id, ...document, ...copied($set) });
      return document ? { matchedCount: 1, upsertedCount: 0 } : { matchedCount: 0, upsertedCount: 1 };
    },
    async deleteOne(filter) {
      const document = found(filter)[0];
      return { deletedCount: document && documents.delete(document._id) ? 1 : 0 };
    },
    async deleteMany() {
      documents.clear();
    },
    countDocuments: async () => documents.size,
  };
}

/** A client of one database with one collection. */
module.exports = function mongo() {
  const sessions = collection();
  return { db: () => ({ collection: () => sessions }), async close() {} };
};
