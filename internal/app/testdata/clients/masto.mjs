// Every method of masto.js for the part of the API that the instance serves, called and asserted.
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";
import WebSocket from "ws";
import { allowed, Contract, empty, env, equal, holds, ids, lacks, match, png, pushKeys, truthy, until } from "./contract.mjs";
import { restMethods, streamingMethods } from "./masto_methods.mjs";

const excluded = {
  "v1.accounts.$select.collections.list": "collections are not offered",
  "v1.accounts.$select.inCollections.list": "collections are not offered",
  "v1.collections.*": "collections are not offered",
  "v1.accounts.create": "people are invited, nobody signs up",
  "v1.emails.confirmations.create": "people are invited, nobody signs up",
  "v1.annualReports.*": "annual reports are not offered",
  "v1.announcements.$select.*": "there are no announcements to dismiss or react to",
  "v1.profile.fetch": "of version 4.6; api_versions does not claim it",
  "v1.profile.update": "of version 4.6; api_versions does not claim it",
  "v1.search.list": "removed from Mastodon with version 3; v2.search takes its place",
  "v1.statuses.$select.quotes.list": "quotes are not offered",
  "v1.statuses.$select.translate": "configuration.translation.enabled is false",
  "streaming.prepare": "internal to masto.js",
};

const contract = new Contract("masto.js", [...restMethods(), ...streamingMethods()], excluded);
const check = contract.check.bind(contract);
const base = env("BASE");

// named passes a client on and notes the name of each call: v1.statuses.$select.favourite.
function named(client, path) {
  return new Proxy(() => {}, {
    get: (_, property) => {
      if (typeof property === "symbol" || property === "then") return client[property]; // awaiting a client gives the client
      return named(client[property], path ? `${path}.${property}` : property);
    },
    apply: (_, __, args) => {
      const result = client(...args);
      if (path.endsWith(".$select")) return named(result, path);
      contract.called(path, path.startsWith("streaming."));
      return result;
    },
  });
}
const rest = (accessToken) => named(createRestAPIClient({ url: base, accessToken }), "");
const oauth = named(createOAuthAPIClient({ url: base }), "oauth");

const anna = rest(env("TOKEN_ANNA"));
const bert = rest(env("TOKEN_BERT"));
const carl = rest(env("TOKEN_CARL"));
const vera = rest(env("TOKEN_VERA")); // a moderator, who wrote the practice
const visitor = rest(undefined);
const remote = env("REMOTE");
const domain = new URL(base).host;
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const pngBytes = await png(120, 80);

// --- Programs, the instance ---

