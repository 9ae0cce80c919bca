// A small server made with Fedify, for the tests of the federation: it keeps what it receives in memory, and does what it
// is told. It prints two addresses in one line of JSON, where it speaks ActivityPub and where it is told what to do, and
// ends with its standard input. FIRST_KNOCK is the kind of signature it tries first.
import "./loopback.mjs";
import http from "node:http";
import * as orders from "./orders.mjs";
import { federation, home, note, wire } from "./server.mjs";

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));

const bodyOf = async (message) => {
  const parts = [];
  for await (const part of message) parts.push(part);
  return Buffer.concat(parts);
};

const answer = (out, status, headers, body) => {
  out.writeHead(status, headers);
  out.end(body);
};

// Where it speaks ActivityPub.
const outer = http.createServer(async (message, out) => {
  try {
    const body = await bodyOf(message);
    const headers = new Headers();
    for (const [name, values] of Object.entries(message.headersDistinct)) for (const value of values) headers.append(name, value);
    const request = new Request(new URL(message.url, home.origin), { method: message.method, headers, body: body.length ? body : undefined });
    const response = await federation.fetch(request, { contextData: undefined });
    wire.push({ from: "peer", method: message.method, path: message.url, signature: orders.kindOf(headers), status: response.status });
    answer(out, response.status, Object.fromEntries(response.headers), Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    note(error);
    answer(out, 500, {}, String(error));
  }
});

// Where it is told what to do: POST /order with its arguments as JSON.
const inner = http.createServer(async (message, out) => {
  try {
    const order = orders[message.url.slice(1)];
    if (!order) throw new Error(`no order ${message.url}`);
    const result = await order(JSON.parse((await bodyOf(message)).toString() || "{}"));
    answer(out, 200, { "content-type": "application/json" }, JSON.stringify(result ?? null));
  } catch (error) {
    answer(out, 500, {}, error?.stack ?? String(error));
  }
});

home.origin = `http://fedify.localhost:${await listen(outer)}`;
console.log(JSON.stringify({ origin: home.origin, orders: `http://127.0.0.1:${await listen(inner)}` }));
process.on("unhandledRejection", note);
process.stdin.resume().on("end", () => process.exit());
