/** A stand-in for DynamoDB on a port: `dynamodb_program.ts <port> [plain]`. */
import { createServer } from "node:http";
import { DynamodbEngine } from "./dynamodb_engine.ts";

const [port, mode] = process.argv.slice(2);
const engine = new DynamodbEngine(mode === "plain");

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const [, operation = ""] = String(request.headers["x-amz-target"]).split(".");
    let answer;
    try {
      answer = await engine.answer(operation, JSON.parse(Buffer.concat(chunks).toString()));
    } catch (error) {
      console.error(error);
      answer = { status: 500, body: { __type: "InternalServerError", message: String(error) } };
    }
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(answer.body));
  });
});
// A connection that is closed while a client begins to use it would be an outage.
server.keepAliveTimeout = 0;
server.listen(Number(port), "127.0.0.1");