const oob = "urn:ietf:wg:oauth:2.0:oob";
const app = await check(
  () => visitor.v1.apps.create({ clientName: "Vertragstest", redirectUris: oob, scopes: "read write follow push", website: "https://client.example" }),
  (a) => {
    equal(a.name, "Vertragstest");
    equal(a.redirectUri, oob);
    truthy(a.clientId && a.clientSecret, "credentials");
    match(a.vapidKey ?? "", /^[\w-]{80,}=*$/, "vapidKey");
  },
);
const granted = await check(
  () => oauth.token.create({ grantType: "client_credentials", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: oob, scope: "read write" }),
  (t) => {
    equal(t.tokenType, "Bearer");
    equal(t.scope, "read write");
    truthy(Math.abs(t.createdAt - Date.now() / 1000) < 60, "createdAt is now");
  },
);
await check(() => rest(granted.accessToken).v1.apps.verifyCredentials(), (a) => {
  equal(a.name, "Vertragstest");
  equal(a.website, "https://client.example");
});
await contract.refused(() => visitor.v1.apps.verifyCredentials(), 401);
await check(
  () => oauth.revoke({ clientId: app.clientId, clientSecret: app.clientSecret, token: granted.accessToken }),
  async (result) => {
    empty(result);
    const after = await fetch(`${base}/api/v1/apps/verify_credentials`, { headers: { Authorization: `Bearer ${granted.accessToken}` } });
    equal(after.status, 401, "status after revocation");
  },
);
await check(
  async () => {
    const code = await allowed(app.clientId);
    return oauth.token.create({ grantType: "authorization_code", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: oob, code, scope: "read write follow push" });
  },
  async (t) => {
    equal([t.tokenType, t.scope.split(" ").sort()], ["Bearer", ["follow", "push", "read", "write"]]);
    const written = await rest(t.accessToken).v1.statuses.create({ status: "Mit einem Programm", visibility: "private" });
    equal([written.account.acct, written.application.name, written.application.website], ["anna", "Vertragstest", "https://client.example"]);
    await rest(t.accessToken).v1.statuses.$select(written.id).remove();
  },
);
await contract.refused(() => oauth.token.create({ grantType: "authorization_code", clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: oob, code: "falsch" }), 400);
await check(() => visitor.v2.instance.fetch(), (i) => {
  equal(i.domain, domain);
  match(i.version, /^4\.\d+\.\d+ \(compatible; /);
  equal(i.configuration.urls.streaming, base.replace(/^http/, "ws"));
  truthy(i.apiVersions.mastodon >= 2, "apiVersions");
  equal(i.registrations.enabled, false);
});
await check(() => visitor.v1.instance.fetch(), (i) => {
  equal(i.uri, domain);
  truthy(i.stats.userCount >= 3, "userCount");
  equal(i.urls.streamingApi, base.replace(/^http/, "ws"));
});
await check(() => visitor.v1.instance.activity.list(), (list) => {
  truthy(list.length > 0 && list.length <= 12, "weeks");
  match(list[0].week, /^\d+$/);
});
await check(() => visitor.v1.instance.languages.list(), (list) => truthy(list.some((l) => (l.code ?? l) === "de"), "German"));
await check(() => visitor.v1.instance.extendedDescription.fetch(), (d) => equal(typeof d.content, "string"));
await check(() => visitor.v1.instance.translationLanguages.list(), (l) => equal(l, {}));
await check(() => visitor.v1.instance.domainBlocks.fetch(), (l) => equal(l.map((d) => [d.domain, d.severity, d.comment]), [["laermig.example", "silence", "Werbung"]]));
await check(() => visitor.v1.customEmojis.list(), (l) => equal(l, []));
await check(() => anna.v1.announcements.list(), (l) => equal(l, []));

// --- Accounts ---

const me = await check(() => anna.v1.accounts.verifyCredentials(), (a) => {
  equal(a.username, "anna");
  equal(a.acct, "anna");
  equal(a.source.privacy, "public");
  equal(a.source.followRequestsCount, 0);
});
await contract.refused(() => visitor.v1.accounts.verifyCredentials(), 401);
const other = await check(() => anna.v1.accounts.lookup({ acct: "bert" }), (a) => equal(a.username, "bert"));
await check(() => anna.v1.accounts.lookup({ acct: `@bert@${domain}` }), (a) => equal(a.id, other.id));
await contract.refused(() => anna.v1.accounts.lookup({ acct: "niemand" }), 404);
await check(
  () =>
    anna.v1.accounts.updateCredentials({
      displayName: "Anna vom Rechenzentrum",
      note: "Ich betreibe #Server in Kiel.",
      locked: true,
      discoverable: true,
      avatar: new Blob([pngBytes], { type: "image/png" }),
      header: new Blob([pngBytes], { type: "image/png" }),
      source: { privacy: "unlisted", sensitive: true, language: "de" },
      fieldsAttributes: [
        { name: "Ort", value: "Kiel" },
        { name: "Seite", value: "https://example.org" },
      ],
    }),
  (a) => {
    equal(a.displayName, "Anna vom Rechenzentrum");
    match(a.note, /<p>Ich betreibe .*Server.* in Kiel\.<\/p>/);
    equal(a.source.note, "Ich betreibe #Server in Kiel.");
    equal(a.locked, true);
    equal([a.source.privacy, a.source.sensitive, a.source.language], ["unlisted", true, "de"]);
    equal(a.fields.map((f) => f.name), ["Ort", "Seite"]);
    match(a.fields[1].value, /<a href="https:\/\/example\.org"/);
    match(a.avatar, /^http/);
    truthy(a.avatar !== me.avatar && a.header !== me.header, "new pictures");
  },
);
await check(() => anna.v1.preferences.fetch(), (p) => {
  equal(p["posting:default:visibility"], "unlisted");
  equal(p["posting:default:sensitive"], true);
  equal(p["posting:default:language"], "de");
});
await check(() => anna.v1.profile.avatar.remove(), (a) => equal(a.avatar, me.avatar));
await check(() => anna.v1.profile.header.remove(), (a) => equal(a.header, me.header));
await anna.v1.accounts.updateCredentials({ source: { privacy: "public", sensitive: false } });
await check(() => visitor.v1.accounts.$select(other.id).fetch(), (a) => equal(a.acct, "bert"));
await contract.refused(() => anna.v1.accounts.$select("1").fetch(), 404);
await check(() => anna.v1.accounts.fetch({ id: [me.id, other.id] }), (l) => equal(ids(l).sort(), [me.id, other.id].sort()));
await check(() => anna.v1.accounts.search.list({ q: "bert", limit: 5 }), (l) => holds(l, other.id));
await check(() => anna.v1.accounts.relationships.fetch({ id: [other.id, me.id] }), (l) => {
  equal(l.length, 2);
  equal([l[0].following, l[0].blocking, l[0].muting, l[0].note], [false, false, false, ""]);
});

// Follows: anna follows bert; bert asks to follow anna, who is locked.
await check(() => anna.v1.accounts.$select(other.id).follow({ reblogs: false, notify: true, languages: ["de"] }), (r) => {
  equal([r.following, r.showingReblogs, r.notifying, r.languages], [true, false, true, ["de"]]);
});
await anna.v1.accounts.$select(other.id).follow({ reblogs: true, notify: false, languages: [] });
await check(() => bert.v1.accounts.$select(me.id).follow(), (r) => equal([r.following, r.requested], [false, true]));
await check(() => anna.v1.followRequests.list(), (l) => holds(l, other.id));
await check(() => anna.v1.followRequests.$select(other.id).reject(), (r) => equal([r.followedBy, r.requestedBy], [false, false]));
await bert.v1.accounts.$select(me.id).follow();
await check(() => anna.v1.followRequests.$select(other.id).authorize(), (r) => equal([r.followedBy, r.requestedBy], [true, false]));
await check(() => visitor.v1.accounts.$select(me.id).followers.list({ limit: 1 }), (l) => holds(l, other.id));
await check(() => visitor.v1.accounts.$select(me.id).following.list(), (l) => holds(l, other.id));
await check(() => anna.v1.accounts.$select(other.id).removeFromFollowers(), (r) => equal([r.followedBy, r.following], [false, true]));
await anna.v1.accounts.updateCredentials({ locked: false });
await bert.v1.accounts.$select(me.id).follow();
await check(() => vera.v1.accounts.$select(me.id).follow(), (r) => equal(r.following, true));
await check(() => vera.v1.accounts.familiarFollowers.fetch({ id: [other.id] }), (l) => {
  equal(l.length, 1);
  equal(l[0].id, other.id);
  holds(l[0].accounts, me.id);
});
await check(() => vera.v1.accounts.$select(me.id).unfollow(), (r) => equal(r.following, false));

// A neighbour, found by handle.
const nora = await check(() => anna.v2.search.list({ q: remote, resolve: true, type: "accounts" }), (s) => {
  equal(s.accounts.length, 1);
  equal(s.accounts[0].acct, remote);
  equal([s.statuses, s.hashtags], [[], []]);
}).then((s) => s.accounts[0]);
await anna.v1.accounts.$select(nora.id).follow();
await until("the neighbour accepts", async () => (await anna.v1.accounts.relationships.fetch({ id: [nora.id] }))[0].following);

await check(() => visitor.v1.instance.peers.list(), (list) => truthy(list.includes(remote.split("@")[1]), "the neighbour is a peer"));
await check(() => anna.v1.accounts.$select(other.id).note.create({ comment: "Kollege" }), (r) => equal(r.note, "Kollege"));
await check(() => anna.v1.accounts.$select(other.id).pin(), (r) => equal(r.endorsed, true));
await check(() => anna.v1.endorsements.list(), (l) => holds(l, other.id));
await check(() => visitor.v1.accounts.$select(me.id).endorsements.list(), (l) => holds(l, other.id));
await check(() => anna.v1.accounts.$select(other.id).unpin(), (r) => equal(r.endorsed, false));
await check(() => anna.v1.accounts.$select(other.id).endorse(), (r) => equal(r.endorsed, true));
await check(() => anna.v1.accounts.$select(other.id).unendorse(), (r) => equal(r.endorsed, false));
await check(() => anna.v1.accounts.$select(other.id).identityProofs.list(), (l) => equal(l, []));
await check(() => anna.v1.accounts.$select(other.id).mute({ notifications: true, duration: 3600 }), (r) => equal([r.muting, r.mutingNotifications], [true, true]));
await check(() => anna.v1.mutes.list(), (l) => holds(l, other.id));
await check(() => anna.v1.accounts.$select(other.id).unmute(), (r) => equal(r.muting, false));
const veras = (await anna.v1.accounts.lookup({ acct: "vera" })).id;
await check(() => anna.v1.accounts.$select(veras).block(), (r) => equal(r.blocking, true));
await check(() => anna.v1.blocks.list(), (l) => holds(l, veras));
await check(() => anna.v1.accounts.$select(veras).unblock(), (r) => equal(r.blocking, false));
await check(() => anna.v1.domainBlocks.create({ domain: "laut.example" }), empty);
await check(() => anna.v1.domainBlocks.list(), (l) => equal(l, ["laut.example"]));
await check(() => anna.v1.domainBlocks.remove({ domain: "laut.example" }), async (r) => {
  empty(r);
  equal(await anna.v1.domainBlocks.list(), []);
});
await check(() => visitor.v1.directory.list({ local: true, order: "new" }), (l) => holds(l, me.id));
const suggested = await check(() => bert.v2.suggestions.list({ limit: 10 }), (l) => {
  truthy(l.length > 0, "a suggestion");
  equal(typeof l[0].source, "string");
  truthy(l.every((s) => s.account.username), "accounts");
});
await check(() => bert.v1.suggestions.list(), (l) => holds(l, suggested[0].account.id));
await check(() => bert.v1.suggestions.$select(suggested[0].account.id).remove(), async (r) => {
  empty(r);
  lacks(await bert.v1.suggestions.list(), suggested[0].account.id);
});

// --- Statuses ---

const word = `Wort${Date.now()}`;
const note = await check(
  () => anna.v1.statuses.create({ status: `Guten Tag @bert, hier ist ${word} #Rechenzentrum https://example.org/bericht`, language: "de", visibility: "public" }),
  (s) => {
    match(s.content, new RegExp(word));
    match(s.content, /<a [^>]*class="[^"]*mention/);
    equal(s.mentions.map((m) => m.acct), ["bert"]);
    equal(s.tags.map((t) => t.name.toLowerCase()), ["rechenzentrum"]);
    equal([s.visibility, s.language, s.account.id, s.spoilerText, s.sensitive], ["public", "de", me.id, "", false]);
    equal([s.repliesCount, s.reblogsCount, s.favouritesCount, s.inReplyToId, s.reblog], [0, 0, 0, null, null]);
    match(s.id, /^\d+$/);
  },
);
await check(
  async () => {
    const meta = { requestInit: { headers: { "Idempotency-Key": "einmal" } } };
    const first = await anna.v1.statuses.create({ status: "Nur einmal" }, meta);
    return [first, await anna.v1.statuses.create({ status: "Nur einmal" }, meta)];
  },
  ([a, b]) => equal(b.id, a.id, "the second id"),
);
await contract.refused(() => anna.v1.statuses.create({ status: "" }), 422);
await contract.refused(() => visitor.v1.statuses.create({ status: "Ich bin niemand" }), 401);
const secret = await check(() => anna.v1.statuses.create({ status: "@bert Unter uns", visibility: "direct" }), (s) => equal(s.visibility, "direct"));
await contract.refused(() => vera.v1.statuses.$select(secret.id).fetch(), 404);
const warned = await check(() => anna.v1.statuses.create({ status: "Langer Text", spoilerText: "Vorsicht", sensitive: true, visibility: "private" }), (s) => {
  equal([s.spoilerText, s.sensitive, s.visibility], ["Vorsicht", true, "private"]);
});
await contract.refused(() => visitor.v1.statuses.$select(warned.id).fetch(), 404);
await check(() => bert.v1.statuses.$select(warned.id).fetch(), (s) => equal(s.spoilerText, "Vorsicht"));
const answer = await check(() => bert.v1.statuses.create({ status: "@anna Danke", inReplyToId: note.id }), (s) => {
  equal([s.inReplyToId, s.inReplyToAccountId], [note.id, me.id]);
});
await check(() => visitor.v1.statuses.$select(note.id).fetch(), (s) => {
  equal([s.id, s.repliesCount], [note.id, 1]);
  truthy(!("favourited" in s) || s.favourited === false, "nothing of a reader");
});
await check(() => anna.v1.statuses.fetch({ id: [note.id, answer.id, secret.id] }), (l) => equal(ids(l).sort(), [note.id, answer.id, secret.id].sort()));
await check(() => visitor.v1.statuses.$select(note.id).context.fetch(), (c) => {
  equal([ids(c.ancestors), ids(c.descendants)], [[], [answer.id]]);
});
await check(() => visitor.v1.statuses.$select(answer.id).context.fetch(), (c) => equal([ids(c.ancestors), ids(c.descendants)], [[note.id], []]));
await check(() => anna.v1.statuses.$select(note.id).source.fetch(), (s) => {
  equal(s.text, `Guten Tag @bert, hier ist ${word} #Rechenzentrum https://example.org/bericht`);
  equal([s.id, s.spoilerText], [note.id, ""]);
});
const edited = await anna.v1.statuses.create({ status: "Mit einem Feler" });
await check(() => anna.v1.statuses.$select(edited.id).update({ status: "Ohne Fehler", spoilerText: "", language: "de" }), (s) => {
  match(s.content, /Ohne Fehler/);
  match(s.editedAt, /^\d{4}-/);
  equal([s.id, s.createdAt], [edited.id, edited.createdAt]);
});
await check(() => visitor.v1.statuses.$select(edited.id).history.list(), (l) => {
  equal(l.length, 2);
  match(l[0].content, /Feler/);
  match(l[1].content, /Fehler/);
});
await contract.refused(() => bert.v1.statuses.$select(edited.id).update({ status: "Nicht meins" }), 404);
await check(() => bert.v1.statuses.$select(note.id).favourite(), (s) => equal([s.favourited, s.favouritesCount], [true, 1]));
await check(() => visitor.v1.statuses.$select(note.id).favouritedBy.list(), (l) => equal(ids(l), [other.id]));
await check(() => bert.v1.favourites.list(), (l) => holds(l, note.id));
await check(() => bert.v1.statuses.$select(note.id).unfavourite(), (s) => equal([s.favourited, s.favouritesCount], [false, 0]));
await bert.v1.statuses.$select(note.id).favourite();
const boost = await check(() => bert.v1.statuses.$select(note.id).reblog(), (s) => {
  equal([s.reblog.id, s.reblog.reblogged, s.reblog.reblogsCount, s.account.id], [note.id, true, 1, other.id]);
  truthy(s.id !== note.id, "a status of its own");
});
await check(() => visitor.v1.statuses.$select(note.id).rebloggedBy.list(), (l) => equal(ids(l), [other.id]));
await check(() => anna.v1.statuses.$select(boost.id).fetch(), (s) => truthy(s.id === note.id || s.reblog?.id === note.id, "the boosted status"));
await check(() => bert.v1.statuses.$select(note.id).unreblog(), (s) => equal([s.id, s.reblogged, s.reblogsCount], [note.id, false, 0]));
await bert.v1.statuses.$select(note.id).reblog();
await contract.refused(() => bert.v1.statuses.$select(secret.id).reblog(), 403);
await check(() => anna.v1.statuses.$select(answer.id).bookmark(), (s) => equal(s.bookmarked, true));
await check(() => anna.v1.bookmarks.list({ limit: 5 }), (l) => holds(l, answer.id));
await check(() => anna.v1.statuses.$select(answer.id).unbookmark(), async (s) => {
  equal(s.bookmarked, false);
  lacks(await anna.v1.bookmarks.list(), answer.id);
});
await check(() => anna.v1.statuses.$select(note.id).pin(), (s) => equal(s.pinned, true));
await check(() => visitor.v1.accounts.$select(me.id).statuses.list({ pinned: true }), (l) => equal(ids(l), [note.id]));
await check(() => anna.v1.statuses.$select(note.id).unpin(), (s) => equal(s.pinned, false));
await check(() => anna.v1.statuses.$select(note.id).mute(), (s) => equal(s.muted, true));
await check(() => anna.v1.statuses.$select(note.id).unmute(), (s) => equal(s.muted, false));
await check(() => anna.v1.accounts.$select(other.id).statuses.list({ excludeReblogs: true, excludeReplies: true }), (l) => {
  lacks(l, answer.id);
  truthy(l.every((s) => s.reblog === null), "no boosts");
});
await check(() => anna.v1.accounts.$select(other.id).statuses.list(), (l) => {
  holds(l, answer.id);
  truthy(l.some((s) => s.reblog?.id === note.id), "the boost");
});
// The practice that vera published: readable as a status, with a card that leads to its page.
const practice = env("PRACTICE");
await check(() => visitor.v1.statuses.$select(practice).fetch(), (s) => {
  match(s.content, /^<p><strong>[^<]+<\/strong><\/p>/, "title first");
  match(s.content, /praxisbeispiele\/\d+/);
  truthy(!/<(h\d|div|table|img)\b/.test(s.content) && !/[\n\t]|>  +</.test(s.content), "flat HTML without line breaks or indentation");
});
await check(() => visitor.v1.statuses.$select(practice).card.fetch(), (c) => {
  match(c.url, /praxisbeispiele\/\d+/);
  truthy(c.title.length > 3, "title");
  equal(c.type, "link");
});
const comment = await check(() => anna.v1.statuses.create({ status: "Wie lange hat das gedauert?", inReplyToId: practice }), (s) => equal(s.inReplyToId, practice));
await contract.refused(() => vera.v1.statuses.$select(practice).update({ status: "Alles nur noch ein Satz" }), 422);
await check(() => anna.v1.statuses.$select(comment.id).remove(), (s) => equal(s.text, "Wie lange hat das gedauert?"));
await contract.refused(() => anna.v1.statuses.$select(comment.id).fetch(), 404);

