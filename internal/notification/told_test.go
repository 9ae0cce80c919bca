package notification_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

func (h *house) exec(query string, args ...any) {
	h.Helper()
	_, err := h.DB.ExecContext(h.Ctx, query, args...)
	h.Must(err)
}

// settled makes everybody an account of long ago, so that nobody is new.
func (h *house) settled() {
	h.Helper()
	h.exec(`UPDATE accounts SET created_at = now() - interval '1 year'`)
}

func TestCloseFollowersHearOfPosts(t *testing.T) {
	h := newHouse(t)
	for _, reader := range []account.Account{h.Member, h.Guest} {
		h.Follow(reader, h.Remote)
		h.Follow(reader, h.Other)
	}
	h.exec(`UPDATE follows SET notify = true WHERE account_id = $1`, h.Member.ID)

	thread := h.Thread(h.Other, "Neues")
	h.Answer(h.Other, thread, "Und noch etwas.")            // to oneself
	h.Answer(h.Other, h.Thread(h.Editor, "Anderes"), "Ja.") // to somebody else
	h.Arrives(h.Remote, "alt", func(r *post.Received) { r.PublishedAt = time.Now().Add(-48 * time.Hour) })
	h.Arrives(h.Remote, "neu", func(r *post.Received) { r.Visibility = post.Followers })
	h.Arrives(h.Remote, "an-mich", func(r *post.Received) { r.MentionIDs = []int64{h.Member.ID} })
	h.work()
	h.expect(h.Member, "mention klima@vitako.example", "status klima@vitako.example", "status einkauf", "status einkauf")
	h.expect(h.Guest)
}

func TestBoostersHearOfEdits(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wurzel")
	h.Must(h.Posts.Boost(h.Ctx, h.Other, p.ID))
	h.Must(h.Posts.Favourite(h.Ctx, h.Guest, p.ID))
	h.work()
	edit := func(text string) {
		t.Helper()
		_, err := h.Posts.Edit(h.Ctx, h.Member, p.ID, "Wurzel", text)
		h.Must(err)
		h.work()
	}
	edit("anders")
	h.expect(h.Other, "update rechenzentrum")
	h.expect(h.Guest)
	first := h.find(h.Other)[0].ID

	// The next edit replaces what was told of the one before.
	h.exec(`UPDATE notifications SET created_at = created_at - interval '1 hour', read_at = now() WHERE kind = 'update'`)
	edit("wieder anders")
	h.expect(h.Other, "update rechenzentrum")
	if again := h.find(h.Other)[0]; again.ID <= first || again.ReadAt != nil {
		t.Errorf("the second edit is told as %d, read %v; the first was %d", again.ID, again.ReadAt, first)
	}
}

func TestPollsTellTheirResult(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wann?")
	h.exec(`UPDATE posts SET kind = 'question' WHERE id = $1`, p.ID)
	h.exec(`INSERT INTO polls (post_id) VALUES ($1)`, p.ID)
	h.exec(`INSERT INTO poll_options (post_id, position, title) VALUES ($1, 0, 'a'), ($1, 1, 'b')`, p.ID)
	for i, voter := range []account.Account{h.Other, h.Remote, h.Guest} {
		h.exec(`INSERT INTO poll_votes (id, post_id, position, account_id) VALUES ($1, $2, 0, $3)`, i+1, p.ID, voter.ID)
	}
	h.exec(`INSERT INTO poll_votes (id, post_id, position, account_id) VALUES (9, $1, 1, $2)`, p.ID, h.Other.ID)
	h.Jobs("notification.notify")
	for range 2 {
		h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyPoll, ID: p.ID}))
	}
	for _, a := range []account.Account{h.Member, h.Other, h.Guest} {
		h.expect(a, "poll rechenzentrum")
	}
	h.expect(h.Editor)
}

