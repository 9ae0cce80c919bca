// Every method of megalodon's adapter for Mastodon, called and asserted.
import megalodon from "megalodon";
import { allowed, Contract, empty, env, equal, holds, ids, lacks, match, png, pushKeys, truthy, until } from "./contract.mjs";

const { Mastodon, detector } = megalodon;
const base = env("BASE");
const remote = env("REMOTE");
const practice = env("PRACTICE");
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

const methods = Object.getOwnPropertyNames(Mastodon.prototype).filter((name) => name !== "constructor");
const excluded = {
  cancel: "cancels requests on the client's side, no request of its own",
  urlToAccounts: "how megalodon itself follows the pages of accounts",
  registerAccount: "people are invited, nobody signs up",
  refreshToken: "tokens do not expire, so there is nothing to refresh",
  getAccountFavourites: "megalodon throws: not of Mastodon",
  readNotifications: "megalodon throws: not of Mastodon",
  createEmojiReaction: "megalodon throws: not of Mastodon",
  deleteEmojiReaction: "megalodon throws: not of Mastodon",
  getEmojiReactions: "megalodon throws: not of Mastodon",
  getEmojiReaction: "megalodon throws: not of Mastodon",
  dismissInstanceAnnouncement: "there are no announcements to dismiss or react to",
  addReactionToAnnouncement: "there are no announcements to dismiss or react to",
  removeReactionFromAnnouncement: "there are no announcements to dismiss or react to",
};
const contract = new Contract("megalodon", methods, excluded);

// responded tells megalodon's responses from what else its methods return.
const responded = (answer) => typeof answer?.status === "number" && "headers" in answer;

// check calls a method by its name and asserts what its answer holds.
const check = (client, method, args, assert) =>
  contract
    .check(
      () => {
        contract.called(method);
        return client[method](...args);
      },
      (answer) => {
        if (responded(answer)) truthy(answer.status === 200 || answer.status === 202, `status ${answer.status}`);
        return assert?.(responded(answer) ? answer.data : answer);
      },
    )
    .then((answer) => (responded(answer) ? answer.data : answer));
const refused = (client, method, args, status) =>
  contract.refused(() => {
    contract.called(method);
    return client[method](...args);
  }, status);

const as = (token) => new Mastodon(base, token);
const anna = as(env("TOKEN_ANNA"));
const bert = as(env("TOKEN_BERT"));
const vera = as(env("TOKEN_VERA"));
const visitor = as(null);
const pngBytes = await png(120, 80);
const file = () => ({ value: pngBytes, options: { filename: "bild.png", contentType: "image/png" } });

// --- The kind of server, programs ---

equal(await detector(base), "mastodon", "what megalodon takes the instance for");
const app = await check(visitor, "createApp", ["Vertragstest", { scopes: ["read", "write", "follow", "push"], website: "https://client.example" }], (a) => {
  equal(a.name, "Vertragstest");
  truthy(a.client_id && a.client_secret, "credentials");
});
await check(visitor, "registerApp", ["Vertragstest", { scopes: ["read"] }], (a) => match(a.url, /\/oauth\/authorize\?.*client_id=/));
await check(visitor, "generateAuthUrl", [app.client_id, app.client_secret, { scope: ["read"] }], (url) => {
  truthy(url.startsWith(`${base}/oauth/authorize?`) && url.includes(app.client_id), "the address of the page");
});
await refused(visitor, "fetchAccessToken", [app.client_id, app.client_secret, "falsch"], 400);
const granted = await fetch(`${base}/oauth/token`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ grant_type: "client_credentials", client_id: app.client_id, client_secret: app.client_secret, scope: "read" }),
}).then((r) => r.json());
await check(as(granted.access_token), "verifyAppCredentials", [], (a) => equal([a.name, a.website], ["Vertragstest", "https://client.example"]));
await check(visitor, "revokeToken", [app.client_id, app.client_secret, granted.access_token], empty);
await refused(as(granted.access_token), "verifyAppCredentials", [], 401);
await check(visitor, "fetchAccessToken", [app.client_id, app.client_secret, await allowed(app.client_id)], async (t) => {
  equal(t.token_type, "Bearer");
  equal((await as(t.access_token).verifyAccountCredentials()).data.username, "anna", "whose token it is");
});

