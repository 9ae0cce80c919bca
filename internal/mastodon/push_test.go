package mastodon

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"testing"
)

func TestPushSubscription(t *testing.T) {
	h := newHouse(t)
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	h.must(err)
	p256dh, secret := base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), "AAECAwQFBgcICQoLDA0ODw=="
	me := h.as("member")
	me.get("/api/v1/push/subscription").wants(http.StatusNotFound)
	me.put("/api/v1/push/subscription", "data[alerts][poll]", "true").wants(http.StatusNotFound)
	sent := me.post("/api/v1/push/subscription", "subscription[endpoint]", "https://push.example/abc", "subscription[keys][p256dh]", p256dh,
		"subscription[keys][auth]", secret, "subscription[standard]", "false", "data[alerts][mention]", "1", "data[alerts][admin.report]", "on",
		"data[alerts][follow]", "false", "data[policy]", "followed")
	sent.object()
	if sent.text("endpoint") != "https://push.example/abc" || sent.text("policy") != "followed" || sent.at("standard") != true ||
		sent.at("alerts.mention") != true || sent.at("alerts.follow") != false || sent.at("alerts.poll") != false {
		t.Errorf("subscription: %s", sent.body)
	}
	if alerts := sent.at("alerts").(map[string]any); alerts["admin.report"] != true || len(alerts) != 10 {
		t.Errorf("alerts: %v", alerts)
	}
	if app := h.as("").get("/api/v2/instance"); sent.text("server_key") == "" || app.text("configuration.vapid.public_key") != sent.text("server_key") {
		t.Errorf("keys: %q, %q", sent.text("server_key"), app.text("configuration.vapid.public_key"))
	}
	changed := me.json(http.MethodPut, "/api/v1/push/subscription", map[string]any{"data": map[string]any{"alerts": map[string]any{"poll": true}}})
	if changed.at("alerts.poll") != true || changed.at("alerts.mention") != false || changed.text("policy") != "followed" || changed.at("id") != sent.at("id") {
		t.Errorf("changed: %s", changed.body)
	}
	if policy := me.json(http.MethodPut, "/api/v1/push/subscription", map[string]any{"policy": "none"}); policy.text("policy") != "none" || policy.at("alerts.poll") != true {
		t.Errorf("policy: %s", policy.body)
	}
	// It belongs to the token: another program of the same person has none.
	h.holding(h.token("member", "push")).get("/api/v1/push/subscription").wants(http.StatusNotFound)
	h.holding(h.token("member", "read", "write", "follow")).get("/api/v1/push/subscription").wants(http.StatusForbidden)
	me.get("/api/v1/push/subscription").wants(http.StatusOK)
	for range 2 {
		if got := me.delete("/api/v1/push/subscription").object(); len(got) != 0 {
			t.Errorf("deleted: %v", got)
		}
	}
	me.get("/api/v1/push/subscription").wants(http.StatusNotFound)
	me.post("/api/v1/push/subscription", "subscription[endpoint]", "here", "subscription[keys][p256dh]", p256dh, "subscription[keys][auth]", secret).wants(http.StatusUnprocessableEntity)
	me.post("/api/v1/push/subscription").wants(http.StatusUnprocessableEntity)
}