func TestReportsAreForModerators(t *testing.T) {
	h := newHouse(t)
	moderator := h.Account("moderation", "", account.Person, account.RoleModerator)
	for i := range int64(2) {
		h.exec(`INSERT INTO reports (id, account_id, target_id) VALUES ($1, $2, $3)`, i+1, h.Member.ID, h.Other.ID)
		for range 2 {
			h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyReport, ID: i + 1}))
		}
	}
	// A moderator's mute or policy is no way to miss a report.
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, moderator.ID, h.Member.ID)
	h.exec(`INSERT INTO notification_policies (account_id, for_not_following) VALUES ($1, 'drop')`, moderator.ID)
	h.exec(`INSERT INTO reports (id, account_id, target_id) VALUES (3, $1, $2)`, h.Member.ID, h.Other.ID)
	h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyReport, ID: 3}))
	h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyReport, ID: 404}))
	for _, a := range []account.Account{moderator, h.Admin} {
		h.expect(a, "report rechenzentrum", "report rechenzentrum", "report rechenzentrum")
	}
	h.expect(h.Editor)
	// Who is a moderator no longer sees none.
	h.exec(`UPDATE accounts SET role = 'member' WHERE id = $1`, moderator.ID)
	h.expect(moderator)
}

// Whoever the reader does not want to hear of neither gets in, nor stays visible with what got in before.
func TestBlocksAndMutes(t *testing.T) {
	h := newHouse(t)
	for i, test := range []struct {
		name  string
		query string // $1 the reader, $2 who writes, $3 the thread
		heard bool
	}{
		{"nothing", `SELECT $1::bigint, $2::bigint, $3::bigint`, true},
		{"block", `INSERT INTO blocks (id, account_id, target_id) SELECT $1, $1, $2 WHERE $3::bigint > 0`, false},
		{"blocked", `INSERT INTO blocks (id, account_id, target_id) SELECT $1, $2, $1 WHERE $3::bigint > 0`, false},
		{"mute", `INSERT INTO mutes (id, account_id, target_id) SELECT $1, $1, $2 WHERE $3::bigint > 0`, false},
		{"mute but notifications", `INSERT INTO mutes (id, account_id, target_id, notifications) SELECT $1, $1, $2, false WHERE $3::bigint > 0`, true},
		{"mute that ended", `INSERT INTO mutes (id, account_id, target_id, expires_at) SELECT $1, $1, $2, now() - interval '1 minute' WHERE $3::bigint > 0`, true},
		{"domain", `INSERT INTO domain_blocks (id, account_id, domain) SELECT $2, $1, (SELECT domain FROM accounts WHERE id = $2) WHERE $3::bigint > 0`, false},
		{"thread", `INSERT INTO thread_mutes (account_id, thread_id) SELECT $1, $3 WHERE $2::bigint > 0`, false},
		{"another thread", `INSERT INTO thread_mutes (account_id, thread_id) SELECT $1, $3::bigint + 1 WHERE $2::bigint > 0`, true},
	} {
		reader := h.Account(fmt.Sprint("leserin", i), "", account.Person, account.RoleMember)
		from := h.Account(fmt.Sprint("fremde", i), fmt.Sprint("host", i, ".example"), account.Person, "")
		root := h.Thread(reader, "Wurzel")
		arrives := func(name string) {
			h.Arrives(from, name, func(r *post.Received) { r.InReplyToURI = root.URI })
			h.work()
		}
		arrives("vorher")
		h.exec(test.query, reader.ID, from.ID, root.ThreadID)
		rows := h.Count(`SELECT count(*) FROM notifications`)
		arrives("nachher")
		want := []string{}
		if test.heard {
			want = append(want, "reply "+from.Handle(), "reply "+from.Handle())
		}
		h.expect(reader, want...)
		if written := h.Count(`SELECT count(*) FROM notifications`) - rows; (written == 1) != test.heard {
			t.Errorf("%s: %d written", test.name, written)
		}
	}
}

// find lists an account's notifications as clients see them.
func (h *house) find(a account.Account) []notification.View {
	h.Helper()
	list, err := h.notifications.Find(h.Ctx, a, notification.Query{Page: paging.Page{Limit: paging.MaxLimit}})
	h.Must(err)
	return list
}