// Media.
const media = await check(() => anna.v2.media.create({ file: new Blob([pngBytes], { type: "image/png" }), description: "Ein Schrank", focus: "0.5,-0.5" }), (m) => {
  equal([m.type, m.description], ["image", "Ein Schrank"]);
  equal([m.meta.original.width, m.meta.original.height, m.meta.focus], [120, 80, { x: 0.5, y: -0.5 }]);
  truthy(m.blurhash, "blurhash");
});
await check(() => anna.v1.media.$select(media.id).fetch(), async (m) => {
  equal(m.id, media.id);
  equal((await fetch(m.url)).headers.get("content-type"), "image/png", "content type of the file");
});
await check(() => anna.v1.media.$select(media.id).update({ description: "Ein Serverschrank", focus: "0,0" }), (m) => equal([m.description, m.meta.focus], ["Ein Serverschrank", { x: 0, y: 0 }]));
const second = await check(() => anna.v1.media.create({ file: new Blob([pngBytes], { type: "image/png" }) }), (m) => equal([m.type, m.description], ["image", null]));
const picture = await check(() => anna.v1.statuses.create({ status: `Bilder ${word}`, mediaIds: [media.id, second.id] }), (s) => {
  equal(ids(s.mediaAttachments), [media.id, second.id]);
  equal(s.mediaAttachments[0].description, "Ein Serverschrank");
});
await check(() => visitor.v1.accounts.$select(me.id).statuses.list({ onlyMedia: true }), (l) => equal(ids(l), [picture.id]));
await check(
  () => anna.v1.statuses.$select(picture.id).update({ status: "Ein Bild", mediaIds: [media.id], mediaAttributes: [{ id: media.id, description: "Noch besser" }] }),
  (s) => equal(s.mediaAttachments.map((m) => [m.id, m.description]), [[media.id, "Noch besser"]]),
);

