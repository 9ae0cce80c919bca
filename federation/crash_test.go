package federation_test

import (
	"fmt"
	"testing"
	"time"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// arrived waits until b has each of the posts once, in the state in which a has it.
func arrived(t *testing.T, a, b *ft.Instance, posts []post.Post) {
	t.Helper()
	for _, p := range posts {
		b.Eventually("arrival of "+p.Title, func() string {
			here, err := a.Posts.Get(t.Context(), p.ID)
			if err != nil {
				return err.Error()
			}
			there, err := b.Posts.Find(t.Context(), p.URI)
			if err != nil {
				return err.Error()
			}
			if there.Title != here.Title || there.State != here.State {
				return fmt.Sprintf("%s %q, want %s %q", there.State, there.Title, here.State, here.Title)
			}
			return ""
		})
	}
	ft.Settle(a, b)
	if n := b.Count(`SELECT count(*) FROM posts`); n != len(posts) {
		t.Errorf("%d posts, want %d\n%s", n, len(posts), b.Diary())
	}
	if n := a.Count(`SELECT count(*) FROM deliveries WHERE state <> 'delivered'`); n != 0 {
		t.Errorf("%d deliveries did not arrive\n%s", n, a.Diary())
	}
}

// TestPeerRestarts: what is published while the other side is down arrives when it is back, in order.
func TestPeerRestarts(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	ft.Settle(a, b)
	b.StopWork()
	b.StopServing()
	var posts []post.Post
	for n := range 4 {
		posts = append(posts, a.Publish(fmt.Sprintf("Praxisbeispiel Nummer %d", n)))
	}
	if _, err := a.Practices.Publish(t.Context(), a.Editor, posts[0].ID, a.Sample("Praxisbeispiel, geändert")); err != nil {
		t.Fatal(err)
	}
	if err := a.Practices.Withdraw(t.Context(), a.Editor, posts[3].ID); err != nil {
		t.Fatal(err)
	}
	a.Eventually("first failure", func() string {
		if n := a.Count(`SELECT count(*) FROM deliveries WHERE state = 'pending' AND attempt > 0`); n == 0 {
			return "nothing failed yet"
		}
		return ""
	})
	b.Serve()
	b.Work()
	for _, p := range posts[:3] {
		b.Has(p.URI)
	}
	// The withdrawn one arrives as what it is: gone. It may never have been a post there.
	arrived(t, a, b, posts[:3])
}

// TestReceiverBreaksOff: answers of 503 in the middle lose nothing.
func TestReceiverBreaksOff(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	ft.Settle(a, b)
	var posts []post.Post
	for n := range 6 {
		if n == 2 {
			b.Broken.Store(503)
		}
		posts = append(posts, a.Publish(fmt.Sprintf("Praxisbeispiel Nummer %d", n)))
	}
	a.Eventually("failure", func() string {
		if n := a.Count(`SELECT count(*) FROM deliveries WHERE state = 'pending' AND last_status = 503`); n == 0 {
			return "none"
		}
		return ""
	})
	b.Broken.Store(0)
	arrived(t, a, b, posts)
}

// TestSenderKilled: a worker that dies in the middle of a lane leaves everything for the next one, and what was sent twice
// is received once.
func TestSenderKilled(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	ft.Settle(a, b)
	a.StopWork()
	var posts []post.Post
	for n := range 8 {
		posts = append(posts, a.Publish(fmt.Sprintf("Praxisbeispiel Nummer %d", n)))
	}
	for range 4 {
		taken := b.PostsTaken.Load()
		a.Work()
		for deadline := time.Now().Add(5 * time.Second); b.PostsTaken.Load() < taken+2 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		a.KillWork()
	}
	a.Work()
	arrived(t, a, b, posts)
	// A death between the answer and its row: the last activity is sent once more.
	a.DB.MustExec(`UPDATE deliveries SET state = 'pending' WHERE id IN (SELECT id FROM deliveries ORDER BY id DESC LIMIT 3)`)
	received := b.Count(`SELECT count(*) FROM inbox_activities`)
	if err := a.Federation.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived(t, a, b, posts)
	if n := b.Count(`SELECT count(*) FROM inbox_activities`); n != received {
		t.Errorf("%d activities were received twice", n-received)
	}
}

// TestReceiverKilled: an activity that was answered with 202 is applied, whoever dies in between.
func TestReceiverKilled(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	ft.Settle(a, b)
	b.StopWork()
	var posts []post.Post
	for n := range 6 {
		posts = append(posts, a.Publish(fmt.Sprintf("Praxisbeispiel Nummer %d", n)))
	}
	ft.Settle(a)
	for range 3 {
		b.Work()
		time.Sleep(30 * time.Millisecond)
		b.KillWork()
	}
	b.Work()
	arrived(t, a, b, posts)
}
