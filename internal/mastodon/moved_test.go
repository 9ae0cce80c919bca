package mastodon

import (
	"net/http"
	"testing"

	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
)

// Clients are told where somebody has moved: by the account itself, not by a notification for which they have no name.
func TestMoved(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	old, target := h.people["editor"], h.people["other"]
	if err := h.Accounts.AddAlias(ctx, target, old); err != nil {
		t.Fatal(err)
	}
	f, err := h.Follows.Follow(ctx, h.people["member"], h.people["member"].ID, old.ID)
	h.must(err)
	target, err = h.Accounts.ByID(ctx, target.ID)
	h.must(err)
	if r := h.as("").get(h.accountPath("editor", "")).wants(http.StatusOK); r.at("moved") != nil {
		t.Errorf("moved %v", r.at("moved"))
	}
	h.must(h.Accounts.MoveTo(ctx, old, target))
	h.must(h.Notifications.Notify(ctx, job.Notify{Event: job.NotifyMoved, ID: f.ID}))
	r := h.as("").get(h.accountPath("editor", "")).wants(http.StatusOK)
	if r.text("moved.acct") != "other" || r.at("moved.moved") != nil {
		t.Errorf("moved %v", r.at("moved"))
	}
	if views, err := h.Notifications.Find(ctx, h.people["member"], notification.Query{}); err != nil || len(views) != 1 || views[0].Kind != notification.Moved {
		t.Fatalf("notices %v, %v", views, err)
	}
	if got := h.as("member").get("/api/v1/notifications").wants(http.StatusOK).ids(); len(got) != 0 {
		t.Errorf("clients are told %v", got)
	}
	if got := h.as("member").get("/api/v1/notifications/unread_count").wants(http.StatusOK); got.at("count") != 0. {
		t.Errorf("unread: %s", got.body)
	}
	if got := h.as("member").get("/api/v2/notifications").wants(http.StatusOK); len(got.at("notification_groups").([]any)) != 0 {
		t.Errorf("groups: %s", got.body)
	}
}