// Polls.
const asked = await check(() => anna.v1.statuses.create({ status: "Wann?", poll: { options: ["Montag", "Dienstag", "Nie"], expiresIn: 3600, multiple: true } }), (s) => {
  equal([s.poll.multiple, s.poll.expired, s.poll.votesCount, s.poll.votersCount], [true, false, 0, 0]);
  equal(s.poll.options.map((o) => o.title), ["Montag", "Dienstag", "Nie"]);
});
await check(() => bert.v1.polls.$select(asked.poll.id).votes.create({ choices: [0, 2] }), (p) => {
  equal([p.voted, p.ownVotes, p.votesCount, p.votersCount], [true, [0, 2], 2, 1]);
  equal(p.options.map((o) => o.votesCount), [1, 0, 1]);
});
await contract.refused(() => bert.v1.polls.$select(asked.poll.id).votes.create({ choices: [1] }), 422);
await check(() => anna.v1.polls.$select(asked.poll.id).fetch(), (p) => equal([p.id, p.votesCount, p.ownVotes], [asked.poll.id, 2, []]));

// Scheduled.
const later = new Date(Date.now() + 3_600_000).toISOString();
const planned = await check(() => anna.v1.statuses.create({ status: "Später", scheduledAt: later, spoilerText: "Plan" }), (s) => {
  equal(s.scheduledAt, later);
  equal([s.params.text, s.params.spoilerText], ["Später", "Plan"]);
});
await check(() => anna.v1.scheduledStatuses.list(), (l) => holds(l, planned.id));
await check(() => anna.v1.scheduledStatuses.$select(planned.id).fetch(), (s) => equal(s.scheduledAt, later));
const latest = new Date(Date.now() + 7_200_000).toISOString();
await check(() => anna.v1.scheduledStatuses.$select(planned.id).update({ scheduledAt: latest }), (s) => equal(s.scheduledAt, latest));
await contract.refused(() => bert.v1.scheduledStatuses.$select(planned.id).fetch(), 404);
await check(() => anna.v1.scheduledStatuses.$select(planned.id).remove(), async (r) => {
  empty(r);
  lacks(await anna.v1.scheduledStatuses.list(), planned.id);
});

