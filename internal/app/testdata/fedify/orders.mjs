// What the test can tell the peer to do. Documents are built with Fedify's classes and sent with Fedify's signatures.
import { getDocumentLoader, parseNodeInfo, signRequest, verifyRequestDetailed } from "@fedify/fedify";
import { Temporal } from "@js-temporal/polyfill";
import {
  Announce, Article, Collection, Create, Delete, Follow, Hashtag, Like, Mention, Note, PUBLIC_COLLECTION, Question, Tombstone, Undo, Update, isActor,
} from "@fedify/vocab";
import { actors, answerFollow, buildActor, federation, follows, home, newKeys, objects, state as known, wire as requests } from "./server.mjs";

export const kindOf = (headers) => (headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "draft-cavage-http-signatures-12" : "");

// What goes out is noted with the kind of its signature: Fedify tries a second time in silence.
const fetchAsIs = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const request = new Request(...args);
  const response = await fetchAsIs(request);
  requests.push({ from: "us", method: request.method, path: request.url, signature: kindOf(request.headers), status: response.status });
  return response;
};

const context = () => federation.createContext(new URL(home.origin), undefined);
const fresh = (as, kind) => new URL(`#${kind}/${crypto.randomUUID()}`, context().getActorUri(as));

const recipients = new Map();

// reader looks an actor up, as Fedify would for a mention.
async function reader(id) {
  if (recipients.has(id)) return recipients.get(id);
  const actor = await context().lookupObject(id, { documentLoader: await context().getDocumentLoader({ identifier: "paula" }) });
  if (!isActor(actor)) throw new Error(`${id} is no actor: ${actor}`);
  recipients.set(id, actor);
  return actor;
}

// send delivers at once, each inbox once, and fails when one refuses.
async function send(as, activity, to = [], followers = true) {
  const all = await Promise.all(to.map(reader));
  if (followers) all.push(...Object.values(known.followers[as] ?? {}));
  const inboxes = new Map(all.map((r) => [(r.endpoints?.sharedInbox ?? r.inboxId).href, r]));
  await context().sendActivity({ identifier: as }, [...inboxes.values()], activity, { immediate: true, preferSharedInbox: true });
  return activity.id.href;
}

export const state = () => known;
export const wire = () => requests;
export const lookup = async ({ id }) => {
  const o = await context().lookupObject(id);
  return o && { type: o.constructor.name, id: o.id?.href, name: o.name?.toString() };
};
// walk reads a collection page by page with Fedify's classes, and looks every entry up at its origin.
export async function walk({ id }) {
  const documentLoader = await context().getDocumentLoader({ identifier: "paula" });
  const collection = await context().lookupObject(id, { documentLoader });
  const pages = [];
  const entries = [];
  for (let page = await collection.getFirst({ documentLoader }); page; page = await page.getNext({ documentLoader })) {
    pages.push({ id: page.id.href, of: page.partOfId.href });
    for (const entry of page.itemIds) {
      const found = await context().lookupObject(entry, { documentLoader });
      entries.push({ id: entry.href, found: found?.id?.href, type: found?.constructor.name, title: found?.name?.toString() });
    }
  }
  return { type: collection.constructor.name, name: collection.name?.toString(), total: collection.totalItems, by: collection.attributionId?.href, pages, entries };
}
export const webfinger = ({ resource }) => context().lookupWebFinger(resource);

// nodeinfo reads with Fedify's parser; what fetches for it knows no private addresses.
export const nodeinfo = async ({ base }) => {
  const { links } = await (await fetchAsIs(new URL("/.well-known/nodeinfo", base))).json();
  return Promise.all(links.filter((l) => l.rel.includes("nodeinfo")).map(async (l) => {
    const info = parseNodeInfo(await (await fetchAsIs(l.href)).json());
    return info && { software: info.software.name, protocols: info.protocols };
  }));
};

export async function follow({ as, whom }) {
  return send(as, new Follow({ id: fresh(as, "follows"), actor: context().getActorUri(as), object: new URL(whom), to: new URL(whom) }), [whom], false);
}

export async function unfollow({ as, whom, id }) {
  const actor = context().getActorUri(as);
  delete known.following[as]?.[whom];
  return send(as, new Undo({ id: fresh(as, "undos"), actor, object: new Follow({ id: new URL(id), actor, object: new URL(whom) }), to: new URL(whom) }), [whom], false);
}

export async function answer({ id, accept }) {
  await answerFollow(context(), follows.get(id), accept);
}

// addresses are public, for followers, or for those mentioned.
function addresses(as, audience, mentions, groups) {
  const named = [...mentions, ...groups].map((id) => new URL(id));
  const followers = context().getFollowersUri(as);
  if (audience === "direct") return { tos: named };
  if (audience === "followers") return { tos: [followers], ccs: named };
  return { tos: [PUBLIC_COLLECTION, ...groups.map((id) => new URL(id))], ccs: [followers, ...mentions.map((id) => new URL(id))] };
}

async function mention(id) {
  const actor = await reader(id);
  return new Mention({ href: actor.id, name: `@${actor.preferredUsername}@${actor.id.host}` });
}

export async function write({ as, text, title, answers, audience = "public", mentions = [], groups = [], hashtags = [], board, silent = false }) {
  const key = crypto.randomUUID();
  const kind = title ? Article : Note;
  const tags = [...(await Promise.all(mentions.map(mention))), ...hashtags.map((name) => new Hashtag({ name, href: new URL(`/tags/${name.slice(1)}`, home.origin) }))];
  const o = new kind({
    id: new URL(`/${title ? "articles" : "notes"}/${key}`, home.origin), attribution: context().getActorUri(as), name: title, content: text, tags,
    replyTarget: answers && new URL(answers), published: Temporal.Now.instant(), audience: board && new URL(board), ...addresses(as, audience, mentions, groups),
  });
  objects.set(key, o);
  if (!silent) await send(as, create(as, o), [...mentions, ...groups], audience !== "direct");
  return o.id.href;
}