// --- The instance ---

await check(visitor, "getInstance", [], (i) => {
  equal(i.uri, new URL(base).host);
  match(i.version, /^4\.\d/);
  truthy(i.configuration.statuses.max_characters >= 500 && i.configuration.polls.max_options >= 4, "limits");
});
await check(visitor, "getInstanceActivity", [], (l) => match(l[0].week, /^\d+$/));
await check(visitor, "getInstanceCustomEmojis", [], (l) => equal(l, []));
await check(anna, "getInstanceAnnouncements", [], (l) => equal(l, []));

// --- Accounts ---

const me = await check(anna, "verifyAccountCredentials", [], (a) => equal([a.username, a.acct], ["anna", "anna"]));
await refused(visitor, "verifyAccountCredentials", [], 401);
const other = await check(anna, "lookupAccount", ["bert"], (a) => equal(a.username, "bert"));
await check(anna, "updateCredentials", [{ display_name: "Anna", note: "In Kiel", locked: true, discoverable: true, bot: false, source: { privacy: "unlisted", language: "de" }, fields_attributes: [{ name: "Ort", value: "Kiel" }] }], (a) => {
  equal([a.display_name, a.locked, a.fields[0].name, a.fields[0].value], ["Anna", true, "Ort", "Kiel"]);
  equal([a.source.privacy, a.source.language, a.source.note], ["unlisted", "de", "In Kiel"]);
});
await check(anna, "getPreferences", [], (p) => equal([p["posting:default:visibility"], p["posting:default:language"]], ["unlisted", "de"]));
await anna.updateCredentials({ source: { privacy: "public" } });
await check(visitor, "getAccount", [other.id], (a) => equal(a.acct, "bert"));
await check(anna, "searchAccount", ["bert", { limit: 5 }], (l) => holds(l, other.id));
const [nora] = await check(anna, "searchAccount", [remote, { resolve: true }], (l) => equal(l.map((a) => a.acct), [remote]));
await check(anna, "getRelationship", [other.id], (r) => equal([r.id, r.following], [other.id, false]));
await check(anna, "getRelationships", [[other.id, nora.id]], (l) => equal(ids(l), [other.id, nora.id]));
await check(anna, "followAccount", [other.id, { reblog: true }], (r) => equal([r.following, r.showing_reblogs], [true, true]));
await check(anna, "subscribeAccount", [other.id], (r) => equal([r.following, r.notifying], [true, true]));
await check(anna, "unsubscribeAccount", [other.id], (r) => equal([r.following, r.notifying], [true, false]));
await anna.followAccount(nora.id);
await until("the neighbour accepts", async () => (await anna.getRelationship(nora.id)).data.following);
await check(visitor, "getInstancePeers", [], (l) => truthy(l.includes(remote.split("@")[1]), "the neighbour"));
await bert.followAccount(me.id);
await check(anna, "getFollowRequests", [5], (l) => holds(l, other.id));
await check(anna, "rejectFollowRequest", [other.id], (r) => equal(r.followed_by, false));
await bert.followAccount(me.id);
await check(anna, "acceptFollowRequest", [other.id], (r) => equal(r.followed_by, true));
await vera.followAccount(other.id);
await as(env("TOKEN_CARL")).followAccount(other.id);
await check(visitor, "getAccountFollowers", [other.id, { limit: 2, get_all: true }], (l) => equal(l.map((a) => a.acct).sort(), ["anna", "carl", "vera"]));
await check(visitor, "getAccountFollowing", [me.id, {}], (l) => equal(ids(l).sort(), [other.id, nora.id].sort()));
const veras = await check(anna, "lookupAccount", ["vera"], (a) => equal(a.username, "vera"));
await check(vera, "unfollowAccount", [other.id], (r) => equal(r.following, false));
await check(anna, "blockAccount", [veras.id], (r) => equal(r.blocking, true));
await check(anna, "getBlocks", [{ limit: 5 }], (l) => equal(ids(l), [veras.id]));
await check(anna, "unblockAccount", [veras.id], (r) => equal(r.blocking, false));
await check(anna, "muteAccount", [other.id, true], (r) => equal([r.muting, r.muting_notifications], [true, true]));
await check(anna, "getMutes", [], (l) => equal(ids(l), [other.id]));
await check(anna, "unmuteAccount", [other.id], (r) => equal(r.muting, false));
await check(anna, "pinAccount", [other.id], (r) => equal(r.endorsed, true));
await check(anna, "getEndorsements", [], (l) => equal(ids(l), [other.id]));
await check(anna, "unpinAccount", [other.id], (r) => equal(r.endorsed, false));
// megalodon 10.0.5 makes the parameter and does not send it.
await check(anna, "setAccountNote", [other.id, "Kollege"], (r) => equal([r.id, r.note], [other.id, ""]));
await check(anna, "getIdentityProof", [other.id], (l) => equal(l, []));
await check(anna, "blockDomain", ["laut.example"], empty);
await check(anna, "getDomainBlocks", [], (l) => equal(l, ["laut.example"]));
await check(anna, "unblockDomain", ["laut.example"], empty);
equal((await anna.getDomainBlocks()).data, [], "blocked instances");
await check(bert, "getSuggestions", [5], (l) => truthy(l.length > 0, "a suggestion"));
await check(visitor, "getInstanceDirectory", [{ local: true, order: "new", limit: 40 }], (l) => holds(l, me.id));