// --- Timelines ---

await check(() => anna.v1.timelines.home.list({ limit: 40 }), (l) => {
  truthy(l.some((s) => s.id === note.id || s.reblog?.id === note.id), "the note, be it as bert's boost");
  holds(l, answer.id);
});
await check(
  async () => {
    const pages = [];
    for await (const page of anna.v1.timelines.home.list({ limit: 2 })) pages.push(ids(page));
    return pages;
  },
  (pages) => {
    const all = pages.flat();
    truthy(pages.length > 2 && pages.every((p) => p.length <= 2), "pages of two");
    equal(new Set(all).size, all.length, "nothing twice");
    equal(all, [...all].sort((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1)), "newest first");
  },
);
await check(
  () => anna.v1.timelines.home.list({ minId: note.id, limit: 1 }),
  async (l) => {
    equal(l.length, 1);
    const since = await anna.v1.timelines.home.list({ sinceId: note.id, limit: 40 });
    equal(since.at(-1).id, l[0].id, "the one right above");
    lacks(since, note.id);
  },
);
await check(() => visitor.v1.timelines.public.list({ local: true, limit: 40 }), (l) => {
  holds(l, note.id);
  lacks(l, warned.id);
  lacks(l, secret.id);
});
await check(() => visitor.v1.timelines.public.list({ onlyMedia: true }), (l) => truthy(l.length > 0 && l.every((s) => s.mediaAttachments.length > 0), "only media"));
await check(() => visitor.v1.timelines.tag.$select("rechenZentrum").list(), (l) => holds(l, note.id));
await check(() => anna.v1.timelines.link.list({ url: "https://example.org/bericht" }), (l) => truthy(Array.isArray(l), "a list"));
await check(() => anna.v1.timelines.direct.list(), (l) => holds(l, secret.id));
await bert.v1.statuses.create({ status: "@anna Unter uns zurück", visibility: "direct", inReplyToId: secret.id });
const talk = await check(
  () => until("a conversation", async () => (await anna.v1.conversations.list()).find((c) => c.unread)),
  (c) => {
    equal(ids(c.accounts), [other.id]);
    match(c.lastStatus.content, /zurück/);
  },
);
await check(() => anna.v1.conversations.$select(talk.id).read(), (c) => equal([c.id, c.unread], [talk.id, false]));
await check(() => anna.v1.conversations.$select(talk.id).unread(), (c) => equal([c.id, c.unread], [talk.id, true]));
await check(() => anna.v1.conversations.$select(talk.id).remove(), async (r) => {
  empty(r);
  lacks(await anna.v1.conversations.list(), talk.id);
});

// Lists.
const list = await check(() => anna.v1.lists.create({ title: "Betrieb", exclusive: false }), (l) => equal([l.title, l.exclusive], ["Betrieb", false]));
await check(() => anna.v1.lists.$select(list.id).accounts.create({ accountIds: [other.id] }), empty);
await check(() => anna.v1.lists.$select(list.id).accounts.list({ limit: 0 }), (l) => equal(ids(l), [other.id]));
await check(() => anna.v1.accounts.$select(other.id).lists.list(), (l) => equal(ids(l), [list.id]));
await check(() => anna.v1.timelines.list.$select(list.id).list(), (l) => truthy(l.length > 0 && l.every((s) => s.account.id === other.id), "only bert"));
await check(() => anna.v1.lists.$select(list.id).accounts.remove({ accountIds: [other.id] }), async (r) => {
  empty(r);
  equal(await anna.v1.lists.$select(list.id).accounts.list(), []);
});
await check(() => anna.v1.lists.$select(list.id).update({ title: "Rechenzentrum", repliesPolicy: "none", exclusive: true }), (l) => {
  equal([l.title, l.repliesPolicy, l.exclusive], ["Rechenzentrum", "none", true]);
});
await check(() => anna.v1.lists.$select(list.id).fetch(), (l) => equal(l.title, "Rechenzentrum"));
await check(() => anna.v1.lists.list(), (l) => holds(l, list.id));
await check(() => anna.v1.lists.$select(list.id).remove(), async (r) => {
  empty(r);
  equal(await anna.v1.lists.list(), []);
});

