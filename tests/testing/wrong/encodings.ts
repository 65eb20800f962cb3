/** What may become of ids or subjects that are decoded, narrowed, cut or compared by half. */
import type { SessionRecord } from "../../../src/store.ts";
import { but, lateStore } from "../late_store.ts";
import { renamed } from "./renamed.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import type { WrongStore } from "./wrong_store.ts";

const ALIKE = ["ids that look alike are different sessions"];
const CONTROL = ["an id with control characters is kept or refused, and touches no other session"];
const SUBJECT = ["a hostile subject is a subject like any other"];
const LONGER = ["a longer subject is kept whole or refused, and is nobody else"];
const SUBJECT_CONTROL = [
  "a subject with control characters is kept or refused, and is nobody else",
];
const SPARED = ["destroyAll() spares the id that it names, and none that is like it"];

/** A store that knows the subjects of its sessions by another name. */
function called(now: () => number, name: (subject: string) => string): AnyStore {
  const store = lateStore(now);
  const under = (record: SessionRecord) =>
    record.subject === undefined ? record : { ...record, subject: name(record.subject) };
  return {
    ...store,
    create: (id, record) => store.create(id, under(record)),
    commit: (id, record, version) => store.commit(id, under(record), version),
    rotate: (from, to, record, version) => store.rotate(from, to, under(record), version),
    list: (subject) => store.list(name(subject)),
    destroyAll: (subject, except) => store.destroyAll(name(subject), except),
  } as AnyStore;
}

const utf8 = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

const byId = (fault: string, caughtBy: string[], name: (id: string) => string): WrongStore => ({
  fault,
  caughtBy,
  make: (now) => renamed(now, name),
});

const bySubject = (
  fault: string,
  caughtBy: string[],
  name: (subject: string) => string,
): WrongStore => ({ fault, caughtBy, make: (now) => called(now, name) });

/** destroyAll() that spares more than the one id. */
const sparing = (
  fault: string,
  spares: (id: string, except: string) => boolean,
): WrongStore => ({
  fault,
  caughtBy: SPARED,
  make: (now) =>
    but(now, (store, memory) => ({
      async destroyAll(subject: string, except?: string) {
        if (except === undefined) return await store.destroyAll(subject);
        const ids = memory.list(subject).filter((id) => !spares(id, except));
        for (const id of ids) memory.destroy(id);
        return ids.length;
      },
    })),
});

