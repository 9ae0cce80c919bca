// The peer's side of ActivityPub: its actors, its objects, and what it makes of activities it receives.
import { MemoryKvStore, createFederation } from "@fedify/fedify";
import {
  Accept, Activity, Announce, Article, Create, Delete, Endpoints, Follow, Group, Hashtag, Like, Mention, Note, Person, Question, Reject, Tombstone, Undo, Update,
  isActor,
} from "@fedify/vocab";

export const home = { origin: "" };

// What it knows, as the test reads it.
export const state = {
  followers: {}, // of its actors
  following: {},
  asked: {}, // follows that wait for an answer
  refused: {}, // by whom a follow of ours was refused
  posts: {}, // facts by id
  likes: {}, // "actor object" → id of the activity
  shares: {},
  votes: {}, // "actor option" by question
  people: {}, // name by id
  announced: [], // by groups: { group, embedded, object, inner }
  activities: [], // { type, id, actor }
  errors: [],
};
// Every request that came (from: "peer") or went (from: "us"), with the kind of its signature.
export const wire = [];

export const note = (error) => state.errors.push(error?.stack ?? String(error));

export const actors = {
  paula: { kind: Person, name: "Paula Peer" },
  rolf: { kind: Person, name: "Rolf Peer", asks: true }, // answers follows when he is told to
  runde: { kind: Group, name: "Runde Green IT" },
};
export const objects = new Map(); // its own, by the last part of their id

export const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock: process.env.FIRST_KNOCK });

// Fedify's own keys have 4096 bits; making one takes seconds.
export const newKeys = () =>
  crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign", "verify"]);

export async function buildActor(ctx, identifier) {
  const actor = actors[identifier];
  if (!actor) return null;
  const keys = await ctx.getActorKeyPairs(identifier);
  return new actor.kind({
    id: ctx.getActorUri(identifier), preferredUsername: identifier, name: actor.name, url: ctx.getActorUri(identifier),
    inbox: ctx.getInboxUri(identifier), outbox: ctx.getOutboxUri(identifier), followers: ctx.getFollowersUri(identifier), following: ctx.getFollowingUri(identifier),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }), publicKey: keys[0].cryptographicKey, manuallyApprovesFollowers: actor.asks ?? false,
  });
}

federation
  .setActorDispatcher("/users/{identifier}", buildActor)
  .setKeyPairsDispatcher(async (_ctx, identifier) => {
    if (!actors[identifier]) return [];
    return [(actors[identifier].keys ??= await newKeys())];
  });

const list = (of) => (_ctx, identifier) => (actors[identifier] ? { items: of(identifier) } : null);
federation.setFollowersDispatcher("/users/{identifier}/followers", list((identifier) => Object.values(state.followers[identifier] ?? {})));
federation.setFollowingDispatcher("/users/{identifier}/following", list((identifier) => Object.keys(state.following[identifier] ?? {}).map((id) => new URL(id))));
federation.setOutboxDispatcher("/users/{identifier}/outbox", list(() => []));
federation.setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) => objects.get(id) ?? null);
federation.setObjectDispatcher(Article, "/articles/{id}", (_ctx, { id }) => objects.get(id) ?? null);
federation.setObjectDispatcher(Question, "/questions/{id}", (_ctx, { id }) => objects.get(id) ?? null);

// facts are what Fedify's own classes read out of a post.
async function facts(ctx, o) {
  const hashtags = [], mentions = [], options = [], pictures = [];
  for await (const tag of o.getTags(ctx)) {
    if (tag instanceof Hashtag) hashtags.push(String(tag.name));
    if (tag instanceof Mention) mentions.push({ name: String(tag.name), href: tag.href?.href });
  }
  for await (const file of o.getAttachments(ctx)) pictures.push({ type: file.constructor.name, url: file.url?.href, mediaType: file.mediaType, name: file.name?.toString() });
  if (o instanceof Question) {
    for (const of of ["getExclusiveOptions", "getInclusiveOptions"]) {
      for await (const option of o[of](ctx)) options.push({ name: String(option.name), votes: (await option.getReplies(ctx))?.totalItems ?? null });
    }
  }
  const languages = o.contents.filter((text) => text.locale).map((text) => text.locale.toString());
  return {
    id: o.id.href, type: o.constructor.name, by: o.attributionId?.href, title: o.name?.toString(), summary: o.summary?.toString(), content: o.content?.toString(), languages,
    hashtags, mentions, pictures, options, answers: o.replyTargetId?.href, url: o.url?.href, published: o.published?.toString(), updated: o.updated?.toString(),
    ends: o.endTime?.toString(), closed: o.closed?.toString(), voters: o.voters, to: o.toIds.map((id) => id.href), cc: o.ccIds.map((id) => id.href),
    audience: o.audienceId?.href, sensitive: o.sensitive,
  };
}

const isPost = (o) => o instanceof Note || o instanceof Article || o instanceof Question;