// Tags.
await check(() => anna.v1.tags.$select("Rechenzentrum").follow(), (t) => equal(t.following, true));
await check(() => anna.v1.followedTags.list(), (l) => equal(l.map((t) => t.name.toLowerCase()), ["rechenzentrum"]));
await check(() => anna.v1.tags.$select("rechenzentrum").fetch(), (t) => {
  equal(t.following, true);
  truthy(Number(t.history[0].uses) >= 1, "used today");
});
await check(() => anna.v1.tags.$select("Rechenzentrum").unfollow(), (t) => equal(t.following, false));
await check(() => anna.v1.tags.$select("Rechenzentrum").feature(), (t) => equal(t.featuring, true));
await check(() => visitor.v1.accounts.$select(me.id).featuredTags.list(), (l) => equal(l.map((t) => t.name), ["Rechenzentrum"]));
await check(() => anna.v1.tags.$select("Rechenzentrum").unfeature(), (t) => equal(t.featuring, false));
await check(() => anna.v1.featuredTags.suggestions.list(), (l) => truthy(l.some((t) => t.name.toLowerCase() === "rechenzentrum"), "the tag she uses"));
const featured = await check(() => anna.v1.featuredTags.create({ name: "Rechenzentrum" }), (t) => equal(t.name, "Rechenzentrum"));
await check(() => anna.v1.featuredTags.list(), (l) => equal(ids(l), [featured.id]));
await check(() => anna.v1.featuredTags.$select(featured.id).remove(), async (r) => {
  empty(r);
  equal(await anna.v1.featuredTags.list(), []);
});
await check(() => visitor.v1.trends.tags.list(), (l) => truthy(l.some((t) => t.name.toLowerCase() === "rechenzentrum"), "the tag of today"));
await check(() => visitor.v1.trends.statuses.list(), (l) => truthy(Array.isArray(l) && l.every((s) => s.visibility === "public"), "public ones"));
await check(() => visitor.v1.trends.links.list(), (l) => truthy(Array.isArray(l), "a list"));

// Filters.
const filter = await check(
  () => anna.v2.filters.create({ title: "Kantine", context: ["home", "public"], filterAction: "warn", expiresIn: 3600, keywordsAttributes: [{ keyword: "Eintopf", wholeWord: true }] }),
  (f) => {
    equal([f.title, f.context, f.filterAction], ["Kantine", ["home", "public"], "warn"]);
    equal(f.keywords.map((k) => [k.keyword, k.wholeWord]), [["Eintopf", true]]);
    truthy(Math.abs(new Date(f.expiresAt) - Date.now() - 3_600_000) < 60_000, "expires in an hour");
  },
);
const soup = await bert.v1.statuses.create({ status: "Heute gibt es Eintopf." });
await check(() => anna.v1.statuses.$select(soup.id).fetch(), (s) => {
  equal(s.filtered.map((r) => [r.filter.id, r.keywordMatches]), [[filter.id, ["Eintopf"]]]);
});
await check(() => anna.v2.filters.list(), (l) => holds(l, filter.id));
await check(() => anna.v2.filters.$select(filter.id).fetch(), (f) => equal(f.title, "Kantine"));
await check(
  () => anna.v2.filters.$select(filter.id).update({ title: "Essen", filterAction: "hide", context: ["home", "account"], keywordsAttributes: [{ id: filter.keywords[0].id, _destroy: true }, { keyword: "Suppe" }] }),
  (f) => {
    equal([f.title, f.filterAction, f.context], ["Essen", "hide", ["home", "account"]]);
    equal(f.keywords.map((k) => k.keyword), ["Suppe"]);
  },
);
const keyword = await check(() => anna.v2.filters.$select(filter.id).keywords.create({ keyword: "Eintopf", wholeWord: false }), (k) => equal([k.keyword, k.wholeWord], ["Eintopf", false]));
await check(() => anna.v2.filters.$select(filter.id).keywords.list(), (l) => equal(l.map((k) => k.keyword).sort(), ["Eintopf", "Suppe"]));
await check(() => anna.v2.filters.keywords.$select(keyword.id).fetch(), (k) => equal(k.keyword, "Eintopf"));
await check(() => anna.v2.filters.keywords.$select(keyword.id).update({ keyword: "Auflauf", wholeWord: true }), (k) => equal([k.keyword, k.wholeWord], ["Auflauf", true]));
await check(() => anna.v2.filters.keywords.$select(keyword.id).remove(), async (r) => {
  empty(r);
  lacks(await anna.v2.filters.$select(filter.id).keywords.list(), keyword.id);
});
const hidden = await check(() => anna.v2.filters.$select(filter.id).statuses.create({ statusId: soup.id }), (s) => equal(s.statusId, soup.id));
await check(() => anna.v2.filters.$select(filter.id).statuses.list(), (l) => equal(ids(l), [hidden.id]));
await check(() => anna.v2.filters.statuses.$select(hidden.id).fetch(), (s) => equal(s.statusId, soup.id));
await check(() => anna.v2.filters.statuses.$select(hidden.id).remove(), async () => equal(await anna.v2.filters.$select(filter.id).statuses.list(), []));
await check(() => anna.v2.filters.$select(filter.id).remove(), async (r) => {
  empty(r);
  equal(await anna.v2.filters.list(), []);
});
const old = await check(() => anna.v1.filters.create({ phrase: "Parkplatz", context: ["home"], wholeWord: true, irreversible: false }), (f) => {
  equal([f.phrase, f.context, f.wholeWord, f.irreversible], ["Parkplatz", ["home"], true, false]);
});
await check(() => anna.v1.filters.list(), (l) => holds(l, old.id));
await check(() => anna.v1.filters.$select(old.id).fetch(), (f) => equal(f.phrase, "Parkplatz"));
await check(() => anna.v1.filters.$select(old.id).update({ phrase: "Parkhaus", context: ["public"] }), (f) => equal([f.phrase, f.context], ["Parkhaus", ["public"]]));
await check(() => anna.v1.filters.$select(old.id).remove(), async (r) => {
  empty(r);
  equal(await anna.v1.filters.list(), []);
});