export const wrongEncodings: readonly WrongStore[] = [
  byId("ids lose their control characters", CONTROL, (id) => id.replace(/[\0-\x1f\x7f]/g, "")),
  byId("ids end at a NUL", CONTROL, (id) => id === "\0" ? id : id.split("\0")[0]!),
  byId("ids have a space for a control character", CONTROL, (id) => id.replace(/[\0-\x1f]/g, " ")),
  byId("ids are Latin-1", ALIKE, (id) => id.replace(/[^\0-\xff]/g, "?")),
  byId("ids are cut to bytes", ALIKE, (id) => id.replace(/./gs, narrow)),
  byId(
    "ids know no character beyond U+FFFF",
    ALIKE,
    (id) => id.replace(/[^\0-\uffff]/gu, "\ufffd"),
  ),
  byId("ids are decoded as of a URL", ALIKE, decoded),
  byId("ids have a space for a plus", ALIKE, (id) => id.replaceAll("+", " ")),
  byId("ids lose what has no width", ALIKE, (id) => id.replace(/[\u200b-\u200f\ufe0f\ufeff]/g, "")),
  byId("ids are folded to upper case", ALIKE, (id) => /^[ßs]+$/i.test(id) ? id.toUpperCase() : id),
  byId("ids are UTF-8", CONTROL, utf8),
  byId("ids lose their line separators", ALIKE, (id) => id.replace(/[\u2028\u2029]/g, "")),
  byId("ids know no variants of a sign", ALIKE, (id) => id.replaceAll("\ufe0f", "")),
  byId("ids fold the sign of kelvin", ALIKE, (id) => id.replaceAll("\u212a", "K")),
  byId("ids fold the long s", ALIKE, (id) => id.replaceAll("ſ", "s")),
  byId("ids lose what leads a path upwards", ALIKE, (id) => id.replaceAll("../", "")),
  byId("ids end at a hash sign", ALIKE, (id) => id.split("#")[0]! || id),
  byId("ids lose a mark of the byte order", ALIKE, (id) => id.replace(/^\ufeff/, "")),
  byId("ids lose a backslash of two", ALIKE, (id) => id.replaceAll("\\\\", "\\")),
  byId(
    "ids lose a backslash at their end",
    ALIKE,
    (id) => id.length > 1 ? id.replace(/\\$/, "") : id,
  ),
  byId("ids have an underscore for a dot", ALIKE, (id) => id.replaceAll(".", "_")),
  byId("ids end their lines in one way", CONTROL, (id) => id.replace(/\r\n?/g, "\n")),
  bySubject("subjects are UTF-8", SUBJECT_CONTROL, utf8),
  bySubject("subjects lose their line separators", SUBJECT, (name) => name.replace(/\u2028/g, "")),
  bySubject(
    "subjects lose what has no width",
    SUBJECT,
    (name) => name.replace(/[\u200b-\u200d\ufeff]/g, ""),
  ),
  bySubject(
    "subjects lose a mark of the byte order",
    SUBJECT,
    (name) => name.replace(/^\ufeff/, ""),
  ),
  bySubject("subjects end at a hash sign", SUBJECT, (name) => name.split("#")[0]! || name),
  bySubject("subjects have a slash for a backslash", SUBJECT, (name) => name.replace("\\", "/")),
  bySubject("subjects have an underscore for a dot", SUBJECT, (name) => name.replace(".", "_")),
  bySubject("subjects know no variants", SUBJECT, (name) => name.replaceAll("\ufe0f", "")),
  bySubject("subjects fold the sign of kelvin", SUBJECT, (name) => name.replace("\u212a", "K")),
  bySubject("subjects fold the long s", SUBJECT, (name) => name.replace("ſ", "s")),
  bySubject("subjects lose a quote of two", SUBJECT, (name) => name.replaceAll("''", "'")),
  ...[64, 100, 127].map((most) =>
    bySubject(`subjects are cut at ${most} characters`, SUBJECT, (whole) => whole.slice(0, most))
  ),
  ...[128, 200, 255, 256, 1_024].map((most) =>
    bySubject(`subjects are cut at ${most} characters`, LONGER, (whole) => whole.slice(0, most))
  ),
  bySubject("subjects are cut at 255 bytes", SUBJECT, (whole) => {
    const bytes = new TextEncoder().encode(whole).subarray(0, 255);
    return new TextDecoder().decode(bytes);
  }),
  bySubject(
    "subjects that are digits are numbers",
    SUBJECT,
    (whole) => /^\d+$/.test(whole) ? String(Number(whole)) : whole,
  ),
  bySubject("subjects end at a colon", SUBJECT, (whole) => whole.split(":")[0]!),
  bySubject("subjects are Latin-1", SUBJECT, (whole) => whole.replace(/[^\0-\xff]/g, "?")),
  bySubject("subjects end at a NUL", SUBJECT_CONTROL, (whole) => whole.split("\0")[0]!),
  bySubject(
    "subjects lose their control characters",
    SUBJECT_CONTROL,
    (whole) => whole.replace(/[\0-\x1f\x7f]/g, ""),
  ),
  sparing(
    "destroyAll() spares an id in any case",
    (id, except) => id.toLowerCase() === except.toLowerCase(),
  ),
  sparing(
    "destroyAll() spares an id that is composed alike",
    (id, except) => id.normalize() === except.normalize(),
  ),
  sparing(
    "destroyAll() spares an id of the same number",
    (id, except) => Number(id) === Number(except),
  ),
  ...[32, 64, 127].map((most) =>
    sparing(
      `destroyAll() spares an id of the same first ${most} characters`,
      (id, except) =>
        id === except || except.length > most && id.slice(0, most) === except.slice(0, most),
    )
  ),
  sparing("destroyAll() spares what begins the id to spare", (id, except) => except.startsWith(id)),
  sparing("destroyAll() spares what the id to spare begins", (id, except) => id.startsWith(except)),
];

const narrow = (character: string) => String.fromCharCode(character.charCodeAt(0) & 0xff);
