package notification_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

var open = notification.Policy{
	NotFollowing: notification.Accept, NotFollowers: notification.Accept, NewAccounts: notification.Accept,
	PrivateMentions: notification.Accept, LimitedAccounts: notification.Accept,
}

// with returns the open policy with one answer changed.
func with(change func(*notification.Policy)) notification.Policy {
	p := open
	change(&p)
	return p
}

// TestPolicy lets a stranger, and people near the reader in one way each, do one thing under one answer each.
func TestPolicy(t *testing.T) {
	h := newHouse(t)
	const (
		stranger  = "" // of long ago
		followed  = `INSERT INTO follows (id, account_id, target_id, uri, state) VALUES ($1, $1, $2, 'f:' || $1::bigint::text, 'accepted')`
		follows   = `INSERT INTO follows (id, account_id, target_id, uri, state, accepted_at) VALUES ($1, $2, $1, 'f:' || $1::bigint::text, 'accepted', now() - interval '4 days')`
		recently  = `INSERT INTO follows (id, account_id, target_id, uri, state, accepted_at) VALUES ($1, $2, $1, 'f:' || $1::bigint::text, 'accepted', now() - interval '2 days')`
		isNew     = `UPDATE accounts SET created_at = now() - interval '29 days' WHERE id = $2 AND $1::bigint > 0`
		newFriend = followed + `;` + isNew
		limited   = `UPDATE accounts SET silenced = true WHERE id = $2 AND $1::bigint > 0`
		limFriend = followed + `;` + limited
		letIn     = `INSERT INTO notification_requests (id, account_id, from_account_id, state) VALUES ($1, $1, $2, 'accepted')`
		putAway   = `INSERT INTO notification_requests (id, account_id, from_account_id, state) VALUES ($1, $1, $2, 'dismissed')`
	)
	notFollowing := func(a notification.Answer) notification.Policy {
		return with(func(p *notification.Policy) { p.NotFollowing = a })
	}
	notFollowers := with(func(p *notification.Policy) { p.NotFollowers = notification.Filter })
	newAccounts := with(func(p *notification.Policy) { p.NewAccounts = notification.Filter })
	private := with(func(p *notification.Policy) { p.PrivateMentions = notification.Filter })
	fromLimited := with(func(p *notification.Policy) { p.LimitedAccounts = notification.Filter })
	both := with(func(p *notification.Policy) { p.NotFollowing, p.NotFollowers = notification.Filter, notification.Drop })
	const accept, filter, drop = notification.Accept, notification.Filter, notification.Drop
	for i, test := range []struct {
		policy   notification.Policy
		relation string
		deed     string
		want     notification.Answer
	}{
		{open, stranger, "mention", accept},
		{open, limited, "mention", accept},
		{fromLimited, stranger, "mention", accept},
		{fromLimited, limited, "mention", filter},
		{fromLimited, limFriend, "mention", accept},
		{open, stranger, "direct", accept},
		{open, isNew, "mention", accept},
		{notFollowing(filter), stranger, "mention", filter},
		{notFollowing(drop), stranger, "mention", drop},
		{notFollowing(drop), follows, "mention", drop},
		{notFollowing(filter), stranger, "follow", filter},
		{notFollowing(filter), stranger, "favourite", filter},
		{notFollowing(filter), followed, "mention", accept},
		{notFollowing(drop), letIn, "mention", accept},
		{notFollowing(filter), putAway, "mention", filter},
		{notFollowers, stranger, "mention", filter},
		{notFollowers, followed, "mention", filter},
		{notFollowers, recently, "mention", filter},
		{notFollowers, follows, "mention", accept},
		{newAccounts, stranger, "mention", accept},
		{newAccounts, isNew, "mention", filter},
		{newAccounts, newFriend, "mention", accept},
		{private, stranger, "mention", accept},
		{private, stranger, "direct", filter},
		{private, follows, "direct", filter},
		{private, followed, "direct", accept},
		{private, stranger, "answer", accept},
		{private, stranger, "correspondence", accept},
		{both, stranger, "mention", drop},
		{both, follows, "mention", filter},
		{notFollowing(drop), stranger, "poll", accept},
	} {
		reader := h.Account(fmt.Sprint("leserin", i), "", account.Person, account.RoleMember)
		from := h.Account(fmt.Sprint("fremde", i), "vitako.example", account.Person, "")
		h.settled()
		name := fmt.Sprintf("%v %.40s %s", test.policy, test.relation, test.deed)
		h.Must(h.notifications.SavePolicy(h.Ctx, reader, test.policy))
		for _, q := range strings.Split(test.relation, ";") {
			if q != stranger {
				h.exec(q, reader.ID, from.ID)
			}
		}
		mention := func(r *post.Received) { r.MentionIDs = []int64{reader.ID} }
		switch test.deed {
		case "mention":
			h.Arrives(from, fmt.Sprint("hallo-", i), mention)
		case "direct":
			h.Arrives(from, fmt.Sprint("hallo-", i), func(r *post.Received) { mention(r); r.Visibility = post.Direct })
		case "answer", "correspondence":
			own := h.Write(reader, post.Draft{Title: "Frage", Source: "@" + from.Handle() + ", wie?", Visibility: post.Direct})
			parent := own
			if test.deed == "correspondence" {
				// The answer to an answer, in a thread in which the reader wrote to them.
				parent = h.Arrives(h.RemoteOther, fmt.Sprint("dazwischen-", i), func(r *post.Received) {
					r.InReplyToURI, r.Visibility, r.MentionIDs = own.URI, post.Direct, []int64{from.ID}
				})
				h.exec(`DELETE FROM river_job`)
			}
			h.Arrives(from, fmt.Sprint("antwort-", i), func(r *post.Received) { mention(r); r.Visibility, r.InReplyToURI = post.Direct, parent.URI })
		case "follow":
			h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyFollow, ID: h.Follow(from, reader)}))
		case "favourite":
			p := h.Thread(reader, "Wurzel")
			h.Must(h.Posts.ReceiveFavourite(h.Ctx, from.ID, p.ID, fmt.Sprint("https://vitako.example/likes/", i)))
		case "poll":
			p := h.Arrives(from, fmt.Sprint("umfrage-", i), nil)
			h.exec(`INSERT INTO polls (post_id) VALUES ($1)`, p.ID)
			h.exec(`INSERT INTO poll_options (post_id, position, title) VALUES ($1, 0, 'a')`, p.ID)
			h.exec(`INSERT INTO poll_votes (id, post_id, position, account_id) VALUES ($2, $1, 0, $2)`, p.ID, reader.ID)
			h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyPoll, ID: p.ID}))
		}
		h.work()
		got := drop
		if len(h.find(reader)) == 1 {
			got = accept
		} else if list, err := h.notifications.Find(h.Ctx, reader, notification.Query{Filtered: true}); err != nil || len(list) == 1 {
			h.Must(err)
			got = filter
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
		waiting, err := h.notifications.Requests(h.Ctx, reader, paging.Page{})
		h.Must(err)
		if (len(waiting) == 1) != (test.want == filter) {
			t.Errorf("%s: %d requests", name, len(waiting))
		}
	}
}

