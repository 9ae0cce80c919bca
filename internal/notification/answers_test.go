package notification_test

import (
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// The author of a practice hears of a reuse and of an assessment as such, once, and of no answer besides.
func TestAnswersToAPractice(t *testing.T) {
	h := newHouse(t)
	practices := practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	reuses := reuse.New(h.DB, h.Organizations, h.Posts, practices, posttest.Base)
	assessments := assessment.New(h.DB, h.Accounts, h.Posts, practices, h.Queue)
	id, err := practices.Publish(h.Ctx, h.Member, 0, practice.Draft{Title: "Server abschalten", Summary: "Nachts laufen nur halb so viele.", Source: "x", Level: "land"})
	h.Must(err)
	save := func(by account.Account, s reuse.State) {
		t.Helper()
		_, err := reuses.Save(h.Ctx, by, id, reuse.Draft{State: s, Source: "Gut, @redaktion"})
		h.Must(err)
		h.work()
	}
	save(h.Other, reuse.Planned)
	h.expect(h.Member, "reuse einkauf")
	h.expect(h.Editor, "mention einkauf")
	save(h.Other, reuse.InUse) // said anew, but not told again
	h.expect(h.Member, "reuse einkauf")

	_, err = assessments.Save(h.Ctx, h.Admin, id, assessment.Draft{Status: assessment.Critical, Progress: "begun", Horizon: assessments.Year(), Source: "Darum."})
	h.Must(err)
	h.work()
	h.expect(h.Member, "assessment verwaltung", "reuse einkauf")

	// Whoever says so of what is no practice answers as everybody does.
	thread := h.Thread(h.Admin, "Kein Praxisbeispiel")
	h.Arrives(h.Remote, "falsch", func(r *post.Received) {
		r.Role, r.InReplyToURI, r.PublishedAt = post.RoleReuse, thread.URI, time.Now()
	})
	h.work()
	h.expect(h.Admin, "reply klima@vitako.example")
	// Programs know them as mentions.
	for _, kind := range []string{notification.Reuse, notification.Assessment} {
		if notification.Types[kind] != "mention" {
			t.Errorf("%s is a %q", kind, notification.Types[kind])
		}
	}
}

func TestInvitedToAssess(t *testing.T) {
	h := newHouse(t)
	practices := practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	assessments := assessment.New(h.DB, h.Accounts, h.Posts, practices, h.Queue)
	id, err := practices.Publish(h.Ctx, h.Editor, 0, practice.Draft{Title: "Server abschalten", Summary: "Nachts laufen nur halb so viele.", Source: "x", Level: "land"})
	h.Must(err)
	h.Must(assessments.Invite(h.Ctx, h.Editor, id, h.Guest.ID, ""))
	h.Must(assessments.Invite(h.Ctx, h.Editor, id, h.Other.ID, ""))
	list, err := assessments.Invitations(h.Ctx, h.Editor, id)
	h.Must(err)
	h.Must(assessments.Revoke(h.Ctx, h.Editor, id, list[0].ID)) // taken back before it was told
	h.work()
	h.expect(h.Guest, "invited redaktion")
	h.expect(h.Other)
	if got := h.find(h.Guest)[0]; got.Post == nil || got.Post.Post.ID != id {
		t.Errorf("invited to %+v", got.Post)
	}
	// Withdrawn, the practice is nothing to hear of.
	h.Must(practices.Withdraw(h.Ctx, h.Editor, id))
	if err := assessments.Invite(h.Ctx, h.Editor, id, h.Member.ID, ""); !fault.Is(err, fault.Gone) {
		t.Error(err)
	}
	h.expect(h.Guest)
}
