// The checks of activitypub-testing on the actors and posts named as arguments: one line of JSON for each.
import "./loopback.mjs";
import activitypub from "activitypub-testing/activitypub";
import { ActorUrlTestRun } from "activitypub-testing/test-actor";
import likes from "./node_modules/activitypub-testing/src/activitypub-tests/likes-collection-must-be-a-collection/likes-collection-must-be-a-collection.js";
import shares from "./node_modules/activitypub-testing/src/activitypub-tests/shares-collection-must-be-a-collection/shares-collection-must-be-a-collection.js";

const quiet = Object.assign(Object.create(console), { debug() {}, warn() {}, log() {} });
const say = (of, test, { outcome, info }) => console.log(JSON.stringify({ of, test, outcome, info }));

for (const of of process.argv.slice(2)) {
  const document = await (await activitypub.fetch(of)).text();
  if (JSON.parse(document).inbox) {
    for await (const { test, result } of new ActorUrlTestRun(new URL(of), { console: quiet })) say(of, test.slug, result);
  } else {
    for (const check of [likes, shares]) say(of, check.slug, await check.run({ object: document }));
  }
}
