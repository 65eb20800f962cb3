/** Ways to break a text that is code: what stands where, and what is put there instead. */
import { isExpression, type Language, type Literal } from "./literals.ts";

/** One way of breaking a module. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly from: string;
  readonly to: string;
  /** The literal it is in, and what it is then, with its quotes. */
  readonly literal: Literal;
  readonly expression: string;
  /** The module as it is then. */
  readonly broken: string;
}

/** A place in a literal, and what comes there. */
interface Change {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly operator: string;
}

type Operator = (text: string) => Change[];

/** Puts something in the place of each match. */
function each(
  operator: string,
  pattern: RegExp,
  to: (match: RegExpExecArray) => string | readonly string[],
): Operator {
  return (text) => {
    return [...text.matchAll(new RegExp(pattern, "g"))].flatMap((match) => {
      const made = to(match as RegExpExecArray);
      const all = typeof made === "string" ? [made] : made;
      return all.map((to) => ({
        at: match.index,
        from: match[0],
        to,
        operator,
      }));
    });
  };
}

const FLIPPED: Readonly<Record<string, string>> = {
  "==": "~=",
  "~=": "==",
  "=": "<>",
  "<>": "=",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
};

const LUA: readonly Operator[] = [
  each(
    "line dropped",
    /(?<=\n)[ ]*(redis\.p?call|unlist\(|own\(|enlist\(|local \w+(, \w+)* = |return \w+ or |\w+ = |keys\[|out\[|ids\[|end\() ?[^\n]*\n/,
    () => "\n",
  ),
  each(
    "line dropped",
    /(?<=\n)[ ]*if [^\n]* then [^\n]* end[ ]*\n/,
    () => "\n",
  ),
  each(
    "condition decided",
    /\b(?:if|elseif) (?:(?!\bthen\b)[^\n])+ then\b/,
    ([all]) => {
      const word = all.startsWith("elseif") ? "elseif" : "if";
      return [`${word} true then`, `${word} false then`];
    },
  ),
  each(
    "comparison",
    / (==|~=|<=|>=|<|>) /,
    ([, sign]) => ` ${FLIPPED[sign!]} `,
  ),
  each(
    "and, or",
    / (and|or) /,
    ([, word]) => word === "and" ? " or " : " and ",
  ),
  each("not dropped", /\bnot /, () => ""),
  each("argument", /ARGV\[(\d+)\]/, ([, at]) => `ARGV[${Number(at) + 1}]`),
  each(
    "key",
    /KEYS\[(\d)\]/,
    ([, at]) => `KEYS[${at === "1" ? 2 : Number(at) - 1}]`,
  ),
  each(
    "command without a part",
    /, '(PXAT|PX|NX|XX|WITHSCORES|LIMIT)'((?<=PXAT'|PX'), (ARGV\[\d+\]|\w+)|(?<=LIMIT'), 0, (\w+|ARGV\[\d+\]))?/,
    () => "",
  ),
  each(
    "other moment",
    /'(PXAT|PX)'/,
    ([, word]) => word === "PX" ? "'EX'" : "'PX'",
  ),
  each(
    "number",
    /(?<![\w'"{.%[]|\]\[)\d+(?![\w'"}.]|\])/,
    ([number]) => String(Number(number) + 1),
  ),
  each("plus, minus", / ([+-]) /, ([, sign]) => sign === "+" ? " - " : " + "),
  each(
    "other text",
    /'(=|v|x|r|n|s|moved|gone|subject|inf|\(inf|-inf|string|number|ids|all|clear|owners|old)'/,
    () => "'?'",
  ),
  each("text not joined", /'[=vxr]' \.\. /, () => ""),
  each("failure not caught", /redis\.pcall/, () => "redis.call"),
  each(
    "other score",
    /math\.max\(([^,()]+), ([^()]+(?:\([^()]*\))?)\)/,
    ([, one, two]) => [one!, two!],
  ),
];

/** A condition ends where something else begins. */
const CONDITION = String
  .raw`(?:(?! AND | OR | ORDER | LIMIT | FOR | RETURNING| UNION | GROUP | SELECT |\)|"$)(?:\w*\([^()]*\)|[\s\S]))+`;

const NEIGHBOUR: Readonly<Record<string, string>> = {
  sid: "to",
  to: "sid",
  json: "own",
  expire: "now",
  endless: "version",
  version: "mark",
  subject: "sid",
  mark: "version",
  base: "json",
  now: "expire",
  after: "sid",
  at: "expire",
  own: "json",
  except: "sid",
};

const SQL: readonly Operator[] = [
  each("condition dropped", new RegExp(` AND ${CONDITION}`), () => ""),
  each(
    "condition dropped",
    new RegExp(`(?<=WHERE )${CONDITION} AND `),
    () => "",
  ),
  each("WHERE dropped", new RegExp(` WHERE ${CONDITION}`), () => ""),
  each("comparison", / (=|<>|<=|>=|<|>) /, ([, sign]) => ` ${FLIPPED[sign!]} `),
  each(
    "AND, OR",
    / (AND|OR) /,
    ([, word]) => word === "AND" ? " OR " : " AND ",
  ),
  each(
    "parameter",
    /(?<!\$)\{(\w+)\}/,
    ([, name]) => `{${NEIGHBOUR[name!] ?? name}}`,
  ),
  each("assignment dropped", /\w+ = \{\w+\}, /, () => ""),
  each("assignment dropped", /, \w+ = \{\w+\}/, () => ""),
  each("column dropped", /(?<=SELECT )[^,()'"]+( AS \w+)?, /, () => ""),
  each("column dropped", /, [^,()'"$]+( AS \w+)?(?= FROM)/, () => ""),
  each("limit", / LIMIT \$\{[^}]+\}/, ([all]) => ["", `${all}0`]),
  each("limit", / LIMIT 1\b/, () => " LIMIT 0"),
  each("offset", / OFFSET \$\{[^}]+\}/, () => ["", " OFFSET 0"]),
  each("order dropped", / ORDER BY [\w.${}]+(, \w+)?/, () => ""),
  each(
    "clause dropped",
    / (FOR UPDATE SKIP LOCKED|SKIP LOCKED|IF NOT EXISTS|NOT NULL|PRIMARY KEY|DEFAULT 0|COLLATE utf8mb4_bin|CHARACTER SET utf8mb4|ENGINE=InnoDB)/,
    () => "",
  ),
  each("clause dropped", / RETURNING .*$/, () => ""),
  each("clause dropped", / ON CONFLICT [\s\S]*$/, () => ""),
  each("cast dropped", /::\w+/, () => ""),
  each("cast dropped", /CAST\((\S+) AS \w+\)/, ([, what]) => what!),
  each("cast dropped", /CONVERT\((\w+) USING utf8mb4\)/, ([, what]) => what!),
  each(
    "function dropped",
    /\b(FLOOR|starts_with|length|to_timestamp)\(([^()]+)\)/,
    ([, , what]) => what!,
  ),
  each("count", /count\(\*\)/, () => "1"),
  each("union", / UNION ALL /, () => " UNION "),
  each("sorts of nothing", /IS NOT DISTINCT FROM/, () => "="),
  each(
    "THEN, ELSE",
    /THEN (\S+) ELSE (\S+)/,
    ([, one, two]) => `THEN ${two} ELSE ${one}`,
  ),
  each(
    "number",
    /(?<![\w'"{.$?(])\b\d+\b(?![\w'"}.)])|(?<=(chr|\/ |= |attnum > |\[)\(?)\d+/,
    ([number]) => String(Number(number) + 1),
  ),
  each("other text", /'(column|index|gone|moved|subject)'/, () => "''"),
];

/** Whether a place in a text is within a comment. */
const isRemark = (text: string, at: number): boolean =>
  /^ *--/.test(text.slice(text.lastIndexOf("\n", at - 1) + 1, at));

const OPERATORS: Readonly<Record<Language, readonly Operator[]>> = {
  lua: LUA,
  sql: SQL,
};

/** Every mutant of a module's texts, each once. */
export function mutantsOf(
  file: string,
  source: string,
  literals: readonly Literal[],
  language: Language,
): Mutant[] {
  const mutants = new Map<string, Mutant>();
  for (const literal of literals) {
    const { at: start, text } = literal;
    const quote = source[start - 1]!;
    for (const operator of OPERATORS[language]) {
      for (const change of operator(text)) {
        if (change.from === change.to || isRemark(text, change.at)) continue;
        const at = start + change.at;
        const after = source.slice(at + change.from.length);
        const broken = source.slice(0, at) + change.to + after;
        const line = source.slice(0, at + change.from.search(/\S|$/)).split("\n").length;
        const { from, to, operator: name } = change;
        const inside = text.slice(0, change.at) + to +
          text.slice(change.at + from.length);
        const expression = quote + inside + quote;
        if (mutants.has(broken) || !isExpression(expression)) continue;
        mutants.set(broken, {
          file,
          line,
          operator: name,
          from,
          to,
          literal,
          expression,
          broken,
        });
      }
    }
  }
  return [...mutants.values()].sort((one, other) => one.line - other.line);
}
