/** Makes a failing program as short as it can be and still fail. */
import type { Op, Program, Request, Wave } from "./program.ts";

/**
 * Whether a program fails as the first one did; the run's schedule if so. One that asks for
 * less may fail by another schedule.
 */
export type Fails = (
  program: Program,
  asksForLess: boolean,
) => Promise<readonly number[] | undefined>;

/** So many programs are tried for one failure. */
const MOST_TRIES = 1500;

export async function shrink(program: Program, fails: Fails): Promise<Program> {
  let best = program;
  let tries = 0;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const candidate of shorter(best)) {
      if (++tries > MOST_TRIES) return best;
      const schedule = await fails(candidate, candidate.schedule === best.schedule);
      if (schedule === undefined) continue;
      best = { ...candidate, schedule: trimmed(schedule) };
      isShorter = true;
      break;
    }
  }
  return best;
}

/** After the schedule's end the first in line goes: zeros there say nothing. */
function trimmed(schedule: readonly number[]): readonly number[] {
  return schedule.slice(0, schedule.findLastIndex((chosen) => chosen !== 0) + 1);
}

/** Programs that say less, the shortest first. */
function* shorter(program: Program): Generator<Program> {
  const { waves, schedule } = program;
  const withWaves = (changed: readonly Wave[]): Program => ({ ...program, waves: changed });
  for (const [index] of waves.entries()) yield withWaves(without(waves, index));
  for (const [at, wave] of waves.entries()) {
    const changed = (other: Wave) => withWaves(replaced(waves, at, other));
    const { requests, faults = [], later, ...rest } = wave;
    for (let size = Math.floor(requests.length / 2); size > 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < requests.length; from += size) {
        const left = requests.filter((_, index) => index < from || index >= from + size);
        yield changed({ ...wave, requests: left });
      }
    }
    for (const [index] of requests.entries()) {
      yield changed({ ...wave, requests: without(requests, index) });
    }
    for (const [index] of faults.entries()) {
      const left = without(faults, index);
      const same = { ...rest, requests, ...later !== undefined && { later } };
      yield changed(left.length === 0 ? same : { ...same, faults: left });
    }
    if (later !== undefined) {
      yield changed({ ...rest, requests, ...faults.length > 0 && { faults } });
    }
    for (const [index, request] of requests.entries()) {
      for (const other of simpler(request)) {
        yield changed({ ...wave, requests: replaced(requests, index, other) });
      }
    }
  }
  for (const name of ["gc", "rolling", "rotateAfter", "resave", "isAuto"] as const) {
    const { [name]: given, ...others } = program;
    if (given !== undefined) yield others;
  }
  if (program.life !== null) yield { ...program, life: null };
  yield* calmer(program, schedule);
}

/** The same with a schedule closer to first come, first served. */
function* calmer(program: Program, schedule: readonly number[]): Generator<Program> {
  for (let length = Math.floor(schedule.length / 2); length < schedule.length; length++) {
    yield { ...program, schedule: schedule.slice(0, length) };
    if (schedule.length - length > 8) length += Math.floor((schedule.length - length) / 4);
  }
  for (const [index, chosen] of schedule.entries()) {
    if (chosen === 0) continue;
    yield { ...program, schedule: without(schedule, index) };
    yield { ...program, schedule: replaced(schedule, index, 0) };
  }
}

function* simpler(request: Request): Generator<Request> {
  const { ops, rest, isPlain, ...others } = request;
  if (request.ends !== "ok") yield { ...others, ops, ends: "ok", ...isPlain && { isPlain } };
  if (isPlain) yield { ...others, ops, ...rest && { rest } };
  if (request.visitor !== 0) yield { ...request, visitor: 0 };
  for (const [index, op] of ops.entries()) {
    yield { ...request, ops: without(ops, index) };
    for (const other of simplerOp(op)) yield { ...request, ops: replaced(ops, index, other) };
  }
  for (const [index] of (rest ?? []).entries()) yield { ...request, rest: without(rest!, index) };
}

function* simplerOp(op: Op): Generator<Op> {
  if (op[0] === "void") yield op[1];
  if (op[0] === "update" && op[1] !== "sync") yield ["update", "sync"];
  if (op[0] === "expel") yield ["revoke"];
  if (op[0] === "revokeAll" && op.length === 3) yield ["revokeAll", op[1]];
  if (op[0] === "attribute" && op[1] !== "sameSite") yield ["attribute", "sameSite"];
  if (op[0] === "login" && op.length === 3) yield ["login", op[1]];
  if (op[0] === "login" && op[1] !== "ann") {
    yield op.length === 3 ? ["login", "ann", op[2]] : ["login", "ann"];
  }
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, each) => each !== index);
}

function replaced<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((each, at) => at === index ? item : each);
}
