package notification_test

import (
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// TestUnconfirmed: those who may keep the directory are told of an entry that waits to be confirmed, and of nothing when it was confirmed
// meanwhile. A year later they are told anew, in place of the first time. Programs have no name for it.
func TestUnconfirmed(t *testing.T) {
	h := newHouse(t)
	listed := directory.New(h.DB, h.Organizations, h.Accounts, h.Queue, posttest.Base)
	id, err := listed.Save(h.Ctx, h.Editor, directory.Entry{Kind: directory.Contact, Name: "Green-IT-Stelle", Level: "land", Region: "DE-SH", Organization: "Staatskanzlei", Email: "green-it@sh.example"})
	h.Must(err)
	instance := h.Account("sh.example", "", account.Application, "")
	line := "unconfirmed " + instance.Handle()
	told := func() {
		t.Helper()
		for range 2 { // a job may run again
			h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyListed, ID: id}))
		}
	}
	told()
	h.expect(h.Editor)

	h.exec(`UPDATE directory_entries SET confirmed_at = now() - interval '13 months', reminded_at = now() WHERE id = $1`, id)
	told()
	h.expect(h.Editor, line)
	h.expect(h.Member)
	h.expect(h.Guest)
	list, err := h.notifications.List(h.Ctx, h.Editor, paging.Page{})
	h.Must(err)
	if list[0].ListedID == nil || *list[0].ListedID != id {
		t.Errorf("it is about %v", list[0].ListedID)
	}
	if views, err := h.notifications.Find(h.Ctx, h.Editor, notification.Query{Page: paging.Page{Limit: 5}, Typed: true}); err != nil || len(views) != 0 {
		t.Errorf("programs are shown %d: %v", len(views), err)
	}

	h.exec(`UPDATE notifications SET created_at = now() - interval '1 year', read_at = now() - interval '1 year'`)
	h.exec(`UPDATE directory_entries SET reminded_at = now() - interval '1 second' WHERE id = $1`, id)
	told()
	h.expect(h.Editor, line)

	h.exec(`UPDATE accounts SET role = $2 WHERE id = $1`, h.Editor.ID, account.RoleMember)
	if n, err := h.notifications.Unread(h.Ctx, h.Editor.ID); err != nil || n != 0 {
		t.Errorf("who edits no more has %d: %v", n, err)
	}
	h.Must(listed.Remove(h.Ctx, h.Editor, id))
	if n := h.Count(`SELECT count(*) FROM notifications`); n != 0 {
		t.Errorf("%d are left of an entry that is gone", n)
	}
}