// Markers, search, reports.
await check(() => anna.v1.markers.create({ home: { lastReadId: note.id } }), (m) => equal([m.home.lastReadId, typeof m.home.version], [note.id, "number"]));
await check(() => anna.v1.markers.fetch({ timeline: ["home"] }), (m) => equal(m.home.lastReadId, note.id));
await check(() => anna.v2.search.list({ q: word }), (s) => holds(s.statuses, note.id));
await check(() => anna.v2.search.list({ q: "bert" }), (s) => holds(s.accounts, other.id));
await check(() => anna.v2.search.list({ q: "#Rechenzentrum", type: "hashtags" }), (s) => equal(s.hashtags[0].name.toLowerCase(), "rechenzentrum"));
await check(() => anna.v2.search.list({ q: note.url, resolve: true }), (s) => equal(ids(s.statuses), [note.id]));
await check(() => anna.v1.reports.create({ accountId: other.id, statusIds: [soup.id], comment: "Gehört nicht hierher", category: "spam" }), (r) => {
  equal([r.targetAccount.id, r.comment, r.category, r.actionTaken, r.statusIds], [other.id, "Gehört nicht hierher", "spam", false, [soup.id]]);
});

// --- Notifications ---

const told = await check(
  () => until("the notifications", async () => {
    const l = await anna.v1.notifications.list({ limit: 40 });
    return ["mention", "favourite", "reblog", "follow"].every((type) => l.some((n) => n.type === type)) && l;
  }),
  (l) => {
    const favourite = l.find((n) => n.type === "favourite");
    equal([favourite.account.id, favourite.status.id], [other.id, note.id]);
    match(favourite.groupKey, /./);
  },
);
await check(() => anna.v1.notifications.list({ types: ["mention"] }), (l) => truthy(l.length > 0 && l.every((n) => n.type === "mention"), "only mentions"));
await check(() => anna.v1.notifications.list({ excludeTypes: ["mention"] }), (l) => truthy(l.length > 0 && l.every((n) => n.type !== "mention"), "no mentions"));
await check(() => anna.v1.notifications.list({ accountId: other.id }), (l) => truthy(l.length > 0 && l.every((n) => n.account.id === other.id), "only bert's"));
await check(() => anna.v1.notifications.fetch({ limit: 1 }), (l) => equal(l.length, 1));
await check(() => anna.v1.notifications.unreadCount.fetch(), (c) => truthy(c.count >= 4, "count"));
await check(() => anna.v1.notifications.$select(told[0].id).fetch(), (n) => equal([n.id, n.type], [told[0].id, told[0].type]));
const groups = await check(() => anna.v2.notifications.list({ limit: 40, groupedTypes: ["favourite", "reblog", "follow"] }), (g) => {
  const favourites = g.notificationGroups.find((x) => x.type === "favourite");
  equal([favourites.statusId, favourites.sampleAccountIds], [note.id, [other.id]]);
  holds(g.accounts, other.id);
  holds(g.statuses, note.id);
});
const key = groups.notificationGroups.find((x) => x.type === "favourite").groupKey;
await check(() => anna.v2.notifications.unreadCount.fetch(), (c) => truthy(c.count >= 3, "count"));
await check(() => anna.v2.notifications.$select(key).fetch(), (g) => equal(g.notificationGroups.map((x) => x.groupKey), [key]));
await check(() => anna.v2.notifications.$select(key).accounts.fetch(), (l) => equal(ids(l), [other.id]));
await check(() => anna.v2.notifications.$select(key).dismiss(), async (r) => {
  empty(r);
  truthy((await anna.v2.notifications.list()).notificationGroups.every((g) => g.groupKey !== key), "the group is gone");
});
const mention = told.find((n) => n.type === "mention");
await check(() => anna.v1.notifications.$select(mention.id).dismiss(), async (r) => {
  empty(r);
  lacks(await anna.v1.notifications.list(), mention.id);
});
await check(() => bert.v2.notifications.policy.update({ forNotFollowing: "filter" }), (p) => equal([p.forNotFollowing, p.forNotFollowers], ["filter", "accept"]));
await check(() => bert.v2.notifications.policy.fetch(), (p) => equal([p.forNotFollowing, p.summary.pendingRequestsCount], ["filter", 0]));
const stranger = async (text) => {
  await carl.v1.statuses.create({ status: `@bert ${text}` });
  return until("a request", async () => (await bert.v1.notifications.requests.list()).find((r) => r.account.acct === "carl"));
};
const request = await check(() => stranger("Kennen wir uns?"), (r) => {
  equal([r.account.username, r.notificationsCount], ["carl", "1"]);
  match(r.lastStatus.content, /Kennen wir uns/);
});
await check(() => bert.v1.notifications.requests.list(), (l) => holds(l, request.id));
await check(() => bert.v1.notifications.requests.$select(request.id).fetch(), (r) => equal(r.id, request.id));
await check(() => bert.v1.notifications.requests.$select(request.id).dismiss(), async (r) => {
  empty(r);
  lacks(await bert.v1.notifications.requests.list(), request.id);
});
const again = await stranger("Noch einmal");
await check(() => bert.v1.notifications.requests.dismiss({ id: [again.id] }), async (r) => {
  empty(r);
  lacks(await bert.v1.notifications.requests.list(), again.id);
});
const third = await stranger("Und ein drittes Mal");
await check(() => bert.v1.notifications.requests.$select(third.id).accept(), async (r) => {
  empty(r);
  await until("they are let through", async () => (await bert.v1.notifications.list()).some((n) => n.account.acct === "carl"));
});
await check(() => bert.v1.notifications.requests.accept({ id: [third.id] }), empty);
await check(() => bert.v1.notifications.requests.merged.fetch(), (m) => equal(m.merged, true));
await bert.v2.notifications.policy.update({ forNotFollowing: "accept" });
await check(
  () => anna.v1.push.subscription.create({ subscription: { endpoint: "https://push.example/anna", keys: pushKeys }, data: { alerts: { mention: true } }, policy: "all" }),
  (s) => {
    equal([s.endpoint, s.alerts.mention, s.alerts.follow], ["https://push.example/anna", true, false]);
    match(s.serverKey, /^[\w-]{80,}=*$/);
  },
);
await check(() => anna.v1.push.subscription.fetch(), (s) => equal(s.endpoint, "https://push.example/anna"));
await check(() => anna.v1.push.subscription.update({ data: { alerts: { follow: true, mention: false } } }), (s) => equal([s.alerts.follow, s.alerts.mention], [true, false]));
await check(() => anna.v1.push.subscription.remove(), empty);
await contract.refused(() => anna.v1.push.subscription.fetch(), 404);
await check(() => anna.v1.notifications.clear(), async (r) => {
  empty(r);
  equal(await anna.v1.notifications.list(), []);
});

