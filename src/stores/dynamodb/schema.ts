/** The table: what there is of it, and how it is made. */
import type { DynamodbClient, DynamodbTable } from "./client.ts";
import { systemClock } from "../../clock.ts";
import { SessionError } from "../../errors.ts";

/** The attribute by which the table drops items. */
const TTL = "ttl";
/** The longest pause between two looks at a table that is being made, in milliseconds. */
const LONGEST = 1_000;
/** So many looks are some two minutes. */
const LOOKS = 130;

/** Makes the table or turns its TTL on, as far as it is missing: what is there is only looked at. */
export async function createSchema(client: DynamodbClient, table: string): Promise<void> {
  let found = await look(client, table);
  if (found === undefined) await create(client, table);
  for (let looks = 0; found?.TableStatus !== "ACTIVE"; looks++) {
    // A table of a moment ago may not be there yet.
    found = await look(client, table);
    if (found !== undefined) refuseForeign(table, found);
    if (found?.TableStatus === "ACTIVE") break;
    if (looks === LOOKS) throw failure(`The table "${table}" did not become active`);
    const pause = Math.min(10 * 2 ** looks, LONGEST);
    await new Promise<void>((resolve) => void systemClock.after(pause, resolve));
  }
  refuseForeign(table, found);
  await dropExpired(client, table);
}

/** Why a call did not find the table, or did not fit it; `undefined` if the table is not why. */
export async function whatIsWrong(
  client: DynamodbClient,
  table: string,
): Promise<SessionError | undefined> {
  const found = await look(client, table);
  if (found === undefined) return failure(`There is no table "${table}": run createSchema()`);
  return foreign(table, found);
}

async function look(client: DynamodbClient, table: string): Promise<DynamodbTable | undefined> {
  try {
    return (await client.describeTable({ TableName: table })).Table;
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

async function create(client: DynamodbClient, table: string): Promise<void> {
  const attributes = [["pk", "HASH"], ["sk", "RANGE"]] as const;
  try {
    await client.createTable({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: attributes.map(([AttributeName]) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: attributes.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    });
  } catch (error) {
    // Somebody makes it at the same moment.
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
}

async function dropExpired(client: DynamodbClient, table: string): Promise<void> {
  try {
    const { TimeToLiveDescription } = await client.describeTimeToLive({ TableName: table });
    const { TimeToLiveStatus: status = "", AttributeName } = TimeToLiveDescription ?? {};
    if (/^ENABL/.test(status)) {
      if (AttributeName === undefined || AttributeName === TTL) return;
      throw failure(`The table "${table}" drops items by another attribute than "${TTL}"`);
    }
    const TimeToLiveSpecification = { AttributeName: TTL, Enabled: true };
    await client.updateTimeToLive({ TableName: table, TimeToLiveSpecification });
  } catch (error) {
    // A server for tests that drops nothing. Expired sessions are absent all the same.
    if (isNamed(error, "UnknownOperationException")) return;
    // Somebody turns it on at the same moment.
    if (isNamed(error, "ValidationException") && await isDropping(client, table)) return;
    throw error;
  }
}

async function isDropping(client: DynamodbClient, table: string): Promise<boolean> {
  const { TimeToLiveDescription } = await client.describeTimeToLive({ TableName: table });
  return /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? "");
}

function refuseForeign(table: string, found: DynamodbTable): void {
  const error = foreign(table, found);
  if (error !== undefined) throw error;
}

function foreign(table: string, { KeySchema = [] }: DynamodbTable): SessionError | undefined {
  const key = KeySchema.map(({ KeyType, AttributeName }) => `${KeyType} ${AttributeName}`).sort();
  if (key.join() === "HASH pk,RANGE sk") return undefined;
  const whose = key.join() === "HASH id"
    ? "looks like one of connect-dynamodb"
    : "was not made for this store";
  return failure(
    `The table "${table}" ${whose}; name a table of the store's own in option "table" ` +
      "and run createSchema()",
  );
}

function failure(what: string): SessionError {
  return new SessionError("STORE_FAILED", what);
}

function isNamed(error: unknown, name: string): boolean {
  return (Object(error) as { name?: string }).name === name;
}