func TestQueries(t *testing.T) {
	h := newHouse(t)
	root := h.Thread(h.Member, "Wurzel")
	h.Must(h.Posts.Favourite(h.Ctx, h.Other, root.ID))
	h.Must(h.Posts.Favourite(h.Ctx, h.Guest, root.ID))
	h.Must(h.Posts.Boost(h.Ctx, h.Other, root.ID))
	h.Answer(h.Other, root, "Aha.")
	h.work()
	h.exec(`UPDATE notifications SET filtered = true WHERE kind = 'reply'`)
	all := notification.Kinds
	for _, test := range []struct {
		name  string
		query notification.Query
		want  []string
	}{
		{"all", notification.Query{}, []string{"boost einkauf", "favourite gast", "favourite einkauf"}},
		{"with filtered", notification.Query{Filtered: true}, []string{"reply einkauf", "boost einkauf", "favourite gast", "favourite einkauf"}},
		{"all kinds", notification.Query{Kinds: all, Filtered: true}, []string{"reply einkauf", "boost einkauf", "favourite gast", "favourite einkauf"}},
		{"some kinds", notification.Query{Kinds: []string{"boost", "reply"}}, []string{"boost einkauf"}},
		{"no kind", notification.Query{Kinds: []string{}}, []string{}},
		{"of one", notification.Query{FromID: h.Other.ID}, []string{"boost einkauf", "favourite einkauf"}},
		{"kinds of one", notification.Query{FromID: h.Other.ID, Kinds: []string{"favourite", "mention"}}, []string{"favourite einkauf"}},
		{"limit", notification.Query{Page: paging.Page{Limit: 2}}, []string{"boost einkauf", "favourite gast"}},
		{"kinds with limit", notification.Query{Kinds: all, Page: paging.Page{Limit: 2}}, []string{"boost einkauf", "favourite gast"}},
		{"kinds upwards", notification.Query{Kinds: all, Page: paging.Page{Limit: 2, MinID: 1}}, []string{"boost einkauf", "favourite gast"}},
	} {
		list, err := h.notifications.Find(h.Ctx, h.Member, test.query)
		h.Must(err)
		got := []string{}
		for _, v := range list {
			got = append(got, v.Kind+" "+v.From.Handle())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		test.query.Page = paging.Page{Limit: 100}
		n, err := h.notifications.CountUnread(h.Ctx, h.Member.ID, test.query)
		h.Must(err)
		list, err = h.notifications.Find(h.Ctx, h.Member, test.query)
		h.Must(err)
		if n != len(list) {
			t.Errorf("%s: %d unread of %d", test.name, n, len(list))
		}
	}
	if n, err := h.notifications.CountUnread(h.Ctx, h.Member.ID, notification.Query{Page: paging.Page{Limit: 2}}); err != nil || n != 2 {
		t.Errorf("%d unread up to 2, %v", n, err)
	}
}

func TestDismissAndClear(t *testing.T) {
	h := newHouse(t)
	root := h.Thread(h.Member, "Wurzel")
	h.Must(h.Posts.Favourite(h.Ctx, h.Other, root.ID))
	h.Answer(h.Other, root, "Aha.")
	h.work()
	list := h.find(h.Member)
	h.Want(h.notifications.Dismiss(h.Ctx, h.Other, list[0].ID), "not_found")
	_, err := h.notifications.ByID(h.Ctx, h.Other.ID, list[0].ID)
	h.Want(err, "not_found")
	if v, err := h.notifications.ByID(h.Ctx, h.Member.ID, list[0].ID); err != nil || v.Post == nil || v.From.ID != h.Other.ID {
		t.Errorf("ByID: %+v, %v", v, err)
	}
	h.Must(h.notifications.Dismiss(h.Ctx, h.Member, list[0].ID))
	h.Want(h.notifications.Dismiss(h.Ctx, h.Member, list[0].ID), "not_found")
	h.expect(h.Member, "favourite einkauf")
	h.Must(h.notifications.Clear(h.Ctx, h.Other))
	h.expect(h.Member, "favourite einkauf")
	h.Must(h.notifications.Clear(h.Ctx, h.Member))
	h.expect(h.Member)
}

func TestListenersHearWhatIsShown(t *testing.T) {
	h := newHouse(t)
	var heard []string
	fail := false
	h.notifications.OnTold(func(ctx context.Context, tx *sqlx.Tx, n notification.Notification) error {
		heard = append(heard, fmt.Sprint(n.Kind, " ", n.AccountID == h.Member.ID))
		if fail {
			return context.Canceled
		}
		return nil
	})
	root := h.Thread(h.Member, "Wurzel")
	h.Answer(h.Other, root, "Aha.")
	h.work() // each job twice
	if diff := cmp.Diff([]string{"reply true"}, heard); diff != "" {
		t.Error(diff)
	}
	// What a listener refuses is not written, so that it is tried again.
	fail = true
	p := h.Answer(h.Guest, root, "Oho.")
	if err := h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyPost, ID: p.ID}); err == nil {
		t.Error("a listener's error is lost")
	}
	fail = false
	h.work()
	h.expect(h.Member, "reply gast", "reply einkauf")
}