// created notes a post, or a vote for a question of its own.
async function created(ctx, activity, o) {
  if (!isPost(o)) return;
  const about = objects.get(o.replyTargetId?.pathname.split("/").pop());
  if (o instanceof Note && o.content == null && o.name != null && about instanceof Question) {
    ((state.votes[about.id.href] ??= {})[`${activity.actorId.href} ${o.name}`] ??= o.id.href);
    return;
  }
  state.posts[o.id.href] = await facts(ctx, o);
}

async function announced(ctx, activity) {
  const actor = await activity.getActor(ctx);
  if (!(actor instanceof Group)) {
    state.shares[`${activity.actorId.href} ${activity.objectId.href}`] = activity.id.href;
    return;
  }
  const embedded = typeof (await activity.toJsonLd()).object === "object";
  const entry = { id: activity.id.href, group: actor.id.href, embedded, object: activity.objectId.href };
  if (embedded) {
    const inner = await activity.getObject(ctx);
    Object.assign(entry, { inner: inner?.constructor.name, about: inner?.objectId?.href });
    const post = inner instanceof Create || inner instanceof Update ? await inner.getObject(ctx) : null;
    if (post) entry.read = await facts(ctx, post);
  }
  state.announced.push(entry);
}

async function undone(ctx, activity) {
  const inner = await activity.getObject(ctx);
  if (!inner || inner.actorId?.href !== activity.actorId?.href) throw new Error(`undo of ${inner?.id} by ${activity.actorId}`);
  const key = `${activity.actorId.href} ${inner.objectId?.href}`;
  if (inner instanceof Like) delete state.likes[key];
  else if (inner instanceof Announce) delete state.shares[key];
  else if (inner instanceof Follow) delete state.followers[ctx.parseUri(inner.objectId)?.identifier]?.[activity.actorId.href];
}

async function answered(ctx, activity) {
  // Fedify would fetch our own Follow from us, as it is embedded by another server: who answers is checked below instead.
  const asked = await activity.getObject({ ...ctx, crossOrigin: "trust" });
  if (!(asked instanceof Follow)) return;
  const who = ctx.parseUri(asked.actorId)?.identifier;
  if (asked.objectId.href !== activity.actorId.href) throw new Error(`${activity.actorId} answers for ${asked.objectId}`);
  if (activity instanceof Accept) {
    (state.following[who] ??= {})[activity.actorId.href] = asked.id.href;
  } else {
    delete state.following[who]?.[activity.actorId.href];
    (state.refused[who] ??= {})[activity.actorId.href] = asked.id.href;
  }
}

async function followed(ctx, activity) {
  const whom = ctx.parseUri(activity.objectId)?.identifier;
  const follower = await activity.getActor(ctx);
  if (!actors[whom] || !isActor(follower)) throw new Error(`follow of ${activity.objectId} by ${activity.actorId}`);
  if (actors[whom].asks) {
    (state.asked[whom] ??= {})[follower.id.href] = activity.id.href;
    follows.set(activity.id.href, activity);
    return;
  }
  await answerFollow(ctx, activity, true);
}

export const follows = new Map(); // those that wait

// answerFollow accepts or refuses, with the whole Follow in it as others do it.
export async function answerFollow(ctx, follow, accept) {
  const whom = ctx.parseUri(follow.objectId).identifier;
  const follower = await follow.getActor(ctx);
  if (accept) {
    (state.followers[whom] ??= {})[follower.id.href] = { id: follower.id, inboxId: follower.inboxId, endpoints: follower.endpoints };
  }
  const answer = new (accept ? Accept : Reject)({ id: new URL(`#answers/${crypto.randomUUID()}`, ctx.getActorUri(whom)), actor: ctx.getActorUri(whom), object: follow, to: follower.id });
  await ctx.sendActivity({ identifier: whom }, follower, answer, { immediate: true });
}

async function received(ctx, activity) {
  state.activities.push({ type: activity.constructor.name, id: activity.id?.href, actor: activity.actorId?.href });
  if (activity instanceof Follow) return followed(ctx, activity);
  if (activity instanceof Accept || activity instanceof Reject) return answered(ctx, activity);
  if (activity instanceof Undo) return undone(ctx, activity);
  if (activity instanceof Announce) return announced(ctx, activity);
  if (activity instanceof Like) return void (state.likes[`${activity.actorId.href} ${activity.objectId.href}`] = activity.id.href);
  if (activity instanceof Delete) {
    const gone = await activity.getObject(ctx);
    if (gone != null && !(gone instanceof Tombstone)) throw new Error(`Delete of a ${gone.constructor.name}`);
    delete state.posts[activity.objectId.href];
    return;
  }
  if (!(activity instanceof Create) && !(activity instanceof Update)) return;
  const o = await activity.getObject(ctx);
  if (isActor(o)) state.people[o.id.href] = o.name?.toString();
  else await created(ctx, activity, o);
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "paula" }))
  .on(Activity, received)
  .onError((_ctx, error) => note(error));
