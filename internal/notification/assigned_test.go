package notification_test

import (
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestAssignedIsTold: an editor hears that a practice on the desk was given to them, each time anew, unless they took it
// themselves or have it no more; programs, which have no name for it, are not shown it.
func TestAssignedIsTold(t *testing.T) {
	h := newHouse(t)
	practices := practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	desk := curation.New(h.DB, h.Organizations, h.Accounts, h.Posts, practices, h.Queue)
	h.exec(`UPDATE organization SET curates = true`)
	second := h.Account("redaktion2", "", account.Person, account.RoleEditor)
	id, err := practices.Publish(h.Ctx, h.Member, 0, practice.Draft{Title: "Server abschalten", Summary: "Nachts laufen nur halb so viele.", Source: "x", Level: "land"})
	h.Must(err)
	h.Must(desk.Arrived(h.Ctx, id))
	h.Jobs("notification.notify")
	give := func(by account.Account, to int64) {
		t.Helper()
		h.Must(desk.Assign(h.Ctx, by, id, to))
		h.work()
	}

	give(h.Editor, h.Editor.ID)
	h.expect(h.Editor)
	// Work is no matter of whom one likes to hear, nor of the discussion below.
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, second.ID, h.Editor.ID)
	h.exec(`INSERT INTO thread_mutes (account_id, thread_id) VALUES ($1, $2)`, second.ID, id)
	give(h.Editor, second.ID)
	h.expect(second, "assigned redaktion")
	h.expect(h.Editor)
	first := h.find(second)[0]
	if first.Post == nil || first.Post.Post.ID != id {
		t.Errorf("the line is about %v", first.Post)
	}
	if views, err := h.notifications.Find(h.Ctx, second, notification.Query{Page: paging.Page{Limit: 5}, Typed: true}); err != nil || len(views) != 0 {
		t.Errorf("programs are shown %d: %v", len(views), err)
	}

	// Given away and given again, it is told again, in the place of the first time.
	h.Must(h.notifications.MarkRead(h.Ctx, second, first.ID))
	give(second, 0)
	give(h.Admin, second.ID)
	h.expect(second, "assigned verwaltung")

	// What was given to somebody else before this one could be told is not theirs.
	third := h.Account("redaktion3", "", account.Person, account.RoleEditor)
	h.Must(desk.Assign(h.Ctx, h.Editor, id, third.ID))
	h.Must(desk.Assign(h.Ctx, h.Editor, id, second.ID))
	h.work()
	h.expect(third)
	h.expect(second, "assigned redaktion")

	h.exec(`UPDATE accounts SET role = 'member' WHERE id = $1`, second.ID)
	h.expect(second)
}
