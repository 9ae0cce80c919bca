package notification_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestReviewIsTold follows a text through its approval: who may decide hears that it waits, who took part hears what was said.
func TestReviewIsTold(t *testing.T) {
	h := newHouse(t)
	practices := practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	second := h.Account("redaktion2", "", account.Person, account.RoleEditor)
	third := h.Account("redaktion3", "", account.Person, account.RoleEditor)
	// Nobody misses a decision because they would rather not hear of who takes it.
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, h.Member.ID, h.Editor.ID)
	everyone := []account.Account{h.Member, h.Editor, second, third, h.Other, h.Guest}
	wants := func(what string, want ...string) {
		t.Helper()
		h.work()
		var got []string
		for _, a := range everyone {
			for _, line := range h.told(a) {
				got = append(got, a.Username+" hears: "+line)
			}
			h.Must(h.notifications.Clear(h.Ctx, a))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	d := practice.Draft{Title: "Server nachts abschalten", Summary: "Was niemand braucht, läuft nicht.", Source: "Ab 22 Uhr."}
	id, version, err := practices.Ask(h.Ctx, second, 0, d) // an editor's own text
	h.Must(err)
	wants("asked by an editor", "redaktion hears: review redaktion2", "redaktion3 hears: review redaktion2")
	h.Must(practices.Discard(h.Ctx, second, id, version))
	wants("discarded")

	id, _, err = practices.Ask(h.Ctx, h.Member, 0, d)
	h.Must(err)
	h.work()
	if views, err := h.notifications.Find(h.Ctx, h.Editor, notification.Query{Page: paging.Page{Limit: 5}, Typed: true}); err != nil || len(views) != 0 {
		t.Errorf("programs are shown %d reviews: %v", len(views), err)
	}
	wants("asked", "redaktion hears: review rechenzentrum", "redaktion2 hears: review rechenzentrum", "redaktion3 hears: review rechenzentrum")
	h.Must(practices.Comment(h.Ctx, h.Editor, id, "Woher weiß man das?"))
	wants("commented", "rechenzentrum hears: review redaktion")
	h.Must(practices.Comment(h.Ctx, h.Member, id, "Aus der Leittechnik."))
	wants("answered", "redaktion hears: review rechenzentrum")
	h.Must(practices.Return(h.Ctx, second, id, "Bitte die Quelle nennen."))
	wants("returned", "rechenzentrum hears: review redaktion2", "redaktion hears: review redaktion2")

	d.Source += " Quelle: Leittechnik."
	_, version, err = practices.Ask(h.Ctx, h.Member, id, d)
	h.Must(err)
	wants("asked again", "redaktion hears: review rechenzentrum", "redaktion2 hears: review rechenzentrum", "redaktion3 hears: review rechenzentrum")
	d.Source += " Stand 2025."
	_, version, err = practices.Save(h.Ctx, h.Editor, id, d)
	h.Must(err)
	var reminder job.RemindReview
	for _, raw := range h.Jobs("review.remind") {
		h.Must(json.Unmarshal([]byte(raw), &reminder))
	}
	h.Must(practices.Remind(h.Ctx, reminder))
	wants("reminded, but not who changed it last", "redaktion2 hears: review rechenzentrum", "redaktion3 hears: review rechenzentrum")
	_, err = practices.Approve(h.Ctx, third, id, version)
	h.Must(err)
	wants("approved", "rechenzentrum hears: review redaktion3", "redaktion hears: review redaktion3", "redaktion2 hears: review redaktion3")
}
