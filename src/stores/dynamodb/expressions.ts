/** Expressions of DynamoDB, with the names and values that they use. */
import type { DynamodbItem, DynamodbValue } from "./client.ts";

/** What an expression may be given, by the name it has there without its colon. */
export type Values = Readonly<Record<string, string | number | boolean | undefined>>;

/** A value as an attribute holds it. */
export function toValue(value: string | number | boolean): DynamodbValue {
  if (typeof value === "string") return { S: value };
  return typeof value === "number" ? { N: String(value) } : { BOOL: value };
}

/** Attributes; what is `undefined` is left out. */
export function toItem(values: Values): DynamodbItem {
  const item: DynamodbItem = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) item[name] = toValue(value);
  }
  return item;
}

/**
 * The fields of a call that name what its expressions use: `#name` an attribute, `:name` a value.
 * DynamoDB refuses a name or a value that no expression uses.
 */
export function bind(
  expressions: Readonly<Record<string, string>>,
  values: Values = {},
): Record<string, unknown> {
  const text = Object.values(expressions).join(" ");
  const names: Record<string, string> = {};
  for (const [alias] of text.matchAll(/#\w+/g)) names[alias] = alias.slice(1);
  const bound: DynamodbItem = {};
  for (const [alias] of text.matchAll(/:\w+/g)) bound[alias] = toValue(values[alias.slice(1)]!);
  return {
    ...expressions,
    ...Object.keys(names).length > 0 && { ExpressionAttributeNames: names },
    ...Object.keys(bound).length > 0 && { ExpressionAttributeValues: bound },
  };
}