// --- Statuses ---

const word = `Wort${Date.now()}`;
const note = await check(anna, "postStatus", [`Hallo @bert, ${word} #Rechenzentrum`, { visibility: "public", language: "de" }], (s) => {
  match(s.content, new RegExp(word));
  equal([s.visibility, s.language, s.mentions.map((m) => m.acct), s.tags.map((t) => t.name.toLowerCase())], ["public", "de", ["bert"], ["rechenzentrum"]]);
});
await refused(visitor, "postStatus", ["Niemand", {}], 401);
const answer = await check(bert, "postStatus", ["@anna Danke", { in_reply_to_id: note.id }], (s) => equal(s.in_reply_to_id, note.id));
const secret = await check(bert, "postStatus", ["@anna Unter uns", { visibility: "direct" }], (s) => equal(s.visibility, "direct"));
const warned = await check(anna, "postStatus", ["Lang", { spoiler_text: "Vorsicht", sensitive: true }], (s) => equal([s.spoiler_text, s.sensitive], ["Vorsicht", true]));
await check(visitor, "getStatus", [note.id], (s) => equal([s.id, s.replies_count], [note.id, 1]));
await refused(visitor, "getStatus", [secret.id], 404);
await check(visitor, "getStatus", [practice], (s) => match(s.content, /^<p><strong>/));
await check(visitor, "getStatusContext", [note.id], (c) => equal([ids(c.ancestors), ids(c.descendants)], [[], [answer.id]]));
await check(anna, "getStatusSource", [warned.id], (s) => equal([s.text, s.spoiler_text], ["Lang", "Vorsicht"]));
await check(anna, "editStatus", [warned.id, { status: "Kurz", spoiler_text: "Doch nicht", sensitive: false }], (s) => {
  match(s.content, /Kurz/);
  equal(s.spoiler_text, "Doch nicht");
});
await check(bert, "favouriteStatus", [note.id], (s) => equal([s.favourited, s.favourites_count], [true, 1]));
await check(visitor, "getStatusFavouritedBy", [note.id], (l) => equal(ids(l), [other.id]));
await check(bert, "getFavourites", [{ limit: 5 }], (l) => equal(ids(l), [note.id]));
await check(bert, "unfavouriteStatus", [note.id], (s) => equal([s.favourited, s.favourites_count], [false, 0]));
await bert.favouriteStatus(note.id);
await check(bert, "reblogStatus", [note.id], (s) => equal([s.reblog.id, s.reblog.reblogs_count], [note.id, 1]));
await check(visitor, "getStatusRebloggedBy", [note.id], (l) => equal(ids(l), [other.id]));
await check(bert, "unreblogStatus", [note.id], (s) => equal([s.id, s.reblogged], [note.id, false]));
await bert.reblogStatus(note.id);
await check(anna, "bookmarkStatus", [answer.id], (s) => equal(s.bookmarked, true));
await check(anna, "getBookmarks", [], (l) => equal(ids(l), [answer.id]));
await check(anna, "unbookmarkStatus", [answer.id], (s) => equal(s.bookmarked, false));
await check(anna, "muteStatus", [note.id], (s) => equal(s.muted, true));
await check(anna, "unmuteStatus", [note.id], (s) => equal(s.muted, false));
await check(anna, "pinStatus", [note.id], (s) => equal(s.pinned, true));
await check(visitor, "getAccountStatuses", [me.id, { pinned: true }], (l) => equal(ids(l), [note.id]));
await check(visitor, "getAccountStatuses", [other.id, { exclude_replies: true }], (l) => lacks(l, answer.id));
await check(anna, "unpinStatus", [note.id], (s) => equal(s.pinned, false));
await check(anna, "deleteStatus", [warned.id], () => {});
await refused(anna, "getStatus", [warned.id], 404);

