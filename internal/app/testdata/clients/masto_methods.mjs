// The methods of masto.js by name, such as v1.statuses.$select.favourite. The client itself is a proxy that takes any name, so
// they are read from the declarations that the package ships.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.resolve("masto"))), "mastodon");

// The parts of the API that are no business of this surface; their namespaces are not walked.
const notWalked = new Set(["AdminResource"]);

function declarations(files) {
  const types = {};
  for (const file of files) {
    const source = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name, body] of source.matchAll(/^export interface ([\w$]+)(?:<[^{]*>)?(?: extends [^{]+)? \{\n([\s\S]*?)^\}/gm)) {
      types[name] = body;
    }
  }
  return types;
}

function filesIn(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith(".d.ts"))
    .map((e) => join(dir, e.name));
}

function walk(types, type, prefix, found) {
  const body = types[type];
  if (body === undefined) throw new Error(`masto.js declares no ${type} (${prefix})`);
  // Members stand four columns in; what stands deeper belongs to one of them.
  for (const line of body.split("\n")) {
    const member = /^ {4}(?:readonly )?([\w$]+)(\(.*|: .*)$/.exec(line);
    if (!member) continue;
    const [, name, rest] = member;
    const inner = /^(?:\([^)]*\))?: (?:v[12]\.)?([\w$]+Resource);$/.exec(rest);
    if (inner && notWalked.has(inner[1])) continue;
    if (inner) walk(types, inner[1], `${prefix}.${name}`, found);
    else found.push(`${prefix}.${name}`);
  }
}

export function restMethods() {
  const found = [];
  const clients = declarations([join(root, "rest/client.d.ts")]);
  const v1 = declarations([...filesIn(join(root, "rest/v1")), ...filesIn(join(root, "rest/v1/push"))]);
  const v2 = declarations(filesIn(join(root, "rest/v2")));
  walk({ ...v1, V1Resource: clients.V1Resource }, "V1Resource", "v1", found);
  walk({ ...v2, V2Resource: clients.V2Resource }, "V2Resource", "v2", found);
  walk(declarations(filesIn(join(root, "oauth"))), "Client", "oauth", found);
  return found;
}

export function streamingMethods() {
  const found = [];
  walk(declarations(filesIn(join(root, "streaming"))), "Client", "streaming", found);
  return found;
}
