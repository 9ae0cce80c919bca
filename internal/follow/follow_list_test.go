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
	names := func(list []account.Account, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range list {
			names = append(names, a.Username)
		}
		return strings.Join(names, " ")
	}
	id := func(i int) int64 { return followers[i].ID }
	for _, test := range []struct {
		page            paging.Page
		followers, sent string
	}{
		{paging.Page{}, "f2 f1 f4 f0 f3", "f2 f1 f0 f3"},
		{paging.Page{Limit: 2}, "f2 f1", "f2 f1"},
		{paging.Page{MaxID: id(1), Limit: 2}, "f4 f0", "f0 f3"},
		{paging.Page{MaxID: id(3)}, "", ""},
		{paging.Page{SinceID: id(0)}, "f2 f1 f4", "f2 f1"},
		{paging.Page{SinceID: id(0), Limit: 1}, "f2", "f2"},
		{paging.Page{MinID: id(3), Limit: 2}, "f4 f0", "f1 f0"},
	} {
		if got := names(f.Followers(ctx, anna.ID, test.page)); got != test.followers {
			t.Errorf("Followers %+v: %q, want %q", test.page, got, test.followers)
		}
		if got := names(f.Following(ctx, anna.ID, test.page)); got != test.sent {
			t.Errorf("Following %+v: %q, want %q", test.page, got, test.sent)
		}
	}
	// The last one shown leaves; the next page goes on where it was.
	if err := f.ReceiveUndo(ctx, id(1), anna.ID); err != nil {
		t.Fatal(err)
	}
	if got := names(f.Followers(ctx, anna.ID, paging.Page{MaxID: id(1)})); got != "f4 f0 f3" {
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