// --- Media, polls, scheduled ---

const formFile = (client, method, args, assert) => check(client, method, args, assert);
const media = await formFile(anna, "uploadMedia", [await stream(), { description: "Ein Schrank", focus: "0.5,0.5" }], (m) => {
  equal([m.type, m.description], ["image", "Ein Schrank"]);
  equal([m.meta.original.width, m.meta.original.height], [120, 80]);
});
await check(anna, "getMedia", [media.id], (m) => {
  equal(m.id, media.id);
  match(m.url, /^http/);
});
await check(anna, "updateMedia", [media.id, { description: "Ein Serverschrank", focus: "0,0" }], (m) => equal(m.description, "Ein Serverschrank"));
await check(anna, "postStatus", ["Mit Bild", { media_ids: [media.id] }], (s) => equal(s.media_attachments.map((m) => [m.id, m.description]), [[media.id, "Ein Serverschrank"]]));
const asked = await check(anna, "postStatus", ["Wann?", { poll: { options: ["Montag", "Dienstag"], expires_in: 3600, multiple: false } }], (s) => {
  equal(s.poll.options.map((o) => o.title), ["Montag", "Dienstag"]);
});
await check(bert, "votePoll", [asked.poll.id, [1]], (p) => equal([p.voted, p.votes_count, p.options.map((o) => o.votes_count)], [true, 1, [0, 1]]));
await check(anna, "getPoll", [asked.poll.id], (p) => equal([p.id, p.votes_count, p.expired], [asked.poll.id, 1, false]));
const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
const planned = await check(anna, "postStatus", ["Später", { scheduled_at: at(1) }], (s) => equal(s.params.text, "Später"));
await check(anna, "getScheduledStatuses", [], (l) => equal(ids(l), [planned.id]));
await check(anna, "getScheduledStatus", [planned.id], (s) => equal(s.id, planned.id));
const latest = at(2);
await check(anna, "scheduleStatus", [planned.id, latest], (s) => equal(s.scheduled_at, latest));
await check(anna, "cancelScheduledStatus", [planned.id], empty);
await refused(anna, "getScheduledStatus", [planned.id], 404);

// --- Timelines, lists, tags ---

