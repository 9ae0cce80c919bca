package mastodon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

func TestReport(t *testing.T) {
	h := newHouse(t)
	shown := h.write("other", post.Public, "Kaufen Sie!")
	hidden := h.write("other", post.Followers, "Nur für Freunde.")
	foreign := h.write("editor", post.Public, "Unbeteiligt.")
	r := h.as("member").json(http.MethodPost, "/api/v1/reports", map[string]any{
		"account_id": fmt.Sprint(h.id("other")), "comment": " Werbung ", "category": "spam", "forward": true, "rule_ids": []string{"1"},
		"status_ids": []any{fmt.Sprint(shown.ID), fmt.Sprint(hidden.ID), fmt.Sprint(foreign.ID), "404", fmt.Sprint(shown.ID)},
	})
	r.object()
	if ids := r.at("status_ids").([]any); !slices.Equal(ids, []any{fmt.Sprint(shown.ID)}) {
		t.Errorf("reported: %v", ids)
	}
	if r.text("comment") != "Werbung" || r.text("category") != "spam" || r.at("action_taken") != false || r.at("forwarded") != false || r.text("target_account.username") != "other" ||
		r.text("rule_ids.0") != "1" {
		t.Errorf("report: %s", r.body)
	}
	h.work()
	// The moderators hear of it, and nobody else does.
	for _, who := range []string{"moderator", "admin"} {
		list := h.as(who).get("/api/v1/notifications")
		if list.text("0.type") != "admin.report" || list.text("0.account.username") != "member" || list.text("0.report.id") != r.text("id") || list.text("0.report.target_account.username") != "other" {
			t.Errorf("%s is told %s", who, list.body)
		}
		if grouped := h.as(who).get("/api/v2/notifications"); grouped.text("notification_groups.0.report.id") != r.text("id") {
			t.Errorf("%s is told %s", who, grouped.body)
		}
	}
	for _, who := range []string{"member", "other", "editor"} {
		if got := strings.TrimSpace(string(h.as(who).get("/api/v1/notifications").body)); got != "[]" {
			t.Errorf("%s is told %s", who, got)
		}
	}

	for body, want := range map[string]int{
		"account_id=404": http.StatusNotFound,
		"":               http.StatusNotFound,
		"account_id=" + fmt.Sprint(h.id("member")):                                          http.StatusUnprocessableEntity,
		"account_id=" + fmt.Sprint(h.id("other")) + "&category=boring":                      http.StatusUnprocessableEntity,
		"account_id=" + fmt.Sprint(h.id("other")) + "&comment=" + strings.Repeat("x", 1001): http.StatusUnprocessableEntity,
		"account_id=" + fmt.Sprint(h.id("other")) + "&comment=" + strings.Repeat("x", 1000): http.StatusOK,
		"account_id=" + fmt.Sprint(h.id("other")) + "&rule_ids[]=2":                         http.StatusOK,
	} {
		answer := h.as("member").do(http.MethodPost, "/api/v1/reports", "application/x-www-form-urlencoded", strings.NewReader(body)).wants(want)
		if strings.Contains(body, "rule_ids") && answer.text("category") != "violation" {
			t.Errorf("with rules: %s", answer.body)
		}
	}
	h.as("").post("/api/v1/reports", "account_id", fmt.Sprint(h.id("other"))).wants(http.StatusUnauthorized)
}
