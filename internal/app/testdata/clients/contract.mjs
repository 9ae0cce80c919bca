// What the contract tests of all libraries share: calls with names, results that are asserted, an account of them at the end.
import dns from "node:dns";
import { AsyncLocalStorage } from "node:async_hooks";
import { isDeepStrictEqual } from "node:util";
import WebSocket from "ws";

// Names under .localhost are this machine (RFC 6761), whatever the resolver here says.
const lookup = dns.lookup;
dns.lookup = (host, options, done) => {
  if (typeof options === "function") [options, done] = [{}, options];
  if (!host.endsWith(".localhost")) return lookup(host, options, done);
  const all = typeof options === "object" && options.all;
  process.nextTick(() => (all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)));
};
// Debian's Node has neither yet; browsers do, and the libraries are made for them.
globalThis.WebSocket ??= WebSocket;
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((a, b) => ([resolve, reject] = [a, b]));
  return { promise, resolve, reject };
};

export const env = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

const patience = 20_000; // of one call; only a broken test needs it

export class Contract {
  constructor(library, methods, excluded) {
    this.library = library;
    this.methods = methods;
    this.excluded = excluded;
    this.results = new Map();
    this.current = new AsyncLocalStorage();
    this.problems = [];
  }

  // called notes the name of a call; names come from the library, not from the test. Of several within one check, the last
  // is what it is about, unless one is main.
  called(name, main = false) {
    const store = this.current.getStore();
    if (store && !store.main) Object.assign(store, { name, main });
  }

  // check makes one call and asserts its result. What goes wrong is noted, and the next call made.
  async check(call, assert) {
    const store = { name: "", main: false };
    let reason = "";
    let result;
    try {
      result = await this.current.run(store, () => within(patience, call));
      if (assert) await assert(result);
    } catch (error) {
      reason = describe(error);
    }
    const name = store.name || String(call);
    const known = this.results.get(name) ?? { calls: 0, failures: [] };
    known.calls++;
    if (reason) known.failures.push(reason);
    this.results.set(name, known);
    await this.tell(reason ? `FAIL ${name}: ${reason}` : `ok ${name}`);
    return result;
  }

  // refused makes a call that must fail with that HTTP status.
  refused(call, status) {
    return this.check(
      async () => {
        try {
          await call();
        } catch (error) {
          const got = error.statusCode ?? error.response?.status;
          if (got === status) return error;
          throw error;
        }
        throw new Error(`was not refused with ${status}`);
      },
      () => {},
    );
  }

  async tell(line) {
    console.log(line);
    // The test that runs this script writes the line between the requests it saw.
    const http = await import("node:http");
    await new Promise((done) => {
      const request = http.request(env("REPORT"), { method: "POST" }, (response) => response.resume().on("end", done));
      request.on("error", done);
      request.end(line);
    });
  }

  finish() {
    for (const name of this.methods) {
      const called = this.results.has(name);
      const reason = this.excluded[name] ?? Object.entries(this.excluded).find(([key]) => key.endsWith("*") && name.startsWith(key.slice(0, -1)))?.[1];
      if (!called && !reason) this.problems.push(`${name} is neither called nor excluded`);
      if (called && reason) this.problems.push(`${name} is called, but excluded too: ${reason}`);
    }
    for (const name of this.results.keys()) {
      if (!this.methods.includes(name)) this.problems.push(`${name} is called, but no method of ${this.library}`);
    }
    for (const key of Object.keys(this.excluded)) {
      const stands = key.endsWith("*") ? this.methods.some((m) => m.startsWith(key.slice(0, -1))) : this.methods.includes(key);
      if (!stands) this.problems.push(`${key} is excluded, but no method of ${this.library}`);
    }
    for (const p of this.problems) console.log(`FAIL ${p}`);
    const failed = [...this.results.values()].filter((r) => r.failures.length > 0).length;
    const calls = [...this.results.values()].reduce((n, r) => n + r.calls, 0);
    const excluded = this.methods.filter((m) => !this.results.has(m)).length;
    console.log(`${this.library}: ${this.methods.length} methods, ${this.results.size} called (${calls} calls), ${this.results.size - failed} passed, ${excluded} excluded`);
    process.exit(failed + this.problems.length > 0 ? 1 : 0);
  }
}

function within(time, call) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`no answer in ${time / 1000} s`)), time)));
  return Promise.race([Promise.resolve().then(call), late]).finally(() => clearTimeout(timer));
}

function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const status = error.statusCode ?? error.response?.status;
  const said = error.response?.data ? ` ${JSON.stringify(error.response.data)}` : "";
  const where = /(?:masto|megalodon)\.mjs:\d+/.exec(error.stack ?? "")?.[0] ?? "";
  return `${status ? `HTTP ${status}: ` : ""}${error.message.split("\n")[0]}${said} ${where}`.trim();
}

// equal and its kin throw with what was found.
export function equal(got, want, what = "value") {
  if (!isDeepStrictEqual(got, want)) throw new Error(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}
export function truthy(got, what) {
  if (!got) throw new Error(`${what}: ${JSON.stringify(got)}`);
}
export function match(got, pattern, what = "text") {
  if (typeof got !== "string" || !pattern.test(got)) throw new Error(`${what} is ${JSON.stringify(got)}, want ${pattern}`);
}
export const ids = (list) => list.map((x) => x.id);
export function holds(list, id, what = "list") {
  truthy(Array.isArray(list), `${what} is a list`);
  truthy(ids(list).includes(id), `${what} holds ${id}, it has ${JSON.stringify(ids(list))}`);
}
export function lacks(list, id, what = "list") {
  truthy(Array.isArray(list) && !ids(list).includes(id), `${what} lacks ${id}`);
}
// empty is what a method without a result returns.
export const empty = (result) => equal(result ?? {}, {}, "result");

// until asks again until the answer is what is waited for: for what a job of the instance does.
export async function until(what, ask, time = 15_000) {
  const end = Date.now() + time;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within ${time / 1000} s: ${what}`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

// png is a picture of that size in one colour.
export async function png(width, height) {
  const { deflateSync } = await import("node:zlib");
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crcOf(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x5a)]);
  const pixels = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]);
}

function crcOf(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// allowed is the code that anna gets for a program on the page that asks her.
export async function allowed(clientId) {
  const answer = await fetch(env("ALLOW"), { method: "POST", body: clientId });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
}

// A client's key pair for Web Push (RFC 8291), as a browser makes one.
export const pushKeys = {
  p256dh: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
  auth: "tBHItJI5svbpez7KI4CCXg",
};