await check(visitor, "getPublicTimeline", [{ limit: 40 }], (l) => {
  holds(l, note.id);
  lacks(l, secret.id);
});
await check(visitor, "getLocalTimeline", [{ limit: 40, only_media: true }], (l) => truthy(l.length > 0 && l.every((s) => s.media_attachments.length > 0), "only media"));
await check(visitor, "getTagTimeline", ["rechenzentrum", { limit: 5 }], (l) => holds(l, note.id));
await check(anna, "getHomeTimeline", [{ limit: 40 }], (l) => {
  truthy(l.some((s) => s.id === note.id || s.reblog?.id === note.id), "the note, be it as bert's boost");
  holds(l, answer.id);
});
await check(anna, "getHomeTimeline", [{ max_id: asked.id, limit: 40 }], (l) => {
  lacks(l, asked.id);
  holds(l, answer.id);
});
const list = await check(anna, "createList", ["Betrieb"], (l) => equal(l.title, "Betrieb"));
await check(anna, "addAccountsToList", [list.id, [other.id]], empty);
await check(anna, "getAccountsInList", [list.id, {}], (l) => equal(ids(l), [other.id]));
await check(anna, "getAccountLists", [other.id], (l) => equal(ids(l), [list.id]));
await check(anna, "getListTimeline", [list.id], (l) => truthy(l.length > 0 && l.every((s) => s.account.id === other.id), "only bert"));
await check(anna, "getLists", [], (l) => equal(ids(l), [list.id]));
await check(anna, "updateList", [list.id, "Rechenzentrum"], (l) => equal(l.title, "Rechenzentrum"));
await check(anna, "getList", [list.id], (l) => equal(l.title, "Rechenzentrum"));
await check(anna, "deleteAccountsFromList", [list.id, [other.id]], empty);
equal((await anna.getAccountsInList(list.id)).data, [], "members");
await check(anna, "deleteList", [list.id], empty);
await check(anna, "followTag", ["Rechenzentrum"], (t) => equal(t.following, true));
await check(anna, "getFollowedTags", [], (l) => equal(l.map((t) => t.name.toLowerCase()), ["rechenzentrum"]));
await check(anna, "getTag", ["rechenzentrum"], (t) => equal(t.following, true));
await check(anna, "unfollowTag", ["Rechenzentrum"], (t) => equal(t.following, false));
await check(anna, "getSuggestedTags", [], (l) => truthy(l.some((t) => t.name.toLowerCase() === "rechenzentrum"), "the tag she uses"));
const featured = await check(anna, "createFeaturedTag", ["Rechenzentrum"], (t) => equal(t.name, "Rechenzentrum"));
await check(anna, "getFeaturedTags", [], (l) => equal(ids(l), [featured.id]));
await check(anna, "deleteFeaturedTag", [featured.id], empty);
await check(visitor, "getInstanceTrends", [5], (l) => truthy(l.some((t) => t.name.toLowerCase() === "rechenzentrum"), "the tag of today"));
const talk = await check(anna, "getConversationTimeline", [], (l) => {
  equal(l.map((c) => c.last_status.id), [secret.id]);
  equal([l[0].unread, ids(l[0].accounts)], [true, [other.id]]);
}).then((l) => l[0]);
await check(anna, "readConversation", [talk.id], (c) => equal([c.id, c.unread], [talk.id, false]));
await check(anna, "deleteConversation", [talk.id], empty);

// --- Filters, markers, search, reports ---

const filter = await check(anna, "createFilter", ["Eintopf", ["home", "public"], { whole_word: true, irreversible: false }], (f) => equal([f.phrase, f.context, f.whole_word], ["Eintopf", ["home", "public"], true]));
await check(anna, "getFilters", [], (l) => equal(ids(l), [filter.id]));
await check(anna, "getFilter", [filter.id], (f) => equal(f.phrase, "Eintopf"));
await check(anna, "updateFilter", [filter.id, "Suppe", ["home"], { whole_word: false }], (f) => equal([f.phrase, f.context, f.whole_word], ["Suppe", ["home"], false]));
await check(anna, "deleteFilter", [filter.id], empty);
await check(anna, "saveMarkers", [{ home: { last_read_id: note.id } }], (m) => equal(m.home.last_read_id, note.id));
await check(anna, "getMarkers", [["home"]], (m) => equal(m.home.last_read_id, note.id));
await check(anna, "search", [word, { type: "statuses" }], (r) => equal([ids(r.statuses), r.accounts, r.hashtags], [[note.id], [], []]));
await check(anna, "search", ["bert", { resolve: false }], (r) => holds(r.accounts, other.id));
await check(anna, "report", [other.id, { status_ids: [answer.id], comment: "Bitte ansehen", category: "spam" }], (r) => equal([r.category, r.comment, r.action_taken], ["spam", "Bitte ansehen", false]));

// --- Notifications ---