func TestStaffIsHeard(t *testing.T) {
	h := newHouse(t)
	h.Must(h.notifications.SavePolicy(h.Ctx, h.Member, with(func(p *notification.Policy) { p.NotFollowing = notification.Drop })))
	h.Write(h.Admin, post.Draft{Title: "Wartung", Source: "@rechenzentrum heute Abend"})
	h.Write(h.Editor, post.Draft{Title: "Werbung", Source: "@rechenzentrum jetzt"})
	h.work()
	h.expect(h.Member, "mention verwaltung")
}

func TestPolicyIsKept(t *testing.T) {
	h := newHouse(t)
	usual := open
	usual.PrivateMentions, usual.LimitedAccounts = notification.Filter, notification.Filter
	p, err := h.notifications.Policy(h.Ctx, h.Member)
	h.Must(err)
	if diff := cmp.Diff(usual, p); diff != "" {
		t.Errorf("of who never set one: %s", diff)
	}
	p.NewAccounts = notification.Drop
	h.Must(h.notifications.SavePolicy(h.Ctx, h.Member, p))
	p.NewAccounts = "perhaps"
	h.Want(h.notifications.SavePolicy(h.Ctx, h.Member, p), fault.Invalid)
	p, err = h.notifications.Policy(h.Ctx, h.Member)
	h.Must(err)
	usual.NewAccounts = notification.Drop
	if diff := cmp.Diff(usual, p); diff != "" {
		t.Error(diff)
	}
}

