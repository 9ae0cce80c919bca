package federation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// TestStress: many people of two instances write, change, like, share, delete and follow at once in the same threads. Nobody
// waits for ever, no job fails, and in the end both instances tell the same.
func TestStress(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	a.FollowInstance(b)
	b.FollowInstance(a)
	roots := []post.Post{a.Say(nil, "Wer misst?", "Und wie?"), b.Say(nil, "Wer fragt?", "Und wen?"), a.Publish("Kiel: Abwärme nutzen")}
	for _, root := range roots {
		a.Has(root.URI)
		b.Has(root.URI)
	}
	ft.Settle(a, b)

	const people, acts = 4, 40
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for _, pair := range [][2]*ft.Instance{{a, b}, {b, a}} {
		here, there := pair[0], pair[1]
		for n := range people {
			who, err := here.Accounts.CreateLocal(ctx, fmt.Sprint("stress", n), "Unter Last", account.RoleMember)
			if err != nil {
				t.Fatal(err)
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				random := rand.New(rand.NewPCG(uint64(n), uint64(len(here.Name))))
				for range acts {
					if err := act(ctx, random, here, there, who); err != nil && ctx.Err() == nil {
						t.Errorf("%s: %v", here.Name, err)
					}
				}
			}()
		}
	}
	wg.Wait()
	ft.Settle(a, b)
	for _, i := range []*ft.Instance{a, b} {
		if n := i.Count(`SELECT count(*) FROM river_job WHERE state = 'discarded' OR cardinality(errors) > 0`); n != 0 {
			var text string
			_ = i.DB.Get(&text, `SELECT string_agg(kind || ' ' || array_to_string(errors, ' '), E'\n') FROM river_job WHERE cardinality(errors) > 0`)
			t.Errorf("%s: %d jobs failed\n%.2000s", i.Name, n, text)
		}
		if n := i.Count(`SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL OR outcome = 'rejected'`); n != 0 {
			var text string
			_ = i.DB.Get(&text, `SELECT string_agg(concat_ws(' ', type, uri, outcome, note, attempts), E'\n') FROM inbox_activities WHERE processed_at IS NULL OR outcome = 'rejected'`)
			t.Errorf("%s: %d activities open or rejected\n%.2000s", i.Name, n, text)
		}
		for _, count := range []string{
			`SELECT count(*) FROM posts p WHERE favourites_count <> (SELECT count(*) FROM favourites f WHERE f.post_id = p.id AND f.undone_at IS NULL)`,
			`SELECT count(*) FROM posts p WHERE boosts_count <> (SELECT count(*) FROM boosts f WHERE f.post_id = p.id AND f.undone_at IS NULL)`,
			`SELECT count(*) FROM posts p WHERE in_reply_to_uri <> '' AND in_reply_to_id IS NULL`,
			`SELECT count(*) FROM posts p JOIN posts q ON q.id = p.in_reply_to_id WHERE p.thread_id <> q.thread_id`,
		} {
			if n := i.Count(count); n != 0 {
				t.Errorf("%s: %d rows of %s", i.Name, n, count)
			}
		}
	}
	one, two := story(t, a), story(t, b)
	for uri, said := range one {
		if two[uri] != said {
			t.Errorf("%s\n a: %s\n b: %s", uri, said, two[uri])
		}
	}
	if len(one) != len(two) || len(one) < 30 {
		t.Errorf("a has %d posts, b has %d", len(one), len(two))
	}
}

// act does one thing at random, as someone with several tabs open.
func act(ctx context.Context, random *rand.Rand, here, there *ft.Instance, who account.Account) error {
	var known []post.Post
	if err := here.DB.SelectContext(ctx, &known, `SELECT id, uri, account_id, local FROM posts WHERE state = 'published' ORDER BY id`); err != nil {
		return err
	}
	any := known[random.IntN(len(known))]
	var own []post.Post
	for _, p := range known {
		if p.AccountID == who.ID {
			own = append(own, p)
		}
	}
	var err error
	switch dice := random.IntN(20); {
	case dice < 7 || len(own) == 0:
		_, err = here.Posts.Create(ctx, who, post.Draft{Source: fmt.Sprint("Beitrag ", random.Uint64()), Visibility: post.Public, Language: "de", InReplyToID: any.ID})
	case dice < 10:
		_, err = here.Posts.Edit(ctx, who, own[random.IntN(len(own))].ID, "", fmt.Sprint("Geändert ", random.Uint64()))
	case dice < 11:
		err = here.Posts.Delete(ctx, who, own[random.IntN(len(own))].ID)
	case dice < 14:
		err = here.Posts.Favourite(ctx, who, any.ID)
	case dice < 15:
		err = here.Posts.Unfavourite(ctx, who, any.ID)
	case dice < 17:
		err = here.Posts.Boost(ctx, who, any.ID)
	case dice < 18:
		err = here.Posts.Unboost(ctx, who, any.ID)
	default:
		target, lookErr := here.Transport.ResolveHandle(ctx, "author@"+there.Config.Domain())
		if lookErr != nil {
			return lookErr
		}
		if dice < 19 {
			_, err = here.Follows.Follow(ctx, who, who.ID, target.ID)
		} else {
			err = here.Follows.Unfollow(ctx, who, who.ID, target.ID)
		}
	}
	// What someone else withdrew meanwhile is gone; that is no failure.
	if k := fault.KindOf(err); k == fault.Gone || k == fault.NotFound || k == fault.Conflict {
		return nil
	}
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// story is what an instance tells of each post: who wrote what in answer to what, and who of the other instance likes,
// shares and follows. What people do with posts of their own house only that house knows.
func story(t *testing.T, i *ft.Instance) map[string]string {
	t.Helper()
	var rows []struct {
		URI  string `db:"uri"`
		Said string `db:"said"`
	}
	err := i.DB.SelectContext(t.Context(), &rows, `
		SELECT p.uri, concat_ws(' | ', a.uri, p.state, p.visibility, p.in_reply_to_uri, r.uri, p.html,
			(SELECT string_agg(x.uri, ' ' ORDER BY x.uri) FROM favourites f JOIN accounts x ON x.id = f.account_id WHERE f.post_id = p.id AND f.undone_at IS NULL AND split_part(x.uri, '/', 3) <> split_part(p.uri, '/', 3)),
			(SELECT string_agg(x.uri, ' ' ORDER BY x.uri) FROM boosts f JOIN accounts x ON x.id = f.account_id WHERE f.post_id = p.id AND f.undone_at IS NULL AND split_part(x.uri, '/', 3) <> split_part(p.uri, '/', 3))) AS said
		FROM posts p JOIN accounts a ON a.id = p.account_id JOIN posts r ON r.id = p.thread_id WHERE p.state = 'published'
		UNION ALL SELECT 'follows of ' || y.uri, coalesce(string_agg(x.uri || ' ' || f.state, ' ' ORDER BY x.uri), '') FROM follows f
			JOIN accounts x ON x.id = f.account_id JOIN accounts y ON y.id = f.target_id WHERE f.undone_at IS NULL AND y.username = 'author' GROUP BY y.uri`)
	if err != nil {
		t.Fatal(err)
	}
	byURI := map[string]string{}
	for _, r := range rows {
		byURI[r.URI] = strings.TrimSpace(r.Said)
	}
	return byURI
}
