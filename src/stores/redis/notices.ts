/** What stores on a server tell each other: sessions that ended, on a channel of their prefix. */
import { kindOf } from "../../errors.ts";
import type { MaybePromise } from "../../store.ts";
import type { SessionNotice } from "../../watchable_store.ts";
import { noticeIn, type NoticeWords } from "../shared/notice_in.ts";
import { script, tell } from "./lua.ts";
import type { Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import { type EndingScripts, QUIET, TELLING } from "./scripts_subject.ts";
import { type Subscription, subscriptionOf } from "./subscription.ts";

/** KEYS: any of the store's. ARGV: now, what is told, channel. */
const TELL = script(tell("unpack(ARGV, 2, #ARGV - 1)"));

export class Notices {
  readonly channel: string;
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #subscription: Subscription;

  constructor(runner: Runner, names: Names, subscription: Subscription) {
    this.channel = names.channel;
    this.#runner = runner;
    this.#names = names;
    this.#subscription = subscription;
  }

  watch(hear: (notice: SessionNotice) => void): Promise<() => MaybePromise<void>> {
    const words: NoticeWords = {
      id: (member) => this.#names.id(member),
      subject: (subject) => subject,
      except: (member) => this.#names.id(member.slice(1)),
    };
    return this.#subscription.begin(this.channel, {
      heard: (message) => {
        const notice = noticeIn(message, words);
        if (notice !== undefined) hear(notice);
      },
      missed: () => hear({ what: "missed" }),
    });
  }

  async announce(notice: SessionNotice): Promise<void> {
    await this.tell(...this.#write(notice));
  }

  /** Tells by a step of its own, where no script that ends sessions can. */
  async tell(...words: string[]): Promise<void> {
    await this.#runner.run(TELL, [this.#names.prefixes()], ["0", ...words, this.channel]);
  }

  #write(notice: SessionNotice): string[] {
    const { what } = notice;
    if (what === "missed") return [what];
    if (what === "subject") {
      const { subject, except } = notice;
      return [what, subject, except === undefined ? "" : `=${this.#names.member(except)}`];
    }
    const ids = what === "gone" ? [notice.id] : [notice.id, notice.to];
    return [what, ...ids.map((id) => this.#names.member(id))];
  }
}

/** The scripts by which sessions end or move, and what they are told after all else. */
export interface Ending extends EndingScripts {
  readonly channel: readonly string[];
}

export function endingBy(notices: Notices | undefined): Ending {
  return notices === undefined
    ? { ...QUIET, channel: [] }
    : { ...TELLING, channel: [notices.channel] };
}

/** What is told by the option `subscriber`; left out: nothing. */
export function noticesBy(
  subscriber: unknown,
  runner: Runner,
  names: Names,
): Notices | undefined {
  if (subscriber === undefined) return undefined;
  const subscription = subscriptionOf(subscriber);
  if (subscription !== undefined) return new Notices(runner, names, subscription);
  throw new TypeError(
    'Option "subscriber" must be a second client of node-redis, ioredis or Bun, not ' +
      kindOf(subscriber),
  );
}
