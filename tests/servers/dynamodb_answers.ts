/** Answers of the stand-in for DynamoDB, and the data they are made of. */

// deno-lint-ignore no-explicit-any -- dynalite has no types
export type Any = any;
export type Body = Record<string, Any>;

export interface Answer {
  readonly status: number;
  readonly body: Body;
}

/** A refusal as DynamoDB words it. */
export function refusal(type: string, message: string, more: Body = {}): Answer {
  const __type = `com.amazonaws.dynamodb.v20120810#${type}`;
  return { status: 400, body: { __type, message, Message: message, ...more } };
}

/** … of what cannot be understood. */
export const validation = (message: string): Answer => refusal("ValidationException", message);

/** A key with its attributes in one order. */
export function inOrder(key: Body): Body {
  return Object.fromEntries(Object.entries(key).sort(([one], [other]) => one < other ? -1 : 1));
}

/** A transaction that was not done. */
export function cancelled(CancellationReasons: Body[]): Answer {
  const codes = CancellationReasons.map(({ Code }) => Code).join(", ");
  const message =
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return refusal("TransactionCanceledException", message, { CancellationReasons });
}

/** Without the names and values that only the condition used. */
export function onlyUsed(data: Body): Body {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values, ...rest } = data;
  const text = String(data.UpdateExpression ?? "");
  const used = (given: Body = {}) => {
    const kept = Object.entries(given).filter(([alias]) =>
      new RegExp(`${alias}(?!\\w)`).test(text)
    );
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  const [Names, Values] = [used(names), used(values)];
  return {
    ...rest,
    ...Names && { ExpressionAttributeNames: Names },
    ...Values && { ExpressionAttributeValues: Values },
  };
}