let told = [];
await until("notifications of all three kinds", async () => {
  told = (await anna.getNotifications({ limit: 40 })).data;
  return ["mention", "favourite", "reblog"].every((type) => told.some((n) => n.type === type));
}).catch((error) => contract.problems.push(`${error.message}, only ${told.map((n) => n.type)}`));
await check(anna, "getNotifications", [{ limit: 40, exclude_types: ["mention"] }], (l) => truthy(l.length > 0 && l.every((n) => n.type !== "mention"), "no mentions"));
await check(anna, "getNotification", [told[0]?.id], (n) => equal([n.id, n.type], [told[0].id, told[0].type]));
await check(anna, "dismissNotification", [told[0]?.id], empty);
await refused(anna, "getNotification", [told[0]?.id], 404);
await check(anna, "dismissNotifications", [], async (r) => {
  empty(r);
  equal((await anna.getNotifications()).data, [], "notifications");
});
await check(anna, "subscribePushNotification", [{ endpoint: "https://push.example/anna", keys: pushKeys }, { alerts: { mention: true } }], (s) => equal([s.endpoint, s.alerts.mention], ["https://push.example/anna", true]));
await check(anna, "getPushSubscription", [], (s) => equal(s.endpoint, "https://push.example/anna"));
await check(anna, "updatePushSubscription", [{ alerts: { mention: false, follow: true } }], (s) => equal([s.alerts.mention, s.alerts.follow], [false, true]));
await check(anna, "deletePushSubscription", [], empty);
await refused(anna, "getPushSubscription", [], 404);

// --- Streams ---

await check(anna, "streamingURL", [], (url) => equal(url, base.replace(/^http/, "ws")));

// hears opens a stream, lets cause happen, and asserts the first event of that name that fits.
function hears(method, args, event, cause, fits, assert) {
  return check(
    {
      [method]: async () => {
        const socket = await anna[method](...args);
        const seen = [];
        try {
          await new Promise((resolve, reject) => {
            socket.once("connect", resolve);
            socket.on("error", reject);
          });
          const came = new Promise((resolve, reject) => {
            socket.on("parser-error", reject);
            socket.on(event, (x) => {
              seen.push(event);
              if (fits(x)) resolve(x);
            });
          });
          came.catch(() => {});
          await cause();
          return await Promise.race([came, pause(60_000).then(() => Promise.reject(new Error(`heard ${seen.length} of ${event}, none that fits`)))]);
        } finally {
          socket.stop();
        }
      },
    },
    method,
    [],
    assert,
  );
}
const says = (text, more) => () => bert.postStatus(text, more ?? {});
const holdsText = (text) => (s) => (s.content ?? "").includes(text);
await hears("userStreaming", [], "update", says("Strom eins"), holdsText("Strom eins"), (s) => equal(s.account.id, other.id));
await hears("userStreaming", [], "notification", says("@anna Strom zwei"), (n) => n.type === "mention", (n) => match(n.status.content, /Strom zwei/));
await hears("userStreaming", [], "status_update", () => bert.editStatus(answer.id, { status: "@anna Vielen Dank" }), () => true, (s) => match(s.content, /Vielen Dank/));
await hears("userStreaming", [], "delete", () => bert.deleteStatus(answer.id), () => true, (id) => equal(id, answer.id));
await hears("publicStreaming", [], "update", says("Strom drei"), holdsText("Strom drei"), (s) => equal(s.visibility, "public"));
await hears("localStreaming", [], "update", says("Strom vier"), holdsText("Strom vier"), (s) => equal(s.account.acct, "bert"));
await hears("tagStreaming", ["Strom"], "update", says("Ein #Strom"), holdsText("Ein "), (s) => equal(s.tags.map((t) => t.name.toLowerCase()), ["strom"]));
const streamList = (await anna.createList("Strom")).data;
await anna.addAccountsToList(streamList.id, [other.id]);
await hears("listStreaming", [streamList.id], "update", says("Strom fünf"), holdsText("Strom fünf"), (s) => equal(s.account.id, other.id));
await hears("directStreaming", [], "conversation", says("@anna Strom sechs", { visibility: "direct" }), (c) => Boolean(c.last_status), (c) => match(c.last_status.content, /Strom sechs/));

contract.finish();

// stream is a file as megalodon takes one: a readable stream with a path.
async function stream() {
  const { createReadStream, mkdtempSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const path = join(mkdtempSync(join(tmpdir(), "clients-")), "bild.png");
  writeFileSync(path, pngBytes);
  return createReadStream(path);
}