// --- Streams ---

// The server answers no subscription that it accepts. It does one thing after the other, so a subscription stands once a wrong one
// right behind it is refused; of that the library hears nothing.
let stands = () => {};
class Socket extends WebSocket {
  emit(event, data, ...more) {
    if (event !== "message" || !JSON.parse(data).error) return super.emit(event, data, ...more);
    stands();
    return true;
  }
  send(data) {
    super.send(data);
    if (JSON.parse(data).type === "subscribe") super.send(JSON.stringify({ type: "subscribe", stream: "nothing" }));
  }
}
const streams = (accessToken) => createStreamingAPIClient({ streamingApiUrl: base.replace(/^http/, "ws"), accessToken, implementation: Socket, retry: false });

// hears subscribes, lets cause happen, and returns the first event that fits.
async function hears(subscribe, cause, fits) {
  const client = streams(env("TOKEN_ANNA"));
  await client.prepare();
  const standing = new Promise((resolve) => { stands = resolve; });
  const subscription = subscribe(named(client, "streaming"));
  const events = subscription.values();
  const seen = [];
  const event = (async () => {
    for await (const e of events) {
      seen.push(`${e.stream}:${e.event}`);
      if (fits(e)) return e;
    }
    throw new Error(`the stream ended after ${seen.join(", ") || "nothing"}`);
  })();
  event.catch(() => {});
  try {
    await standing;
    await cause();
    return await Promise.race([event, pause(60_000).then(() => Promise.reject(new Error(`heard only ${seen.join(", ") || "nothing"}`)))]);
  } finally {
    client.close();
  }
}
const update = (text) => (e) => e.event === "update" && e.payload.content.includes(text);
const says = (status, more = {}) => () => bert.v1.statuses.create({ status, ...more });
const shows = (text) => (e) => match(e.payload.content, new RegExp(text));
const streamed = (subscribe, cause, fits, assert) => check(() => hears(subscribe, cause, fits), assert);

await streamed((c) => c.user.subscribe(), says("Strom eins"), update("Strom eins"), (e) => {
  equal(e.stream, ["user"]);
  equal(e.payload.account.id, other.id);
});
await streamed((c) => c.user.subscribe(), () => bert.v1.statuses.$select(soup.id).update({ status: "Strom geändert" }), (e) => e.event === "status.update", shows("Strom geändert"));
const doomed = await bert.v1.statuses.create({ status: "Gleich weg" });
await streamed((c) => c.user.subscribe(), () => bert.v1.statuses.$select(doomed.id).remove(), (e) => e.event === "delete", (e) => equal(e.payload, doomed.id));
await streamed((c) => c.user.subscribe(), () => anna.v2.filters.create({ title: "Neu", context: ["home"] }), (e) => e.event === "filters_changed", (e) => equal(e.payload, undefined));
await streamed((c) => c.user.subscribe(), () => bert.v1.statuses.$select(edited.id).favourite(), (e) => e.event === "notification", (e) => {
  equal([e.payload.type, e.payload.status.id, e.payload.account.id], ["favourite", edited.id, other.id]);
});
await streamed((c) => c.user.notification.subscribe(), says("@anna Hallo Strom"), (e) => e.event === "notification", (e) => {
  equal([e.stream, e.payload.type], [["user:notification"], "mention"]);
});
await streamed((c) => c.public.subscribe(), says("Strom zwei"), update("Strom zwei"), (e) => equal(e.stream, ["public"]));
await streamed((c) => c.public.local.subscribe(), says("Strom drei"), update("Strom drei"), (e) => equal(e.stream, ["public:local"]));
const withPicture = async (text) => {
  const m = await bert.v2.media.create({ file: new Blob([pngBytes], { type: "image/png" }), skipPolling: true });
  await bert.v1.statuses.create({ status: text, mediaIds: [m.id] });
};
await streamed((c) => c.public.media.subscribe(), () => withPicture("Strom vier"), update("Strom vier"), (e) => equal(e.payload.mediaAttachments.length, 1));
await streamed((c) => c.public.local.media.subscribe(), () => withPicture("Strom fünf"), update("Strom fünf"), (e) => equal(e.stream, ["public:local:media"]));
const fromNora = (text, picture) => fetch(env("NEIGHBOUR"), { method: "POST", body: JSON.stringify({ text, picture: Boolean(picture) }) }).then((r) => equal(r.status, 200, "the neighbour's answer"));
await streamed((c) => c.public.remote.subscribe(), () => fromNora("Strom von nebenan"), update("Strom von nebenan"), (e) => equal(e.payload.account.acct, remote));
await streamed((c) => c.public.remote.media.subscribe(), () => fromNora("Bild von nebenan", true), update("Bild von nebenan"), (e) => equal(e.payload.mediaAttachments.length, 1));
await streamed((c) => c.hashtag.subscribe({ tag: "Strom" }), says("Ein #Strom"), update("Ein "), (e) => equal(e.stream, ["hashtag", "Strom"]));
await streamed((c) => c.hashtag.local.subscribe({ tag: "Strom" }), says("Noch ein #Strom"), update("Noch ein "), (e) => equal(e.stream, ["hashtag:local", "Strom"]));
const streamList = await anna.v1.lists.create({ title: "Strom" });
await anna.v1.lists.$select(streamList.id).accounts.create({ accountIds: [other.id] });
await streamed((c) => c.list.subscribe({ list: streamList.id }), says("Strom sechs"), update("Strom sechs"), (e) => equal(e.stream, ["list", streamList.id]));
await streamed((c) => c.direct.subscribe(), says("@anna Strom sieben", { visibility: "direct" }), (e) => e.event === "conversation", (e) => {
  match(e.payload.lastStatus.content, /Strom sieben/);
});
await check(async () => {
  const client = streams("vbt_falsch");
  contract.called("streaming.close");
  try {
    await client.prepare();
  } catch (error) {
    return error;
  } finally {
    client.close();
  }
  throw new Error("a wrong token was let in");
}, () => {});

contract.finish();