const create = (as, o) => new Create({ id: new URL(`${o.id.href}#create`), actor: context().getActorUri(as), object: o, tos: o.toIds, ccs: o.ccIds });

const own = (id) => {
  const o = objects.get(id.split("/").pop());
  if (!o) throw new Error(`no object ${id}`);
  return o;
};

const update = (as, o) => new Update({ id: fresh(as, "updates"), actor: context().getActorUri(as), object: o, tos: o.toIds, ccs: o.ccIds });

export async function edit({ as, id, text, to = [] }) {
  const o = own(id).clone({ content: text, updated: Temporal.Now.instant() });
  objects.set(id.split("/").pop(), o);
  return send(as, update(as, o), to);
}

export async function remove({ as, id, to = [] }) {
  const o = own(id);
  objects.delete(id.split("/").pop());
  return send(as, new Delete({ id: fresh(as, "deletes"), actor: context().getActorUri(as), object: new Tombstone({ id: o.id }), tos: o.toIds, ccs: o.ccIds }), to);
}

const reaction = { like: Like, boost: Announce };

const reacts = async ({ as, what, object, to = [] }) => {
  const actor = context().getActorUri(as);
  const ccs = [context().getFollowersUri(as), ...to.map((id) => new URL(id))];
  return send(as, new reaction[what]({ id: fresh(as, `${what}s`), actor, object: new URL(object), to: PUBLIC_COLLECTION, ccs, published: Temporal.Now.instant() }), to, what === "boost");
};
export { reacts as react };

export async function takeBack({ as, what, id, object, to = [] }) {
  const actor = context().getActorUri(as);
  const original = new reaction[what]({ id: new URL(id), actor, object: new URL(object) });
  return send(as, new Undo({ id: fresh(as, "undos"), actor, object: original, to: PUBLIC_COLLECTION }), to, what === "boost");
}

const option = (name, votes) => new Note({ name, replies: new Collection({ totalItems: votes }) });

export async function ask({ as, text, options, seconds = 3600 }) {
  const key = crypto.randomUUID();
  const now = Temporal.Now.instant();
  const o = new Question({
    id: new URL(`/questions/${key}`, home.origin), attribution: context().getActorUri(as), content: text, exclusiveOptions: options.map((name) => option(name, 0)),
    voters: 0, published: now, endTime: now.add({ seconds }), ...addresses(as, "public", [], []),
  });
  objects.set(key, o);
  await send(as, create(as, o));
  return o.id.href;
}

// count publishes how its question stands, from the votes it got.
export async function count({ as, id }) {
  const o = own(id);
  const cast = Object.keys(known.votes[id] ?? {});
  const exclusiveOptions = [];
  for await (const { name } of o.getExclusiveOptions(context())) exclusiveOptions.push(option(name, cast.filter((vote) => vote.endsWith(` ${name}`)).length));
  const counted = o.clone({ exclusiveOptions, voters: cast.length });
  objects.set(id.split("/").pop(), counted);
  return send(as, update(as, counted));
}

export async function vote({ as, question, choice, author }) {
  const o = new Note({ id: fresh(as, "votes"), attribution: context().getActorUri(as), name: choice, replyTarget: new URL(question), to: new URL(author) });
  return send(as, new Create({ id: fresh(as, "creates"), actor: context().getActorUri(as), object: o, to: new URL(author) }), [author], false);
}

const updateActor = async (as) => {
  const actor = await buildActor(context(), as);
  return new Update({ id: fresh(as, "updates"), actor: actor.id, object: actor, to: PUBLIC_COLLECTION, cc: context().getFollowersUri(as) });
};

export async function rename({ as, name }) {
  actors[as].name = name;
  return send(as, await updateActor(as));
}

// rotate publishes a new key, tells it with the old one, and signs with the new one from then on.
export async function rotate({ as }) {
  const old = actors[as].keys;
  actors[as].keys = await newKeys();
  const keyId = new URL("#main-key", context().getActorUri(as));
  await context().sendActivity({ keyId, privateKey: old.privateKey }, Object.values(known.followers[as] ?? {}), await updateActor(as), { immediate: true, preferSharedInbox: true });
}

// announce lets a group pass on a post of one of its members, in both shapes of FEP-1b12.
export async function announce({ as, id, by }) {
  const actor = context().getActorUri(as);
  const common = { actor, to: PUBLIC_COLLECTION, cc: context().getFollowersUri(as) };
  await send(as, new Announce({ id: fresh(as, "announces"), object: create(by, own(id)), ...common }));
  return send(as, new Announce({ id: fresh(as, "announces"), object: new URL(id), ...common }));
}

// sign and verify are Fedify's own, on any request.
export async function sign({ as, kind, method, url, headers, body, age = 0 }) {
  const { privateKey, keyId } = (await context().getActorKeyPairs(as))[0];
  const signed = await signRequest(new Request(url, { method, headers, body }), privateKey, keyId, { spec: kind, currentTime: Temporal.Now.instant().subtract({ seconds: age }) });
  return Object.fromEntries(signed.headers);
}

export async function verify({ kind, method, url, headers, body }) {
  const documentLoader = getDocumentLoader({ allowPrivateAddress: true });
  const request = new Request(url, { method, headers, body: body || undefined });
  const result = await verifyRequestDetailed(request, { documentLoader, spec: kind });
  return result.verified ? { verified: true, key: result.key.id.href } : { verified: false, reason: result.reason };
}
