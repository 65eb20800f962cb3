/** HTML by tagged templates: what is put into one is escaped, unless it is HTML already. */

/** HTML that is safe to put on a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What a template takes; `false`, `undefined` and `null` are nothing. */
type Value = Html | string | number | false | null | undefined | readonly Value[];

export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const last = parts.length - 1;
  return new Html(
    parts.map((part, index) => index < last ? part + textOf(values[index]) : part).join(""),
  );
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (value === false || value === null || value === undefined) return "";
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
