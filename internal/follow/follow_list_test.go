package follow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
)

func TestLists(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna := f.person(t, "anna", account.RoleMember)
	var followers []account.Account
	for i := range 5 {
		a := f.remote(t, fmt.Sprintf("f%d", i), "kg.example", account.Person)
		followers = append(followers, a)
	}
	// They follow in another order than they became known, so that the ids of accounts and follows disagree.
	for _, i := range []int{3, 0, 4, 1, 2} {
		if err := f.Receive(ctx, followers[i].ID, anna.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Follow(ctx, anna, anna.ID, followers[i].ID); err != nil {
			t.Fatal(err)
		}
		if i != 4 {
			if err := f.ReceiveAnswer(ctx, followers[i].ID, "", anna.URI, true); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Millisecond) // ids of one millisecond are in no order
	}
	names := func(list []follow.Request, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range list {
			names = append(names, r.Account.Username)
		}
		return strings.Join(names, " ")
	}
	id := func(i int) int64 { return followers[i].ID }
	// cursors of the follow of anna by one, and of the follow by anna
	cursors := func(i int) (in, out int64) {
		t.Helper()
		if err := f.db.QueryRowContext(ctx, `
			SELECT (SELECT id FROM follows WHERE account_id = $1), (SELECT id FROM follows WHERE target_id = $1)`, id(i)).Scan(&in, &out); err != nil {
			t.Fatal(err)
		}
		return in, out
	}
	const none = -1
	for _, test := range []struct {
		max, since, min, limit int
		followers, sent        string
	}{
		{none, none, none, 0, "f2 f1 f4 f0 f3", "f2 f1 f0 f3"},
		{none, none, none, 2, "f2 f1", "f2 f1"},
		{1, none, none, 2, "f4 f0", "f0 f3"},
		{3, none, none, 0, "", ""},
		{none, 0, none, 0, "f2 f1 f4", "f2 f1"},
		{none, 0, none, 1, "f2", "f2"},
		{none, none, 3, 2, "f4 f0", "f1 f0"},
	} {
		in, out := paging.Page{Limit: test.limit}, paging.Page{Limit: test.limit}
		if test.max != none {
			in.MaxID, out.MaxID = cursors(test.max)
		}
		if test.since != none {
			in.SinceID, out.SinceID = cursors(test.since)
		}
		if test.min != none {
			in.MinID, out.MinID = cursors(test.min)
		}
		for _, viewer := range []int64{0, anna.ID, id(4)} {
			if got := names(f.Followers(ctx, viewer, anna, in)); got != test.followers {
				t.Errorf("Followers %+v for %d: %q, want %q", in, viewer, got, test.followers)
			}
			if got := names(f.Following(ctx, viewer, anna, out)); got != test.sent {
				t.Errorf("Following %+v for %d: %q, want %q", out, viewer, got, test.sent)
			}
		}
	}
	// The last one shown leaves; the next page goes on where it was.
	in, _ := cursors(1)
	if err := f.ReceiveUndo(ctx, id(1), anna.ID); err != nil {
		t.Fatal(err)
	}
	if got := names(f.Followers(ctx, 0, anna, paging.Page{MaxID: in})); got != "f4 f0 f3" {
		t.Errorf("after the cursor's end: %q", got)
	}
	relations, err := f.Relations(ctx, anna.ID, []int64{id(0), id(1), id(4), 7})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]follow.Relation{
		id(0): {Following: true, FollowedBy: true}, id(1): {Following: true}, id(4): {Requested: true, FollowedBy: true},
	}
	if diff := cmp.Diff(want, relations); diff != "" {
		t.Errorf("relations (-want +got):\n%s", diff)
	}
	if n, m, err := f.Counts(ctx, anna.ID); err != nil || n != 4 || m != 4 {
		t.Errorf("counts %d, %d, %v", n, m, err)
	}
	wantKind(t, "ByID", second(f.ByID(ctx, 1)), fault.NotFound)
}