func TestRequests(t *testing.T) {
	h := newHouse(t)
	h.settled()
	h.Must(h.notifications.SavePolicy(h.Ctx, h.Member, with(func(p *notification.Policy) { p.NotFollowing = notification.Filter })))
	root := h.Thread(h.Member, "Wurzel")
	arrives := func(by account.Account, name string) post.Post {
		t.Helper()
		p := h.Arrives(by, name, func(r *post.Received) { r.InReplyToURI = root.URI })
		h.work()
		return p
	}
	arrives(h.Remote, "eins")
	last := arrives(h.Remote, "zwei")
	h.Must(h.Posts.ReceiveFavourite(h.Ctx, h.Remote.ID, root.ID, "https://vitako.example/likes/1"))
	arrives(h.RemoteOther, "drei")
	h.expect(h.Member) // neither listed nor counted

	list, err := h.notifications.Requests(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	if len(list) != 2 || list[0].From.ID != h.RemoteOther.ID || list[1].From.ID != h.Remote.ID {
		t.Fatalf("requests: %+v", list)
	}
	remote, other := list[1], list[0]
	if remote.Count != 3 || remote.Last == nil || remote.Last.Post.ID != root.ID && remote.Last.Post.ID != last.ID {
		t.Errorf("request: %+v", remote)
	}
	pages, err := h.notifications.Requests(h.Ctx, h.Member, paging.Page{Limit: 1, MaxID: other.ID})
	h.Must(err)
	if len(pages) != 1 || pages[0].ID != remote.ID {
		t.Errorf("second page: %+v", pages)
	}
	people, notifications, err := h.notifications.Pending(h.Ctx, h.Member)
	if h.Must(err); people != 2 || notifications != 4 {
		t.Errorf("pending: %d people, %d notifications", people, notifications)
	}

	// Nobody else's.
	_, err = h.notifications.Request(h.Ctx, h.Other, remote.ID)
	h.Want(err, fault.NotFound)
	if n, err := h.notifications.AcceptRequests(h.Ctx, h.Other, remote.ID); err != nil || n != 0 {
		t.Errorf("others accept %d, %v", n, err)
	}

	if n, err := h.notifications.AcceptRequests(h.Ctx, h.Member, remote.ID, 404); err != nil || n != 1 {
		t.Errorf("accepts %d, %v", n, err)
	}
	_, err = h.notifications.Request(h.Ctx, h.Member, remote.ID)
	h.Want(err, fault.NotFound)
	h.expect(h.Member, "favourite klima@vitako.example", "reply klima@vitako.example", "reply klima@vitako.example")
	arrives(h.Remote, "vier")
	h.expect(h.Member, "reply klima@vitako.example", "favourite klima@vitako.example", "reply klima@vitako.example", "reply klima@vitako.example")

	if n, err := h.notifications.DismissRequests(h.Ctx, h.Member, other.ID); err != nil || n != 1 {
		t.Errorf("dismisses %d, %v", n, err)
	}
	if people, notifications, err = h.notifications.Pending(h.Ctx, h.Member); err != nil || people != 0 || notifications != 0 {
		t.Errorf("pending: %d people, %d notifications, %v", people, notifications, err)
	}
	// Who comes again asks again, with what is new.
	arrives(h.RemoteOther, "fünf")
	list, err = h.notifications.Requests(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	if len(list) != 1 || list[0].Count != 1 || list[0].ID <= other.ID {
		t.Errorf("requests: %+v", list)
	}
	// Who is muted does not even ask.
	h.exec(`INSERT INTO mutes (id, account_id, target_id) VALUES (1, $1, $2)`, h.Member.ID, h.RemoteOther.ID)
	if people, _, err = h.notifications.Pending(h.Ctx, h.Member); err != nil || people != 0 {
		t.Errorf("pending: %d people, %v", people, err)
	}
}
